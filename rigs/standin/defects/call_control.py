"""Faults of the exchange: who rings, how many calls, what is refused, what handsets are told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from weakref import WeakSet

from rigs.standin.air.protocol import Info, Message, Release
from rigs.standin.air.radio import Radio
from rigs.standin.base.network_clock import TimeStrategy
from rigs.standin.base.settings import Settings
from rigs.standin.call import rules
from rigs.standin.call.alerting import BUSY, Alerting
from rigs.standin.call.base_call import BaseCall
from rigs.standin.call.call_control import MOST_CALLS, CallControl
from rigs.standin.core.replacing import defect
from rigs.standin.defects._healthy import InEffect


@defect(feature="handset-binding", replaces=rules.targets)
def binding_ignored(
    healthy: Callable[[list[str], list[str]], list[str]], bindings: list[str], handsets: list[str]
) -> list[str]:
    """A call for one person rings on all handsets."""
    return list(handsets)


@defect(feature="handset-binding", replaces=rules.bound)
def second_account_rings_everywhere(
    healthy: Callable[[Settings, int], list[str]], settings: Settings, identity: int
) -> list[str]:
    """The calls of a colleague's second account ring in the whole house: only the first one is paired."""
    others = [ipui for lower in range(1, identity) for ipui in healthy(settings, lower)]
    return [ipui for ipui in healthy(settings, identity) if ipui not in others]


@defect(feature="ring-all", replaces=rules.targets)
def only_the_first_handset_rings(
    healthy: Callable[[list[str], list[str]], list[str]], bindings: list[str], handsets: list[str]
) -> list[str]:
    """A call for an identity without a handset rings on the first handset only."""
    found = healthy(bindings, handsets)
    return found if bindings else found[:1]


@defect(feature="outgoing-identity", replaces=rules.calling_identity)
def calls_in_the_first_name(healthy: Callable[[str, Settings], int], ipui: str, settings: Settings) -> int:
    """Every handset calls out as identity 1, even if it is bound to another one."""
    return 1


@defect(feature="four-calls", replaces=CallControl.has_room)
def fifth_call_accepted(healthy: Callable[[CallControl], bool], control: CallControl) -> bool:
    """The base takes more calls than it can carry: the fifth rings."""
    return True


@defect(feature="fifth-call", replaces=Alerting.refusal)
def fifth_caller_hears_of_nobody(
    healthy: Callable[[Alerting, int], tuple[int, str] | None], offering: Alerting, identity: int
) -> tuple[int, str] | None:
    """Who calls while all four lines are in use is told that there is no such number."""
    found = healthy(offering, identity)
    return (404, "Not Found") if found == BUSY else found


@defect(feature="dnd", replaces=Alerting.do_not_disturb)
def do_not_disturb_disturbs(healthy: Callable[[Alerting, int], bool], offering: Alerting, identity: int) -> bool:
    """With do not disturb on, the handset rings."""
    return False


@defect(feature="dnd", replaces=Radio.send)
def do_not_disturb_is_not_shown(healthy: Callable[[Radio, Message], None], radio: Radio, message: Message) -> None:
    """The handset does not show that it takes no calls."""
    healthy(radio, replace(message, dnd=False) if isinstance(message, Info) else message)


@defect(feature="call-waiting", replaces=rules.offers_second)
def no_call_waiting(healthy: Callable[[bool, int], bool], allowed: bool, calls: int) -> bool:
    """A second caller gets busy, though call waiting is allowed."""
    return False


@defect(feature="call-waiting-off", replaces=rules.offers_second)
def call_waiting_cannot_be_forbidden(healthy: Callable[[bool, int], bool], allowed: bool, calls: int) -> bool:
    """With call waiting switched off a second call knocks all the same."""
    return healthy(True, calls)


@defect(feature="reject", replaces=Alerting.refused)
def reject_sends_nothing(
    healthy: Callable[[Alerting, BaseCall, Release], None], offering: Alerting, call: BaseCall, message: Release
) -> None:
    """Pressing the red key silences the handset; the caller goes on hearing it ring."""
    if message.reason == "busy":
        healthy(offering, call, message)
    else:
        call.ringing.pop(message.ipui, None)


@defect(feature="answered-elsewhere", replaces=Alerting.silence)
def answered_elsewhere_goes_on_ringing(
    healthy: Callable[[Alerting, BaseCall, str], None], offering: Alerting, call: BaseCall, winner: str
) -> None:
    """When a colleague answers, the other handsets go on ringing."""
    call.ringing.clear()


@defect(feature="ring-duration", replaces=rules.ring_seconds)
def rings_for_ever(healthy: Callable[[int], float | None], setting: int) -> float | None:
    """The base never ends an unanswered call; ring_duration has no effect."""
    return None


@defect(feature="call-list-missed", replaces=rules.why_given_up)
def given_up_call_forgotten(healthy: Callable[[bool], str], answered_elsewhere: bool) -> str:
    """A call that its caller gave up counts as answered elsewhere: it is not in the missed list."""
    return healthy(True)


@defect(feature="busy", replaces=rules.why_ended)
def busy_looks_like_no_answer(healthy: Callable[[int], str], status: int) -> str:
    """A busy far end is shown as one that did not answer."""
    found = healthy(status)
    return "no answer" if found == "busy" else found


@defect(feature="far-reject", replaces=rules.why_ended)
def decline_looks_like_no_answer(healthy: Callable[[int], str], status: int) -> str:
    """A far end that declined the call is shown as one that did not answer."""
    found = healthy(status)
    return "no answer" if found == "rejected" else found


class ClockWithoutZone(TimeStrategy):
    """Handsets show Greenwich time wherever they are."""

    feature = "time-zone"

    def local(self, network_time: float, gmt_offset: int) -> float:
        return network_time


@defect(feature="hold", replaces=CallControl.voice)
def room_heard_on_hold(
    healthy: Callable[[CallControl, str, bytes], None], exchange: CallControl, ipui: str, frame: bytes
) -> None:
    """A held party still hears the speech in the room."""
    healthy(exchange, ipui, frame)
    for call in exchange.calls_of(ipui):
        if call.on_hold:
            call.far.hear(frame)


@defect(feature="dtmf-rfc4733", replaces=rules.passes_digits)
def digits_are_dropped(healthy: Callable[[bool], bool], call_on_hold: bool) -> bool:
    """Keys pressed in a call go nowhere."""
    return False


_lost_a_line: WeakSet[CallControl] = WeakSet()


@defect(feature="fifth-call", replaces=CallControl.has_room)
def fifth_call_costs_a_line(healthy: Callable[[CallControl], bool], control: CallControl) -> bool:
    """Once a fifth call was refused the base carries three calls only, until it is rebooted."""
    if control in _lost_a_line and len(control.calls) >= MOST_CALLS - 1:
        return False
    admitted = healthy(control)
    if not admitted:
        _lost_a_line.add(control)
    return admitted


class WestIsEast(TimeStrategy):
    """West of Greenwich the clock is wrong by twice the zone: the sign of gmt_offset is lost."""

    feature = "time-zone"

    def local(self, network_time: float, gmt_offset: int) -> float:
        return super().local(network_time, abs(gmt_offset))


@defect(feature="dnd", replaces=Settings.in_effect)
def do_not_disturb_is_one_for_all(healthy: InEffect, settings: Settings, name: str, idx: int, stored: str) -> str:
    """Do not disturb of identity 1 silences all identities, and that of any other has no effect."""
    return settings.stored(name, 1) if name == "user_dnd" else healthy(settings, name, idx, stored)
