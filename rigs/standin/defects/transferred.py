"""Faults of transfers that the far end asks for."""

from __future__ import annotations

from collections.abc import Callable

from rigs.standin.call.base_call import BaseCall
from rigs.standin.call.parties import SipParty
from rigs.standin.call.sip_events import SipEvents
from rigs.standin.call.takeovers import Takeovers
from rigs.standin.core.replacing import Async, defect
from rigs.standin.sip.call import Call
from rigs.standin.sip.inbound import Inbound
from rigs.standin.sip.message import Request
from rigs.standin.sip.referred import Referral, Referred
from rigs.standin.sip.transaction import ServerTransaction
from rigs.standin.sip.values import Uri

Deciding = Callable[[Takeovers, BaseCall, Referral], bool]
Calling = Callable[[Takeovers, BaseCall, SipParty, Referral], Async[None]]
Ending = Callable[[Referral, int, str], None]
Failing = Callable[[Takeovers, BaseCall, Referral, int, str], None]


@defect(feature="transferred", replaces=Takeovers.referred)
def far_end_cannot_transfer(healthy: Deciding, takeovers: Takeovers, call: BaseCall, referral: Referral) -> bool:
    """A switchboard cannot put a caller through: the phone refuses to be transferred."""
    return False


@defect(feature="transferred", replaces=Takeovers.call_instead)
async def transfer_is_accepted_and_not_made(
    healthy: Calling, takeovers: Takeovers, call: BaseCall, coming: SipParty, referral: Referral
) -> None:
    """The phone agrees to be transferred and calls nobody."""


@defect(feature="transferred", replaces=Referral.referrer)
def new_party_does_not_learn_by_whom(
    healthy: Callable[[Referral], dict[str, str]], referral: Referral
) -> dict[str, str]:
    """A colleague to whom a call is put through does not see by whom."""
    return {}


@defect(feature="transferred", replaces=Referral.wishes)
def asked_headers_stay_escaped(healthy: Callable[[Referral], dict[str, str]], referral: Referral) -> dict[str, str]:
    """A colleague who was asked before gets a second call, which waits beside that of who asked."""
    return {name: value.replace(";", "%3B").replace("=", "%3D") for name, value in healthy(referral).items()}


@defect(feature="transferred", replaces=Referral.ended)
def outcome_is_not_told(healthy: Ending, referral: Referral, status: int, reason: str) -> None:
    """Who puts a call through does not learn how it went, and stays in the line."""


@defect(feature="transferred", replaces=Referral.ended)
def every_outcome_is_told_as_good(healthy: Ending, referral: Referral, status: int, reason: str) -> None:
    """A switchboard is told that a call went through, though the colleague was busy, and hangs up."""
    healthy(referral, 200, "OK")


@defect(feature="transferred", replaces=Referral.last_state)
def news_never_ends(healthy: Callable[[Referral], str], referral: Referral) -> str:
    """The far end goes on waiting for news of a transfer that is over."""
    return "active;expires=60"


@defect(feature="transferred", replaces=Takeovers.failed)
def transfer_that_failed_ends_the_call(
    healthy: Failing, takeovers: Takeovers, call: BaseCall, referral: Referral, status: int, reason: str
) -> None:
    """A caller is cut off when the colleague is busy to whom he should be put through."""
    healthy(takeovers, call, referral, status, reason)
    takeovers._exchange.run(takeovers._exchange.hang_up(call))


@defect(feature="transferred", replaces=Takeovers.let_go)
async def former_call_stays(
    healthy: Callable[[Takeovers, SipParty], Async[None]], takeovers: Takeovers, former: SipParty
) -> None:
    """After a transfer the old line stays taken at both ends."""


@defect(feature="transferred", replaces=Takeovers.take_over)
def new_party_is_not_heard(
    healthy: Callable[[Takeovers, BaseCall, SipParty], SipParty], takeovers: Takeovers, call: BaseCall, party: SipParty
) -> SipParty:
    """After a transfer the handset is silent: nobody is joined to the new party."""
    former = healthy(takeovers, call, party)
    call.bridge.leave(call.far)
    return former


@defect(feature="transferred", replaces=Takeovers.show)
def display_keeps_who_left(
    healthy: Callable[[Takeovers, BaseCall, Call], None], takeovers: Takeovers, call: BaseCall, sip: Call
) -> None:
    """The display goes on naming who transferred the call; who is talked to now stands nowhere."""


@defect(feature="transferred", replaces=SipEvents.left)
def call_ends_with_who_transferred(
    healthy: Callable[[SipEvents, BaseCall], None], events: SipEvents, call: BaseCall
) -> None:
    """Where a switchboard hangs up as soon as it has put a call through, the call is lost."""
    events._exchange.run(events._exchange.hang_up(call))


@defect(feature="transferred", replaces=BaseCall.hang_up_far_ends)
async def new_party_rings_on(healthy: Callable[[BaseCall], Async[None]], call: BaseCall) -> None:
    """Who hangs up while being transferred is free, and the new party's phone goes on ringing for nobody."""
    await call.far.hang_up()


@defect(feature="transferred", replaces=Referred.fault)
def first_of_two_targets_is_called(
    healthy: Callable[[Referred, Request], int], referred: Referred, request: Request
) -> int:
    """A request to be transferred to two numbers is obeyed in part, and both sides believe something else."""
    return 0 if len(request.headers.values("Refer-To")) > 1 else healthy(referred, request)


@defect(feature="transferred", replaces=Referred.is_callable)
def any_address_is_called(healthy: Callable[[Referred, Uri], bool], referred: Referred, uri: Uri) -> bool:
    """A request to be transferred to a web page or a mailbox is accepted."""
    return True


@defect(feature="transferred", replaces=Inbound.referred)
def strangers_can_make_it_call(
    healthy: Callable[[Inbound, ServerTransaction], None], wire: Inbound, transaction: ServerTransaction
) -> None:
    """Whoever reaches the phone can make it call any number, also one that costs money."""
    wire.refuse(transaction, 202)
