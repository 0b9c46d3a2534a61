"""Faults after an offer of ours that the far end refused."""

from __future__ import annotations

from collections.abc import Callable

from rigs.standin.call.parties import SipParty
from rigs.standin.core.replacing import Async, defect
from rigs.standin.sip.call import Call
from rigs.standin.sip.transaction import Failure, Outcome

Ended = Callable[[Call, Outcome], Async[bool]]


@defect(feature="hold", replaces=SipParty.hold)
async def refused_hold_is_shown_as_hold(healthy: Callable[[SipParty], Async[bool]], party: SipParty) -> bool:
    """The display says On hold though the far end refused it: it still listens and hears nothing."""
    await healthy(party)
    return True


@defect(feature="resume", replaces=SipParty.resume)
async def refused_resume_is_shown_as_talk(healthy: Callable[[SipParty], Async[bool]], party: SipParty) -> bool:
    """The display says that both talk again, though the far end refused it and is still on hold."""
    await healthy(party)
    return True


@defect(feature="hold", replaces=Call._offer_ended)
async def refused_hold_ends_the_call(healthy: Ended, call: Call, outcome: Outcome) -> bool:
    """HOLD cuts off far ends that refuse to be held."""
    if not isinstance(outcome, Failure) and outcome.status >= 300:
        await call.leave(outcome.status, "Refused")
        return False
    return await healthy(call, outcome)


@defect(feature="hold", replaces=Call._offer_ended)
async def lost_call_is_kept(healthy: Ended, call: Call, outcome: Outcome) -> bool:
    """When the far end no longer knows the call, the handset stays in it with nobody on the line."""
    return not isinstance(outcome, Failure) and outcome.status < 300
