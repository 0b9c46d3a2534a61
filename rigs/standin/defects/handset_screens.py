"""Faults of the handset's screens, keys, clock and lamps."""

from __future__ import annotations

import time
from collections.abc import Callable

from rigs.standin.core.replacing import defect
from rigs.standin.handset import call_screen
from rigs.standin.handset.calls import HandsetCall, State
from rigs.standin.handset.data import text
from rigs.standin.handset.handset import Handset
from rigs.standin.handset.strategies import (
    CallerStrategy,
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


class UmlautsAreLost(CallerStrategy):
    """Jörg is shown as Jrg."""

    feature = "caller-id"

    def lines(self, call: HandsetCall) -> tuple[str, str]:
        return call.name.encode("ascii", "ignore").decode(), call.number


class NameWithoutNumber(CallerStrategy):
    """If the caller's name is known the number is not shown: users cannot notice a false name."""

    feature = "caller-id"

    def lines(self, call: HandsetCall) -> tuple[str, str]:
        return call.name, "" if call.name else call.number


@defect(feature="display", replaces=call_screen.heading)
def hold_is_not_shown(healthy: Callable[[HandsetCall], str], call: HandsetCall) -> str:
    """A call on hold looks like one that talks."""
    return text(f"call.{State.CONNECTED.value}") if call.state is State.HELD else healthy(call)


class DurationStandsStill(CallerStrategy):
    """Every call lasts 00:00."""

    feature = "call-screen"

    def duration(self, call: HandsetCall) -> str:
        return "00:00"


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


class DurationForgetsTheMinutes(CallerStrategy):
    """After 00:59 the duration of a call begins at 00:00 again."""

    feature = "call-screen"

    def duration(self, call: HandsetCall) -> str:
        minutes, _, seconds = super().duration(call).partition(":")
        return f"00:{seconds}" if minutes else ""
