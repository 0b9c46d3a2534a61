"""A call as the exchange sees it: a far end, a handset (or several that ring), and the bridge that joins them."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

from rigs.standin.call.bridge import Bridge
from rigs.standin.call.parties import HandsetParty, SipParty

if TYPE_CHECKING:
    from rigs.standin.sip.incoming import IncomingCall


class Stage(Enum):
    """How far a call has come."""

    OFFERED = "offered"  # incoming, handsets are being rung
    CALLING = "calling"  # outgoing, not answered
    TALKING = "talking"
    ENDED = "ended"


@dataclass
class BaseCall:
    """One call. `name` is what it is called on the air; `offer` is the INVITE of one that comes in.

    `ringing` holds the handsets the call is offered to, true once they said so; `near` is the one that has it. A far
    end on hold is on no bridge. `coming` is who is called to take the place of `far`, `former` whose place it took;
    `connected` is true once both ends agreed that the call stands. `partner` is the call whose far end it is being
    joined with; a call that its user has `left` waits for the outcome.
    """

    name: str
    identity: int
    incoming: bool
    stage: Stage
    far: SipParty
    near: HandsetParty | None = None
    coming: SipParty | None = None
    former: SipParty | None = None
    offer: IncomingCall | None = None
    bridge: Bridge = field(default_factory=Bridge)
    ringing: dict[str, bool] = field(default_factory=dict)
    refused: bool = False
    busy: bool = False
    on_hold: bool = False
    transferring: bool = False
    connected: bool = False
    partner: BaseCall | None = None
    left: bool = False
    digits: list[tuple[str, int]] = field(default_factory=list)
    timers: list[asyncio.TimerHandle] = field(default_factory=list)

    @property
    def handset(self) -> str:
        """The IPUI of the handset that has it, empty before."""
        return self.near.ipui if self.near is not None else ""

    @property
    def over(self) -> bool:
        """True once either side has ended it."""
        return self.stage is Stage.ENDED

    async def hang_up_far_ends(self) -> None:
        """Tells all far ends that it is over."""
        for party in filter(None, (self.coming, self.far, self.former)):
            await party.hang_up()

    def stop_timers(self) -> None:
        """Nothing that waits for this call fires any more."""
        for timer in self.timers:
            timer.cancel()
        self.timers.clear()
