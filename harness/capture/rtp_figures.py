"""Figures of an RTP stream, computed over all its packets: counters unwrapped, losses, jitter, packet time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

_LARGEST_STEP = 3000
"""A larger step of the sequence number is a restart (RFC 3550 appendix A.1), unless the passed time explains it."""


class Counts(NamedTuple):
    """The counts of a stream's sequence numbers."""

    lost: int
    duplicates: int
    reordered: int
    restarts: int


def unwrapped(values: Sequence[int] | Any, bits: int) -> Any:
    """Unwraps counters of so many bits; steps back remain steps back."""
    import numpy as np

    array = np.asarray(values).astype(np.int64)
    if len(array) < 2:
        return array
    half, whole = 1 << (bits - 1), 1 << bits
    steps = (np.diff(array) + half) % whole - half
    return np.concatenate(([array[0]], array[0] + np.cumsum(steps)))


def counts(sequences: Any, arrivals: Any, ptime: float) -> Counts:
    """Losses of unwrapped sequence numbers; a restart of the numbers is no loss."""
    import numpy as np

    steps = np.diff(sequences)
    passed = np.diff(arrivals) / ptime if ptime else np.zeros(len(steps))
    restarts = np.flatnonzero((np.abs(steps) > _LARGEST_STEP) & ~((steps > 0) & (steps < passed * 1.5 + 100)))
    lost = duplicates = 0
    for part in np.split(sequences, restarts + 1):
        unique = np.unique(part)
        lost += int(unique[-1] - unique[0] + 1 - len(unique)) if len(unique) else 0
        duplicates += len(part) - len(unique)
    reordered = int((steps < 0).sum()) - int((steps[restarts] < 0).sum())
    return Counts(lost, duplicates, reordered, len(restarts))


def jitter_ms(arrivals: Any, timestamps: Any, rates: Any) -> float:
    """The interarrival jitter of RFC 3550 §6.4.1 after the last packet.

    `rates` has the clock of each packet; two packets with different clocks are not compared.
    """
    import numpy as np

    if len(arrivals) < 2:
        return 0.0
    differences = np.abs(np.diff(arrivals) - np.diff(timestamps) / rates[1:])
    differences = differences[rates[1:] == rates[:-1]]
    jitter = 0.0
    differences_s: list[float] = differences.tolist()
    for difference in differences_s:
        jitter += (difference - jitter) / 16
    return jitter * 1000


def ptime_ms(timestamps: Any, rates: Any) -> float:
    """The usual step of the timestamp; steps of a second and more are pauses."""
    import numpy as np

    steps = np.diff(timestamps) / rates[1:] if len(timestamps) > 1 else np.zeros(0)
    steps = steps[(steps > 0) & (steps < 1)]
    return float(np.median(steps)) * 1000 if len(steps) else 0.0
