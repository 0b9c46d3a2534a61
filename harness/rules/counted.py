"""The counts of one RTP source until a moment, as a report of this moment should have them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness.rules.sources import Source

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


def received(source: Source, until: float) -> tuple[int, int, int]:
    """Highest sequence number, not wrapped, and loss until a moment, and the number of packets just before it."""
    import numpy as np

    last = int(np.searchsorted(source.at, until, side="right"))
    numbers = source.sequence[:last]
    highest = int(numbers.max())
    lost = highest - int(numbers[0]) + 1 - len(np.unique(numbers))
    return highest, lost, last - int(np.searchsorted(source.at, until - JUST_NOW_S))


def came_between(source: Source, other: Source, until: float) -> bool:
    """Whether packets of another source lie between the first and the last packet of a source before a moment."""
    import numpy as np

    last = int(np.searchsorted(source.at, until, side="right"))
    place = int(np.searchsorted(other.at, source.at[0]))
    return last > 0 and place < len(other.at) and bool(other.at[place] < source.at[last - 1])
