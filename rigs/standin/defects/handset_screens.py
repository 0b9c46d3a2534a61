"""Faults of the handset's screens, keys, clock and lamps."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

from rigs.standin.core.replacing import defect
from rigs.standin.handset import call_screen
from rigs.standin.handset.calls import HandsetCall, State
from rigs.standin.handset.data import text
from rigs.standin.handset.handset import Handset
from rigs.standin.handset.strategies import (
    ClockFaceStrategy,
    DiallingStrategy,
    RingerStrategy,
    SpeakerStrategy,
)


class DateOfTomorrow(ClockFaceStrategy):
    """The idle screen is a day ahead."""

    feature = "idle-date"

    def date(self, now: float) -> str:
        return super().date(now + 86400)


class AfternoonLooksLikeMorning(ClockFaceStrategy):
    """Four in the afternoon is shown as 04:00, without a word of it."""

    feature = "clock"

    def time(self, now: float) -> str:
        return time.strftime("%I:%M", time.gmtime(now))


class ClockStandsStill(ClockFaceStrategy):
    """The clock shows the time at which the handset was switched on."""

    feature = "clock"

    def __init__(self) -> None:
        self._first: str = ""

    def time(self, now: float) -> str:
        self._first = self._first or super().time(now)
        return self._first


class LongNumbersAreCut(DiallingStrategy):
    """No more than ten digits of a number are taken."""

    feature = "dial"

    def append(self, number: str, key: str) -> str:
        return super().append(number, key)[:10]


class DigitsBounce(DiallingStrategy):
    """A 5 is taken twice."""

    feature = "dial"

    def append(self, number: str, key: str) -> str:
        return super().append(number, key * 2 if key == "5" and number else key)


class WrongDigitsStay(DiallingStrategy):
    """The key that clears a digit does nothing."""

    feature = "dial"

    def erase(self, number: str) -> str:
        return number


@defect(feature="caller-id", replaces=call_screen.who)
def umlauts_are_lost(healthy: Callable[[HandsetCall], list[str]], call: HandsetCall) -> list[str]:
    """Jörg is shown as Jrg."""
    return healthy(replace(call, name=call.name.encode("ascii", "ignore").decode()))


@defect(feature="caller-id", replaces=call_screen.who)
def name_without_number(healthy: Callable[[HandsetCall], list[str]], call: HandsetCall) -> list[str]:
    """If the caller's name is known the number is not shown: users cannot notice a false name."""
    return [call.name, ""] if call.name else healthy(call)


@defect(feature="display", replaces=call_screen.heading)
def hold_is_not_shown(healthy: Callable[[HandsetCall], str], call: HandsetCall) -> str:
    """A call on hold looks like one that talks."""
    return text(f"call.{State.CONNECTED.value}") if call.state is State.HELD else healthy(call)


@defect(feature="call-screen", replaces=call_screen.duration)
def duration_stands_still(healthy: Callable[[HandsetCall], str], call: HandsetCall) -> str:
    """Every call lasts 00:00."""
    return "00:00" if call.answered else healthy(call)


class SecondStepOfVolumeIsNone(SpeakerStrategy):
    """The volume has only two steps, though the display shows more."""

    feature = "volume"

    def decibel(self, volume: int) -> float:
        return super().decibel(5 if volume >= 5 else 4)


class RingerStaysOff(RingerStrategy):
    """Once turned off the ringer stays silent at any volume until the battery was removed."""

    feature = "ringer-volume"

    def __init__(self) -> None:
        self._off = False

    def sounds(self, volume: int) -> bool:
        self._off = self._off or volume == 0
        return not self._off


@defect(feature="ringing", replaces=Handset.sound_ringer)
def rings_into_the_call(healthy: Callable[[Handset, bool], None], handset: Handset, on: bool) -> None:
    """The ringer goes on while its call is talked."""
    if on or not handset.phone.calls:
        healthy(handset, on)


@defect(feature="handset-locator", replaces=Handset.found)
def found_handset_goes_on_ringing(healthy: Callable[[Handset], None], handset: Handset) -> None:
    """A handset that was searched for and found cannot be silenced."""


@defect(feature="backlit-keypad", replaces=Handset.light)
def backlight_burns_on(healthy: Callable[[Handset], None], handset: Handset) -> None:
    """The light never goes out: the battery is empty by noon."""
    handset.events.lamp("BACKLIGHT", "ON")


@defect(feature="call-screen", replaces=call_screen.duration)
def duration_forgets_the_minutes(healthy: Callable[[HandsetCall], str], call: HandsetCall) -> str:
    """After 00:59 the duration of a call begins at 00:00 again."""
    if not call.answered:
        return healthy(call)
    minutes, _, seconds = healthy(call).partition(":")
    return f"00:{seconds}" if minutes else ""
