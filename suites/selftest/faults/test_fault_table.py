"""The page of faults names every fault that these self-tests cause, and is reached from the README."""

from __future__ import annotations

import pytest

from harness.core.layout import ROOT
from suites.selftest.faults import (
    fault_table,
    test_deaf_and_mute,
    test_dying_parts,
    test_dying_servers,
    test_frozen_tools,
    test_no_room_no_base,
    test_side_by_side,
    test_spoilt_lines,
)
from suites.selftest.faults.fault_table import Fault

FAULTS = (
    *test_dying_parts.FAULTS,
    *test_dying_servers.FAULTS,
    *test_frozen_tools.FAULTS,
    *test_deaf_and_mute.FAULTS,
    *test_spoilt_lines.FAULTS,
    *test_no_room_no_base.FULL_DISK,
    *test_no_room_no_base.NO_BASE,
    test_side_by_side.DIES,
    test_side_by_side.SICK,
)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.happens)
def test_the_page_has_a_measured_line_of_each_fault(fault: Fault) -> None:
    told = f"| {fault.happens} | {fault.verdict} | "
    (line,) = [line for line in fault_table.PAGE.read_text().splitlines() if line.startswith(told)]
    *_, seconds, lost, tests, _ = (cell.strip() for cell in line.split("|"))
    assert float(seconds.removesuffix(" s")) >= 0
    assert float(lost.removesuffix(" s")) >= 0
    assert int(tests) >= (fault.verdict in fault_table.LOST)


def test_no_line_is_of_a_fault_that_is_gone() -> None:
    lines = [line for line in fault_table.PAGE.read_text().splitlines() if line.startswith("| ")][1:]
    assert len(lines) == len(FAULTS)


def test_the_readme_leads_to_it() -> None:
    assert "(reports/faults.md)" in (ROOT / "README.md").read_text()
