"""Faults of the handset's screens, keys, clock and lamps."""

from __future__ import annotations

import time

from rigs.standin.handset.calls import HandsetCall, State
from rigs.standin.handset.strategies import (
    BacklightStrategy,
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


class HoldIsNotShown(CallerStrategy):
    """A call on hold looks like one that talks."""

    feature = "display"

    def state(self, state: State) -> State:
        return State.CONNECTED if state is State.HELD else state


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


class RingsIntoTheCall(RingerStrategy):
    """The ringer goes on while its call is talked."""

    feature = "ringing"

    def ends(self, in_call: bool) -> bool:
        return not in_call


class FoundHandsetGoesOnRinging(RingerStrategy):
    """A handset that was searched for and found cannot be silenced."""

    feature = "handset-locator"

    def found(self) -> bool:
        return False


class BacklightBurnsOn(BacklightStrategy):
    """The light never goes out: the battery is empty by noon."""

    feature = "backlit-keypad"

    def goes_out(self) -> bool:
        return False


class DurationForgetsTheMinutes(CallerStrategy):
    """After 00:59 the duration of a call begins at 00:00 again."""

    feature = "call-screen"

    def duration(self, call: HandsetCall) -> str:
        minutes, _, seconds = super().duration(call).partition(":")
        return f"00:{seconds}" if minutes else ""
