"""Faults of call forwarding: when calls go elsewhere, where to, and what handsets know of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from rigs.standin.air.protocol import Facility, Info, Message
from rigs.standin.air.radio import Radio
from rigs.standin.base.settings import Settings
from rigs.standin.call import features, forwarding
from rigs.standin.call.alerting import Alerting
from rigs.standin.call.base_call import BaseCall
from rigs.standin.call.forwarding import Forwarding, Mode
from rigs.standin.core.replacing import Async, defect
from rigs.standin.handset import forwarding as handset_forwarding
from rigs.standin.handset.forwarding import Forwarded
from rigs.standin.sip.incoming import IncomingCall
from rigs.standin.sip.values import Uri

NumberFor = Callable[[Settings, int, Mode], str]


def _never(healthy: NumberFor, settings: Settings, identity: int, mode: Mode, case: Mode) -> str:
    return "" if mode is case else healthy(settings, identity, mode)


@defect(feature="forward-always", replaces=Forwarding.target)
def forwarding_of_all_calls_is_ignored(
    healthy: Callable[[Forwarding, int, Mode], Uri | None], own: Forwarding, identity: int, mode: Mode
) -> Uri | None:
    """Calls ring in the empty office, though all are to be forwarded."""
    return None if mode is Mode.ALWAYS else healthy(own, identity, mode)


@defect(feature="forward-always", replaces=Forwarding.target)
def star_codes_are_no_target(
    healthy: Callable[[Forwarding, int, Mode], Uri | None], own: Forwarding, identity: int, mode: Mode
) -> Uri | None:
    """Calls forwarded to the mailbox's star code reach a number without its star."""
    target = healthy(own, identity, mode)
    return replace(target, user=target.user.lstrip("*")) if target is not None else None


@defect(feature="forward-always", replaces=Forwarding.target)
def addresses_become_numbers(
    healthy: Callable[[Forwarding, int, Mode], Uri | None], own: Forwarding, identity: int, mode: Mode
) -> Uri | None:
    """A SIP address as target is taken for a number: the caller is sent to an address with sip: in its name."""
    target = healthy(own, identity, mode)
    if target is None or "@" not in forwarding.number_for(own._device.settings, identity, mode):
        return target
    return replace(target, user=f"sip%3A{target.user}")


@defect(feature="forward-always", replaces=forwarding.is_own)
def forwards_in_a_circle(healthy: Callable[[Uri, Uri], bool], target: Uri, own: Uri) -> bool:
    """An identity that forwards to its own number sends every caller round in a circle; no call reaches it."""
    return False


@defect(feature="forward-always", replaces=Alerting.offered)
async def do_not_disturb_comes_first(
    healthy: Callable[[Alerting, IncomingCall], Async[None]], alerting: Alerting, sip: IncomingCall
) -> None:
    """With do not disturb on no call is forwarded: callers are turned away instead of reaching the mailbox."""
    refusal = alerting.refusal(sip.identity)
    if refusal is not None and alerting.do_not_disturb(sip.identity):
        await sip.reject(*refusal)
        return
    await healthy(alerting, sip)


@defect(feature="forward-always", replaces=forwarding.number_for)
def all_identities_forward_as_the_first(healthy: NumberFor, settings: Settings, identity: int, mode: Mode) -> str:
    """The calls of every identity go where those of identity 1 do."""
    return healthy(settings, 1, mode)


@defect(feature="forward-always", replaces=IncomingCall.redirect)
async def forwarded_calls_are_refused(
    healthy: Callable[[IncomingCall, Uri, str], Async[None]], call: IncomingCall, target: Uri, reason: str
) -> None:
    """A call that is to be forwarded ends: the caller hears a busy tone."""
    await call.reject()


@defect(feature="forward-always", replaces=IncomingCall.redirect)
async def rings_before_it_forwards(
    healthy: Callable[[IncomingCall, Uri, str], Async[None]], call: IncomingCall, target: Uri, reason: str
) -> None:
    """A caller who is sent on hears ring-back first, and some servers do not follow then."""
    await call.ring()
    await healthy(call, target, reason)


@defect(feature="forward-busy", replaces=forwarding.number_for)
def busy_is_busy(healthy: NumberFor, settings: Settings, identity: int, mode: Mode) -> str:
    """A second caller gets busy, though calls are to be forwarded then."""
    return _never(healthy, settings, identity, mode, Mode.BUSY)


@defect(feature="forward-busy", replaces=forwarding.number_for)
def forwards_as_if_always_busy(healthy: NumberFor, settings: Settings, identity: int, mode: Mode) -> str:
    """With forwarding when busy every call is sent on, also while the phone is free."""
    return healthy(settings, identity, Mode.BUSY if mode is Mode.ALWAYS else mode)


@defect(feature="forward-busy", replaces=Alerting._turn_down)
async def rejected_calls_are_sent_on(
    healthy: Callable[[Alerting, IncomingCall, tuple[int, str], Mode], Async[None]],
    alerting: Alerting,
    sip: IncomingCall,
    line: tuple[int, str],
    why: Mode,
) -> None:
    """A call that the user rejects counts as busy and is forwarded to the boss."""
    await healthy(alerting, sip, line, why or Mode.BUSY)


@defect(feature="forward-no-answer", replaces=Alerting._forward_unanswered)
def unanswered_calls_ring_on(healthy: Callable[[Alerting, BaseCall], None], alerting: Alerting, call: BaseCall) -> None:
    """A call without an answer is never forwarded: it rings until the caller gives up."""


@defect(feature="forward-no-answer", replaces=Forwarding.seconds)
def forwards_too_early(healthy: Callable[[Forwarding, int], float], own: Forwarding, identity: int) -> float:
    """A call is forwarded after half of the time that is set: users do not get to the handset."""
    return healthy(own, identity) / 2


@defect(feature="forward-no-answer", replaces=Alerting._forward_unanswered)
def forwarded_calls_go_on_ringing(
    healthy: Callable[[Alerting, BaseCall], None], alerting: Alerting, call: BaseCall
) -> None:
    """The handset goes on ringing for a call that was forwarded."""
    call.ringing.clear()
    healthy(alerting, call)


@defect(feature="forward-always", replaces=Radio.send)
def forwarding_is_not_shown(healthy: Callable[[Radio, Message], None], radio: Radio, message: Message) -> None:
    """The idle screen does not say that all calls go elsewhere: the user waits for calls in vain."""
    always = isinstance(message, Info) and message.forward == Mode.ALWAYS
    healthy(radio, replace(message, forward=0) if isinstance(message, Info) and always else message)


@defect(feature="forward-busy", replaces=features.values)
def busy_forwarding_of_the_menu_is_for_all_calls(
    healthy: Callable[[Facility], dict[str, str]], message: Facility
) -> dict[str, str]:
    """Forwarding when busy, set at the handset, forwards all calls."""
    feature = "forward-always" if message.feature == "forward-busy" else message.feature
    return healthy(replace(message, feature=feature))


@defect(feature="forward-no-answer", replaces=features.values)
def time_of_the_menu_is_lost(healthy: Callable[[Facility], dict[str, str]], message: Facility) -> dict[str, str]:
    """The seconds that were entered at the handset are not kept: the call is forwarded after another time."""
    return {name: value for name, value in healthy(message).items() if name != "user_forward_timeout"}


@defect(feature="forward-no-answer", replaces=Forwarded.to)
def forwarding_cannot_be_ended(healthy: Callable[[Forwarded, str], str], shown: Forwarded, case: str) -> str:
    """The menu always shows forwarding as off: choosing it again asks for a new number instead of ending it."""
    return "" if case == handset_forwarding.CASES[2] else healthy(shown, case)
