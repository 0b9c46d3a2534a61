"""What a bad path does to packets, planned by a seed: each run loses, repeats and delays the same ones."""

from __future__ import annotations

import random
from dataclasses import dataclass


@dataclass(frozen=True)
class Impairment:
    """One packet of each `lose_one_in` is lost, together with the `together` - 1 behind it; 0 is none.

    Likewise one of each `repeat_one_in` comes twice. Each copy is delayed by up to `jitter` seconds, so that packets
    may overtake each other.
    """

    lose_one_in: int = 0
    together: int = 1
    repeat_one_in: int = 0
    jitter: float = 0.0


class Plan:
    """Decides packet by packet."""

    def __init__(self, impairment: Impairment, seed: int = 1) -> None:
        self.impairment = impairment
        self._random = random.Random(seed)
        self._number = 0
        self._lost: range = range(0)
        self._repeated = -1

    def delays(self) -> tuple[float, ...]:
        """When the next packet is passed on, in seconds from now: not at all, once or twice."""
        told, number = self.impairment, self._number
        self._number += 1
        if told.lose_one_in and number % told.lose_one_in == 0:
            first = number + self._random.randrange(max(1, told.lose_one_in - told.together))
            self._lost = range(first, first + told.together)
        if told.repeat_one_in and number % told.repeat_one_in == 0:
            self._repeated = number + self._random.randrange(told.repeat_one_in)
        if number in self._lost:
            return ()
        copies = 2 if number == self._repeated else 1
        return tuple(self._random.uniform(0.0, told.jitter) for _ in range(copies))
