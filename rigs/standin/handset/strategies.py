"""The handset's decisions that a fault could get wrong."""

from __future__ import annotations

import time
from collections.abc import Callable

from rigs.standin.core.strategies import Strategy
from rigs.standin.handset.calls import HandsetCall, State
from rigs.standin.handset.data import constant
from rigs.standin.handset.lists import Entry, Kind


class ListingStrategy(Strategy):
    """Which list a call goes to when it is over."""

    def kind(self, call: HandsetCall, reason: str, by_user: bool) -> Kind | None:
        """The list; None for a call that leaves no trace: rejected here, or answered on another handset or phone."""
        if call.outgoing:
            return "dialed"
        if call.answered:
            return "received"
        return None if by_user or reason == "answered elsewhere" else "missed"

    def entry(self, call: HandsetCall, at: float | None) -> Entry:
        """What the list keeps of a call that ended at this moment of the handset's clock."""
        return Entry(call.number, call.name, at)


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


class KeypadStrategy(Strategy):
    """Which digit a key sends in a call."""

    def digit(self, key: str) -> str:
        """The DTMF digit of a key 0-9, star or hash."""
        return key


class HoldKeyStrategy(Strategy):
    """What the HOLD key does."""

    def asks_base(self) -> bool:
        """Whether the base is told, so that it holds the call on the network."""
        return True


class CallerStrategy(Strategy):
    """Who a call's screen says is there."""

    def lines(self, call: HandsetCall) -> tuple[str, str]:
        """Name and number, the name empty if unknown."""
        return call.name, call.number

    def state(self, state: State) -> State:
        """What the first row says of the call."""
        return state

    def duration(self, call: HandsetCall) -> str:
        """How long it lasts."""
        return call.duration


class VolumeStrategy(Strategy):
    """Where the volume key's setting goes."""

    def keeps(self) -> bool:
        """Whether it is still there for the next call."""
        return True


class SpeakerStrategy(Strategy):
    """How loud the ear is."""

    def decibel(self, volume: int) -> float:
        """dB against the normal step."""
        return float((volume - constant("speaker_normal")) * constant("speaker_step_db"))


class IdleStatusStrategy(Strategy):
    """What the idle screen says is the matter."""

    def shown(self, status: str, calls: int) -> str:
        """The handset's own state, apart from its calls."""
        return status


class LampStrategy(Strategy):
    """The message lamp."""

    def burns(self, handset: int, unseen: int, messages: int) -> bool:
        """While there are missed calls that the user has not seen, or messages in a mailbox."""
        return bool(unseen or messages)


class IdleNameStrategy(Strategy):
    """What the idle screen calls the handset."""

    def shown(self, name: str) -> str:
        """The base's name for it."""
        return name


class RingerStrategy(Strategy):
    """Whether the ringer sounds at a volume."""

    def sounds(self, volume: int) -> bool:
        """0 is silent."""
        return volume > 0

    def ends(self, in_call: bool) -> bool:
        """Whether the ringer falls silent when nothing waits for an answer any more."""
        return True

    def after_call(self, ring: Callable[[bool], None]) -> None:
        """What sounds when the last call is over: nothing."""

    def found(self) -> bool:
        """Whether a key on a handset that was searched for ends its ringing."""
        return True


class BacklightStrategy(Strategy):
    """The light of display and keys."""

    def goes_out(self) -> bool:
        """After a while it goes out."""
        return True


class ClockFaceStrategy(Strategy):
    """How the idle screen writes time and date."""

    def time(self, now: float) -> str:
        """24 hours, `10:20`."""
        return time.strftime("%H:%M", time.gmtime(now))

    def date(self, now: float) -> str:
        """`Wednesday, 25 Sep.`"""
        return time.strftime("%A, %-d %b.", time.gmtime(now))


class AnswerKeyStrategy(Strategy):
    """Which keys answer a ringing call."""

    def answers(self, key: str) -> bool:
        """The green key, the loudspeaker key, OK and the left soft key."""
        return key in {"OFFHOOK", "SPEAKER", "OK", "SOFT1"}


class WaitingToneStrategy(Strategy):
    """Whether a second call makes itself heard."""

    def beeps(self) -> bool:
        """A beep in the ear, repeated."""
        return True
