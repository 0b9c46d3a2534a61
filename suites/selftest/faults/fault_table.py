"""The table of faults: what the self-tests of this folder measured of each fault, as a page of the README.

`python -m suites.selftest.faults.fault_table` writes `reports/faults.md` from the figures that the last runs of these
self-tests left in reports/runs/faults (`m9 test --all suites/selftest/faults`).
"""

from __future__ import annotations

import json
import statistics
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from harness.core.layout import ROOT, RUNS

if TYPE_CHECKING:
    from suites.selftest.faults.faulty_run import FaultyRun

PAGE = ROOT / "reports" / "faults.md"
FIGURES = RUNS / "faults"
RUNS_IN_ORDER = ("worker", "sick", "parts", "deaf", "frozen", "servers", "lines", "full", "dark")
"""The names under which the self-tests keep their figures."""
LOST = ("rig fault", "invalid", "harness fault")
"""Verdicts of a test that judged nothing."""
HEAD = """# Faults and what they cost

Made by `python -m suites.selftest.faults.fault_table` from runs on the stand-in, in which each fault was caused on
purpose (`m9 test --all suites/selftest/faults`). *Until the verdict* is the duration of the test that met the fault.
*Time lost* is the duration of the tests that judged nothing, and what the next one took beyond the run's median to
renew the part. *Tests lost* judged nothing.

| fault | verdict | until the verdict | time lost | tests lost |
|---|---|---|---|---|
"""


@dataclass(frozen=True)
class Fault:
    """A fault: what happens, the test that meets it, and its verdict with the beginning of its reason."""

    happens: str
    test: str
    begins: str = ""
    verdict: str = "rig fault"


@dataclass(frozen=True)
class Row:
    """A line of the table."""

    happens: str
    verdict: str
    seconds: float
    time_lost: float
    tests_lost: int

    def __str__(self) -> str:
        times = f"{self.seconds:.1f} s | {self.time_lost:.1f} s"
        return f"| {self.happens} | {self.verdict} | {times} | {self.tests_lost} |"


def rows(run: FaultyRun, faults: Sequence[Fault]) -> list[Row]:
    """The lines of the faults of one run: a fault's tests are its own and those up to the next fault's."""
    tests = [(name, verdict, run.duration(name)) for name, verdict in run.verdicts.items() if name]
    names = [name for name, _, _ in tests]
    met = {fault.test for fault in faults}
    healthy = [seconds for name, verdict, seconds in tests if name not in met and verdict == "passed"]
    found = []
    for fault in faults:
        place = names.index(fault.test)
        end = next((at for at in range(place + 1, len(names)) if names[at] in met), len(names))
        own, *following = tests[place:end]
        lost = [seconds for _, verdict, seconds in (own, *following) if verdict in LOST]
        after = [seconds for _, verdict, seconds in following if verdict not in LOST][:1]
        longer = max(0.0, after[0] - statistics.median(healthy)) if after and healthy else 0.0
        found.append(Row(fault.happens, own[1], own[2], sum(lost) + longer, len(lost)))
    return found


def note(run: FaultyRun, faults: Sequence[Fault]) -> None:
    """Keep the figures of a run for the page."""
    keep(run.folder.name.rstrip("0123456789"), rows(run, faults))


def keep(name: str, found: Sequence[Row]) -> None:
    """Keep lines under a name."""
    FIGURES.mkdir(parents=True, exist_ok=True)
    (FIGURES / f"{name}.json").write_text(json.dumps([asdict(row) for row in found], indent=1), encoding="utf-8")


def main() -> int:
    """Write the page."""
    found = [Row(**row) for name in RUNS_IN_ORDER for row in json.loads((FIGURES / f"{name}.json").read_text())]
    PAGE.write_text(HEAD + "".join(f"{row}\n" for row in found), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
