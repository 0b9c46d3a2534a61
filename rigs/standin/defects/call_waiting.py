"""Faults of call waiting: its tone, its screen, and what its keys do."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

from rigs.standin.air.protocol import Facility, Release
from rigs.standin.call import features
from rigs.standin.call.alerting import Alerting
from rigs.standin.call.base_call import BaseCall
from rigs.standin.core.replacing import defect
from rigs.standin.handset import call_screen
from rigs.standin.handset.calls import HandsetCall, State
from rigs.standin.handset.data import constant
from rigs.standin.handset.handset import Handset
from rigs.standin.handset.phone import Phone
from rigs.standin.handset.voice import VoicePath


@defect(feature="call-waiting-tone", replaces=VoicePath.signal)
def waiting_tone_is_not_heard(healthy: Callable[[VoicePath, str], None], voice: VoicePath, kind: str) -> None:
    """Nothing is heard of a second call: who does not look at the display misses it."""
    if kind != "waiting":
        healthy(voice, kind)


@defect(feature="call-waiting-tone", replaces=VoicePath.signal)
def waiting_tone_is_heard_by_the_far_end(
    healthy: Callable[[VoicePath, str], None], voice: VoicePath, kind: str
) -> None:
    """The far end hears the waiting tone, too, and asks what is beeping there."""
    healthy(voice, kind)
    voice.mouth.tone(*constant("signals")[kind])


def _sound_on(phone: Phone) -> None:
    if phone.calls:
        phone.handset.voice.signal("waiting")
        asyncio.get_running_loop().call_later(constant("waiting_beep_s"), _sound_on, phone)


@defect(feature="call-waiting-tone", replaces=Phone._ring)
def waiting_tone_goes_on(healthy: Callable[[Phone], None], phone: Phone) -> None:
    """The waiting tone sounds on after the caller gave up, until the call ends."""
    beeping = phone._beep_timer is not None
    healthy(phone)
    if beeping and phone._beep_timer is None:
        asyncio.get_running_loop().call_later(constant("waiting_beep_s"), _sound_on, phone)


@defect(feature="call-waiting-tone", replaces=Phone._knock)
def no_waiting_tone_while_a_call_is_held(healthy: Callable[[Phone], None], phone: Phone) -> None:
    """A call that comes while the other one is on hold makes no sound at all."""
    if any(call.state is State.CONNECTED for call in phone.calls):
        healthy(phone)


@defect(feature="call-waiting", replaces=Phone._accept)
def taking_a_call_drops_the_first(
    healthy: Callable[[Phone, HandsetCall], None], phone: Phone, waiting: HandsetCall
) -> None:
    """Who takes a waiting call loses the one that talked."""
    current = phone.current
    if current is not None and current.state is State.CONNECTED:
        phone.hang_up(current)
    phone._answer(waiting)


@defect(feature="call-waiting", replaces=Phone.hang_up)
def refusing_a_call_ends_the_first(
    healthy: Callable[[Phone, HandsetCall], None], phone: Phone, call: HandsetCall
) -> None:
    """Who refuses a waiting call hangs up on the one that talks."""
    current = phone.current
    waits = call is phone.waiting and current is not None
    healthy(phone, current if waits and current is not None else call)


@defect(feature="call-waiting", replaces=call_screen._note)
def waiting_call_is_not_shown(
    healthy: Callable[[Handset, HandsetCall], str], handset: Handset, call: HandsetCall
) -> str:
    """A waiting call is heard, but the display does not say who it is."""
    return "" if handset.phone.waiting is not None else healthy(handset, call)


@defect(feature="call-waiting", replaces=Alerting._may_offer)
def third_caller_takes_the_place_of_the_second(
    healthy: Callable[[Alerting, str, int], bool], alerting: Alerting, ipui: str, identity: int
) -> bool:
    """A third call while two stand ends the one on hold."""
    for call in alerting._exchange.calls_of(ipui):
        if call.on_hold:
            alerting._exchange.run(alerting._exchange.hang_up(call), call)
    return healthy(alerting, ipui, identity)


@defect(feature="call-waiting", replaces=Alerting._targets)
def third_caller_finds_no_one(
    healthy: Callable[[Alerting, int], list[str]], alerting: Alerting, identity: int
) -> list[str]:
    """A third caller is told that no phone is there, not that the line is busy."""
    return [ipui for ipui in healthy(alerting, identity) if len(alerting._exchange.calls_of(ipui)) < 2]


@defect(feature="dnd", replaces=features.values)
def do_not_disturb_of_the_menu_is_forgotten(
    healthy: Callable[[Facility], dict[str, str]], message: Facility
) -> dict[str, str]:
    """Do not disturb switched at the handset is on its display only: the base lets every call ring."""
    return {} if message.feature == "dnd" else healthy(message)


@defect(feature="dnd", replaces=features.values)
def do_not_disturb_of_the_menu_stays(
    healthy: Callable[[Facility], dict[str, str]], message: Facility
) -> dict[str, str]:
    """Do not disturb can be switched on at the handset, but not off again."""
    return healthy(replace(message, on=True) if message.feature == "dnd" else message)


@defect(feature="dnd", replaces=Alerting.do_not_disturb)
def do_not_disturb_waits_for_the_end_of_the_call(
    healthy: Callable[[Alerting, int], bool], alerting: Alerting, identity: int
) -> bool:
    """Do not disturb that is switched on in a call begins after it: the next call still knocks."""
    talking = any(call.identity == identity and not call.ringing for call in alerting._exchange.calls)
    return not talking and healthy(alerting, identity)


@defect(feature="call-waiting", replaces=Alerting.refused)
def refused_waiting_call_is_unavailable(
    healthy: Callable[[Alerting, BaseCall, Release], None], alerting: Alerting, call: BaseCall, message: Release
) -> None:
    """A waiting call that the user refuses looks as if the phone were switched off."""
    if len(alerting._exchange.calls_of(message.ipui)) > 1:
        alerting.withdraw(call, message.ipui)
    else:
        healthy(alerting, call, message)
