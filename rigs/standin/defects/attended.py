"""Faults of joining two calls of a handset: by its key, and by hanging up."""

from __future__ import annotations

from collections.abc import Callable

from rigs.standin.air import protocol as air
from rigs.standin.call.base_call import BaseCall
from rigs.standin.call.joining import Joining
from rigs.standin.core.replacing import Async, defect
from rigs.standin.handset import consulting, transferring
from rigs.standin.handset.calls import HandsetCall
from rigs.standin.handset.phone import Phone
from rigs.standin.sip import referring
from rigs.standin.sip.dialog import Dialog
from rigs.standin.sip.referring import Referring

Header = Callable[[Referring, Dialog], str]
Joined = Callable[[Joining, BaseCall, BaseCall], Async[None]]
Failing = Callable[[Joining, BaseCall, BaseCall, int], Async[None]]


@defect(feature="attended-transfer", replaces=Referring.refer_to_dialog)
def replaces_its_own_dialog(healthy: Header, asking: Referring, other: Dialog) -> str:
    """The held party is to take a place in its own call, which nobody can give it: the transfer fails."""
    assert asking.call.dialog is not None
    return healthy(asking, asking.call.dialog)


@defect(feature="attended-transfer", replaces=Referring.refer_to_dialog)
def joins_without_replaces(healthy: Header, asking: Referring, other: Dialog) -> str:
    """Who is talked to gets a second call, of a stranger, while the first one still stands."""
    return f"<{other.target.without_headers()}>"


@defect(feature="attended-transfer", replaces=referring.replaces)
def tags_of_replaces_are_swapped(healthy: Callable[[Dialog], str], dialog: Dialog) -> str:
    """The other party does not know the call that it is to give up, and refuses."""
    return f"{dialog.call_id};to-tag={dialog.local.tag};from-tag={dialog.remote.tag}"


@defect(feature="attended-transfer", replaces=referring.escaped)
def replaces_is_not_escaped(healthy: Callable[[str], str], value: str) -> str:
    """Some phones and servers read the tags of Replaces as parameters of the address: the transfer fails there."""
    return value


@defect(feature="attended-transfer", replaces=Joining.join)
async def the_wrong_party_is_referred(healthy: Joined, joining: Joining, call: BaseCall, other: BaseCall) -> None:
    """The party that talks is asked to call the one on hold; a colleague cannot see who is waiting."""
    await healthy(joining, other, call)


@defect(feature="attended-transfer", replaces=transferring.join)
def the_first_call_is_always_referred(
    healthy: Callable[[Phone, HandsetCall, HandsetCall], None], phone: Phone, call: HandsetCall, held: HandsetCall
) -> None:
    """Who swaps two calls before he joins them sends the wrong party."""
    healthy(phone, *reversed(phone.calls))


@defect(feature="attended-transfer", replaces=transferring.join)
def a_consultation_rings_on(
    healthy: Callable[[Phone, HandsetCall, HandsetCall], None], phone: Phone, call: HandsetCall, held: HandsetCall
) -> None:
    """A colleague who has not answered when the call is sent to him is called twice, and busy with the first."""
    if call.answered:
        healthy(phone, call, held)
    else:
        phone.say(air.Transfer(phone.handset.part.ipui, held.call, call.number))


@defect(feature="attended-transfer", replaces=Joining.succeeded)
async def a_joined_consultation_is_kept(healthy: Joined, joining: Joining, call: BaseCall, other: BaseCall) -> None:
    """Unless the colleague's phone hangs up by itself, the handset stays in a call with nobody after a transfer."""
    joining._exchange.finish(call, "transferred")
    await call.hang_up_far_ends()


@defect(feature="attended-transfer", replaces=Joining.failed)
async def a_failed_join_loses_both(
    healthy: Failing, joining: Joining, call: BaseCall, other: BaseCall, status: int
) -> None:
    """Where two parties cannot be joined both are cut off."""
    await joining.succeeded(call, other)


@defect(feature="attended-transfer", replaces=Joining.failed)
async def a_failed_join_looks_like_success(
    healthy: Failing, joining: Joining, call: BaseCall, other: BaseCall, status: int
) -> None:
    """The display says that the call was transferred; the party on hold waits there for ever."""
    joining._device.air.send(air.Release(call.handset, call.name, "transferred"))


@defect(feature="attended-transfer", replaces=Referring.final)
async def an_outcome_is_waited_for_without_end(
    healthy: Callable[[Referring, Callable[[int], None]], Async[int]],
    asking: Referring,
    progress: Callable[[int], None],
) -> int:
    """If a server tells nothing of a transfer, the display says for ever that it is under way."""
    while True:
        news = await asking._news.get()
        if news.status >= 200 or news.terminated:
            return news.status
        progress(news.status)


@defect(feature="attended-transfer", replaces=consulting.may_begin)
def no_call_is_made_beside_a_held_one(
    healthy: Callable[[Phone, HandsetCall, str], bool], phone: Phone, call: HandsetCall, key: str
) -> bool:
    """While a call is on hold no number can be dialled: nobody can be asked before a transfer."""
    return False


@defect(feature="transfer-on-hangup", replaces=Joining.by_hanging_up)
def hanging_up_joins_nobody(healthy: Callable[[Joining, int], bool], joining: Joining, identity: int) -> bool:
    """Transfer on hangup has no effect: hanging up cuts one party off and leaves the other on hold."""
    return False


@defect(feature="transfer-on-hangup", replaces=Joining.by_hanging_up)
def hanging_up_always_joins(healthy: Callable[[Joining, int], bool], joining: Joining, identity: int) -> bool:
    """Transfer on hangup cannot be switched off: two parties talk to each other who were not to."""
    return True


@defect(feature="transfer-on-hangup", replaces=Joining.leave)
def hanging_up_ends_what_is_to_be_joined(
    healthy: Callable[[Joining, BaseCall], None], joining: Joining, call: BaseCall
) -> None:
    """Hanging up ends the call at once; the party on hold then asks for a place in a call that is over."""
    healthy(joining, call)
    joining._exchange.run(call.far.hang_up())


@defect(feature="transfer-on-hangup", replaces=Joining.failed)
async def who_was_hung_up_on_stays_in_the_call(
    healthy: Failing, joining: Joining, call: BaseCall, other: BaseCall, status: int
) -> None:
    """Where hanging up could not join two parties, one of them stays in a call with nobody."""
    call.left = other.left = False
    await healthy(joining, call, other, status)
