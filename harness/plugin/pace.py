"""The speed of a run: the time of all its tests compared with the time of its rigs side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self


@dataclass(frozen=True)
class Pace:
    """A number of tests with `test_seconds` in total took `seconds` with a number of jobs.

    A test takes longer if others use the same processor: the true gain over one job is a little smaller.
    """

    jobs: int
    tests: int
    seconds: float
    test_seconds: float

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> Self:
        """The entry of a run's record."""
        return cls(
            int(record.get("jobs", 1)),
            len(record.get("tests", ())),
            float(record.get("seconds", 0.0)),
            float(record.get("test_seconds", 0.0)),
        )

    @property
    def gain(self) -> float:
        """The speed compared with one test after the other."""
        return self.test_seconds / self.seconds if self.seconds else 0.0

    @property
    def efficiency(self) -> float:
        """The share of the rigs' time in which tests ran: 1 if no rig ever waited."""
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
    """The sum of several runs one after the other, for a machine; `jobs` is the highest number of one run."""
    seconds = sum(pace.seconds for pace in paces)
    offered = sum(pace.jobs * pace.seconds for pace in paces)
    used = sum(pace.test_seconds for pace in paces)
    return {
        "jobs": max((pace.jobs for pace in paces), default=1),
        "seconds": round(seconds, 1),
        "test_seconds": round(used, 1),
        "efficiency": round(used / offered, 3) if offered else 0.0,
    }
