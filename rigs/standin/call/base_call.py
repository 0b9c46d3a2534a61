"""A call as the exchange sees it: a SIP call on one side, one handset (or several that ring) on the other."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Any


class Stage(Enum):
    """How far a call has come."""

    OFFERED = "offered"  # incoming, handsets are being rung
    CALLING = "calling"  # outgoing, not answered
    TALKING = "talking"
    ENDED = "ended"


@dataclass
class BaseCall:
    """One call. `name` is what it is called on the air; `media` and `sip` belong to the network side.

    `ringing` holds the handsets the call is offered to, true once they said so; `handset` the one that has it.
    """

    name: str
    identity: int
    incoming: bool
    stage: Stage
    sip: Any = None
    media: Any = None
    handset: str = ""
    ringing: dict[str, bool] = field(default_factory=dict)
    refused: bool = False
    busy: bool = False
    on_hold: bool = False
    digits: list[tuple[str, int]] = field(default_factory=list)
    timers: list[Any] = field(default_factory=list)

    @property
    def over(self) -> bool:
        """True once it has ended, whoever ended it."""
        return self.stage is Stage.ENDED

    def stop_timers(self) -> None:
        """Nothing that waits for this call fires any more."""
        for timer in self.timers:
            timer.cancel()
        self.timers.clear()
