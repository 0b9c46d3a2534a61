"""The time in which a profile is up and judged, from a run's log of acts."""

from __future__ import annotations

from dataclasses import dataclass

from harness.core.stall import Stall


@dataclass(frozen=True)
class Session:
    """Packets from `begins` on are evidence, what happens from `since` on is judged; `base` are the base's addresses.

    `ends` is None until its end is known, and stays None if the run was killed. In its `gaps` nothing was captured, in
    its `stalls` the host stood still.
    """

    profile: str
    begins: float
    since: float
    ends: float | None = None
    base: tuple[str, ...] = ()
    gaps: tuple[tuple[float, float], ...] = ()
    stalls: tuple[Stall, ...] = ()
