"""The handset's decisions that a fault could get wrong."""

from __future__ import annotations

import time

from rigs.standin.core.strategies import Strategy
from rigs.standin.handset import dates
from rigs.standin.handset.calls import HandsetCall
from rigs.standin.handset.data import constant
from rigs.standin.handset.lists import Entry, Kind


class ListingStrategy(Strategy):
    """Which list a call goes to when it is over."""

    def kind(self, call: HandsetCall, reason: str, by_user: bool) -> Kind | None:
        """The list; None for a call that leaves no trace: to no number, rejected here, or answered on another phone."""
        if call.outgoing:
            return "dialed" if call.listed else None
        if call.answered:
            return "received"
        return None if by_user or reason == "answered elsewhere" else "missed"

    def entry(self, call: HandsetCall, at: float | None) -> Entry:
        """What the list keeps of a call that ended at this moment of the handset's clock."""
        return Entry(call.listed, call.name, at)


class DiallingStrategy(Strategy):
    """How pressed digits become a number."""

    def append(self, number: str, key: str) -> str:
        """The number with one more key."""
        return number + key

    def erase(self, number: str) -> str:
        """The number without its last digit."""
        return number[:-1]


class RedialStrategy(Strategy):
    """What off-hook on a list entry dials."""

    def number(self, entries: list[Entry], at: int) -> str:
        """The number of the marked entry."""
        return entries[at].number


class SpeakerStrategy(Strategy):
    """How loud the ear is."""

    def decibel(self, volume: int) -> float:
        """dB against the normal step."""
        return float((volume - constant("speaker_normal")) * constant("speaker_step_db"))


class LampStrategy(Strategy):
    """The message lamp."""

    def burns(self, handset: int, unseen: int, messages: int) -> bool:
        """While there are missed calls that the user has not seen, or messages in a mailbox."""
        return bool(unseen or messages)


class RingerStrategy(Strategy):
    """Whether the ringer sounds at a volume."""

    def sounds(self, volume: int) -> bool:
        """0 is silent."""
        return volume > 0


class ClockFaceStrategy(Strategy):
    """How the idle screen writes time and date."""

    def time(self, now: float) -> str:
        """24 hours, `10:20`."""
        return time.strftime("%H:%M", time.gmtime(now))

    def date(self, now: float) -> str:
        """`Wednesday, 25 Sep.`"""
        return dates.date(now)


class AnswerKeyStrategy(Strategy):
    """Which keys answer a ringing call."""

    def answers(self, key: str) -> bool:
        """The green key, the loudspeaker key, OK and the left soft key."""
        return key in {"OFFHOOK", "SPEAKER", "OK", "SOFT1"}
