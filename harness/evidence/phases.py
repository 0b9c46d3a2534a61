"""The moments of a test on the host's clock: set-up, its own acts, teardown."""

from __future__ import annotations

import enum
import math
from dataclasses import dataclass, field

from harness.core import clock


class Phase(enum.Enum):
    """The parts of a test, in their order."""

    SET_UP = "set-up"
    ACTS = "acts"
    TEARDOWN = "teardown"


@dataclass
class Moments:
    """When each part of a test began (epoch seconds); a test that ends early does not reach the later ones."""

    began: float = field(default_factory=clock.now)
    entered: dict[Phase, float] = field(default_factory=dict)

    def enter(self, phase: Phase) -> None:
        """This part begins now; if a test runs again, the first time counts."""
        self.entered.setdefault(phase, clock.now())

    @property
    def story_begins(self) -> float:
        """Where the ladder begins: at the test's first act, or at its set-up if it did not reach its acts."""
        return self.entered.get(Phase.ACTS, self.began)

    @property
    def acts_end(self) -> float:
        """Where the test's own acts end; later events belong to the teardown."""
        return self.entered.get(Phase.TEARDOWN, math.inf)
