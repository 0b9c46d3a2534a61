"""The live path, in a private segment of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from suites.selftest import private_segment

CHECKS = Path(__file__).with_name("live_checks.py")
FAULTS = Path(__file__).with_name("live_fault_checks.py")
MIRROR = Path(__file__).with_name("mirror_checks.py")


@pytest.mark.parametrize("checks", [CHECKS, FAULTS, MIRROR], ids=["live", "faults", "mirror"])
def test_live_capture_in_a_segment(checks: Path) -> None:
    private_segment.passes(checks)
