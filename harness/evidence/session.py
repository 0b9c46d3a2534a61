"""The time in which a profile is up and judged, as a run's log of acts tells it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Session:
    """Packets from `begins` on are evidence, what happens from `since` on is judged; `base` are the base's addresses.

    `ends` is None until its end is known, and for good in a run that was killed. In its `gaps` the capture saw nothing.
    """

    profile: str
    begins: float
    since: float
    ends: float | None = None
    base: tuple[str, ...] = ()
    gaps: tuple[tuple[float, float], ...] = ()
