"""A time in which the host kept a part of the rig or the harness waiting."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from harness.core.errors import RigFault


@dataclass(frozen=True)
class Stall:
    """From `begins` to `ends` (epoch seconds) `who` stood still for `seconds`."""

    begins: float
    ends: float
    seconds: float
    who: str

    def longer_by(self, other: Stall) -> Stall:
        """This stall with one that began before its end: what the other adds counts once, by its share of its time."""
        added = max(0.0, other.ends - self.ends) * other.seconds / max(other.ends - other.begins, other.seconds, 1e-9)
        return Stall(self.begins, max(self.ends, other.ends), self.seconds + added, self.who)

    def within(self, start: float, end: float) -> float:
        """Seconds of it in a span of time, as if it were spread evenly."""
        inside = min(self.ends, end) - max(self.begins, start)
        return self.seconds * max(0.0, inside) / max(self.ends - self.begins, 1e-9)

    def __str__(self) -> str:
        return f"{self.who} stood still for {1000 * self.seconds:.0f} ms in {self.ends - self.begins:.1f} s"


PART = "host"
"""What a rig fault for a stall is called."""
REMEDY = "stop what else takes the host's processors, or run fewer rigs side by side on it; then run the test again"


def fault(text: str) -> RigFault:
    """The rig fault that takes the place of a verdict that rests on time."""
    return RigFault(PART, text, remedy=REMEDY)


def worst_between(stalls: Iterable[Stall], start: float, end: float) -> Stall | None:
    """The longest stall that touches a span of time; None without any."""
    touching = [stall for stall in stalls if stall.begins <= end and start <= stall.ends]
    return max(touching, key=lambda stall: stall.seconds, default=None)
