"""The counts of one RTP source until a moment, as a report of this moment should have them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness.rules.sources import Source

MAX_DROPOUT, MAX_MISORDER = 3000, 100
JUST_NOW_S = 0.05
"""Packets in this time before a report may not be counted in it."""


@dataclass(frozen=True)
class Packet:
    """One packet of audio: frame, time and timestamp."""

    frame: int
    at: float
    timestamp: int


def sent(source: Source, after: float | None, until: float) -> tuple[int, int, int]:
    """The numbers of packets and octets sent between two moments, and the longest payload."""
    import numpy as np

    first = 0 if after is None else int(np.searchsorted(source.at, after))
    lengths = source.length[first : int(np.searchsorted(source.at, until, side="right"))]
    return len(lengths), int(lengths.sum()), int(lengths.max()) if len(lengths) else 0


def last_audio(source: Source, until: float) -> Packet | None:
    """The last packet of speech before a moment."""
    import numpy as np

    places = np.flatnonzero(source.audio[: int(np.searchsorted(source.at, until, side="right"))])
    if not len(places):
        return None
    place = int(places[-1])
    return Packet(int(source.frame[place]), float(source.at[place]), int(source.timestamp[place]))


@dataclass(frozen=True)
class Received:
    """What came of a source until a moment: highest number, not wrapped, and how many packets of which kind."""

    highest: int
    expected: int
    missing: int
    repeated: int
    just_now: int


def received(source: Source, until: float) -> Received:
    """What a receiver has to count; a packet that came twice may count for one that is missing (RFC 3550 A.3)."""
    import numpy as np

    last = int(np.searchsorted(source.at, until, side="right"))
    numbers = source.sequence[:last]
    highest, distinct = int(numbers.max()), len(np.unique(numbers))
    expected = highest - int(numbers[0]) + 1
    just_now = last - int(np.searchsorted(source.at, until - JUST_NOW_S))
    return Received(highest, expected, expected - distinct, last - distinct, just_now)


def numbers_jump(source: Source, until: float) -> bool:
    """Whether the numbers of a source jump, ahead or back, so far that a receiver may begin to count anew.

    RFC 3550 appendix A.1: a source that began anew is told from one whose packets are late or lost by these limits.
    """
    import numpy as np

    last = int(np.searchsorted(source.at, until, side="right"))
    steps = np.diff(source.sequence[:last])
    return bool(((steps > MAX_DROPOUT) | (steps < -MAX_MISORDER)).any())


def came_between(source: Source, other: Source, until: float) -> bool:
    """Whether packets of another source lie between the first and the last packet of a source before a moment."""
    import numpy as np

    last = int(np.searchsorted(source.at, until, side="right"))
    place = int(np.searchsorted(other.at, source.at[0]))
    return last > 0 and place < len(other.at) and bool(other.at[place] < source.at[last - 1])
