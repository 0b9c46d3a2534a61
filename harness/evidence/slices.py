"""Maps a moment to its test: each test has a slice, from before its set-up until after its teardown."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection
from dataclasses import dataclass
from math import inf

BETWEEN = "between tests"


@dataclass
class Slice:
    """One test's time (epoch seconds), and the rules that it deliberately makes the base break."""

    test: str
    began: float
    provokes: frozenset[str] = frozenset()
    ended: float = inf


class Slices:
    """The slices of a session in order; they do not overlap."""

    def __init__(self) -> None:
        self._slices: list[Slice] = []
        self._begins: list[float] = []

    def begin(self, test: str, at: float, provokes: Collection[str] = ()) -> None:
        """A test begins: its set-up is next."""
        self._slices.append(Slice(test, at, frozenset(provokes)))
        self._begins.append(at)

    def end(self, at: float) -> Slice:
        """End the running test's slice, after its teardown."""
        one = self._slices[-1]
        one.ended = at
        return one

    def at(self, moment: float) -> Slice:
        """The slice of a moment; between two tests, a slice with the name `between tests`."""
        place = bisect_right(self._begins, moment) - 1
        if place < 0 or moment > self._slices[place].ended:
            return Slice(BETWEEN, moment)
        return self._slices[place]
