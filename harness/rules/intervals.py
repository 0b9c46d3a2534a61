"""Finds what happened between two moments, in a sequence sorted by time."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import Protocol, TypeVar


class Timed(Protocol):
    """Anything that happened at a moment."""

    @property
    def at(self) -> float:
        """Epoch seconds."""


T = TypeVar("T", bound=Timed)


def between(found: Sequence[T], start: float, end: float) -> Sequence[T]:
    """What happened after `start` and until `end`."""
    first = bisect_right(found, start, key=lambda one: one.at)
    return found[first : bisect_right(found, end, key=lambda one: one.at)]
