"""How fast a run was: what its tests took together, against the time of the rigs that they had side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self


@dataclass(frozen=True)
class Pace:
    """So many tests of `test_seconds` together took `seconds` with so many jobs.

    A test takes longer where others want the same processor: the true gain over one job is a little less.
    """

    jobs: int
    tests: int
    seconds: float
    test_seconds: float

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> Self:
        """What a run's record says of it."""
        return cls(
            int(record.get("jobs", 1)),
            len(record.get("tests", ())),
            float(record.get("seconds", 0.0)),
            float(record.get("test_seconds", 0.0)),
        )

    @property
    def gain(self) -> float:
        """How many times faster than one test after the other."""
        return self.test_seconds / self.seconds if self.seconds else 0.0

    @property
    def efficiency(self) -> float:
        """The share of the rigs' time in which tests ran: 1 where no rig ever waited."""
        return self.gain / self.jobs

    def line(self) -> str:
        """For a person."""
        tests = f"{self.jobs} jobs: {self.tests} tests in {self.seconds:.0f} s"
        return f"{tests}; {self.gain:.1f} times as fast as one after the other (efficiency {self.efficiency:.0%})"

    def as_json(self) -> dict[str, Any]:
        """For a machine."""
        return {
            "jobs": self.jobs,
            "seconds": round(self.seconds, 1),
            "test_seconds": round(self.test_seconds, 1),
            "efficiency": round(self.efficiency, 3),
        }


def together(paces: Sequence[Pace]) -> dict[str, Any]:
    """Of several runs one after the other, for a machine; `jobs` is the most that one had."""
    seconds = sum(pace.seconds for pace in paces)
    offered = sum(pace.jobs * pace.seconds for pace in paces)
    used = sum(pace.test_seconds for pace in paces)
    return {
        "jobs": max((pace.jobs for pace in paces), default=1),
        "seconds": round(seconds, 1),
        "test_seconds": round(used, 1),
        "efficiency": round(used / offered, 3) if offered else 0.0,
    }
