"""What a test leaves behind, recorded in a private segment of its own."""

from __future__ import annotations

from pathlib import Path

from suites.selftest import private_segment

CHECKS = Path(__file__).with_name("recorder_checks.py")


def test_evidence_in_a_segment() -> None:
    private_segment.passes(CHECKS)
