"""Faults of the handset: keys, display, lists, volumes, clock."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from rigs.standin.air.protocol import Hold, HoldAck, Info, Keypad, Message, Retrieve, RetrieveAck
from rigs.standin.air.radio import Radio
from rigs.standin.core.replacing import defect
from rigs.standin.handset import call_screen
from rigs.standin.handset.calls import HandsetCall
from rigs.standin.handset.events import Events
from rigs.standin.handset.handset import Handset
from rigs.standin.handset.lists import Entry, Kind
from rigs.standin.handset.phone import Phone
from rigs.standin.handset.strategies import (
    AnswerKeyStrategy,
    ClockFaceStrategy,
    DiallingStrategy,
    ListingStrategy,
    RedialStrategy,
    RingerStrategy,
    SpeakerStrategy,
)


class MissedCallNotListed(ListingStrategy):
    """An unanswered call is not in the missed list."""

    feature = "call-list-missed"

    def kind(self, call: HandsetCall, reason: str, by_user: bool) -> Kind | None:
        found = super().kind(call, reason, by_user)
        return None if found == "missed" else found


class ReceivedCallListedAsMissed(ListingStrategy):
    """Calls that were answered turn up among the missed ones."""

    feature = "call-list-received"

    def kind(self, call: HandsetCall, reason: str, by_user: bool) -> Kind | None:
        found = super().kind(call, reason, by_user)
        return "missed" if found == "received" else found


class DialedCallNotListed(ListingStrategy):
    """Numbers that were called are not in the dialed list."""

    feature = "call-list-dialed"

    def kind(self, call: HandsetCall, reason: str, by_user: bool) -> Kind | None:
        found = super().kind(call, reason, by_user)
        return None if found == "dialed" else found


class ElsewhereCountsAsMissed(ListingStrategy):
    """A call that a colleague answered is counted as missed on the other handsets."""

    feature = "answered-elsewhere-list"

    def kind(self, call: HandsetCall, reason: str, by_user: bool) -> Kind | None:
        return super().kind(call, "cancelled" if reason == "answered elsewhere" else reason, by_user)


class LeadingZeroLost(DiallingStrategy):
    """A zero at the beginning of a number is not taken: 0301 becomes 301."""

    feature = "dial"

    def append(self, number: str, key: str) -> str:
        return number if key == "0" and not number else number + key


class RedialsTheOneBefore(RedialStrategy):
    """Redial calls the entry below the marked one."""

    feature = "redial"

    def number(self, entries: list[Entry], at: int) -> str:
        return entries[min(at + 1, len(entries) - 1)].number


@defect(feature="dtmf-rfc4733", replaces=Phone.say)
def star_sends_hash(healthy: Callable[[Phone, Message], bool], phone: Phone, message: Message) -> bool:
    """In a call the star key sends a hash: voice menus take the wrong branch."""
    if isinstance(message, Keypad):
        message = replace(message, digits=message.digits.replace("*", "#"))
    return healthy(phone, message)


@defect(feature="hold", replaces=Phone.say)
def hold_key_only_on_the_display(healthy: Callable[[Phone, Message], bool], phone: Phone, message: Message) -> bool:
    """The display says on hold, but the far end goes on hearing the room."""
    if isinstance(message, Hold):
        phone.message(HoldAck(message.ipui, message.call))
    elif isinstance(message, Retrieve):
        phone.message(RetrieveAck(message.ipui, message.call))
    else:
        return healthy(phone, message)
    return True


@defect(feature="caller-id", replaces=call_screen.who)
def caller_is_shown_without_name(healthy: Callable[[HandsetCall], list[str]], call: HandsetCall) -> list[str]:
    """The caller's name is not shown, only the number."""
    return healthy(replace(call, name=""))


@defect(feature="volume-kept", replaces=Handset.keep_volume)
def volume_is_not_kept(healthy: Callable[[Handset, str, int], None], handset: Handset, name: str, value: int) -> None:
    """The volume set in one call, and the ringer's, are gone with the next call."""


class VolumeKeyMovesOnlyTheBar(SpeakerStrategy):
    """The display shows another volume, the ear hears the same."""

    feature = "volume"

    def decibel(self, volume: int) -> float:
        return 0.0


class RingerCannotBeSilenced(RingerStrategy):
    """Turned down to nothing, the handset rings all the same."""

    feature = "ringer-volume"

    def sounds(self, volume: int) -> bool:
        return True


class RingerIsMute(RingerStrategy):
    """The display shows the call, the ringer stays silent at every volume."""

    feature = "call-in"

    def sounds(self, volume: int) -> bool:
        return False


class IdleClockIsAnHourAhead(ClockFaceStrategy):
    """Who goes by the idle screen is an hour early: it never came back from summer time."""

    feature = "clock"

    def time(self, now: float) -> str:
        return super().time(now + 3600)


@defect(feature="idle-screen", replaces=Radio.send)
def nameless_idle_screen(healthy: Callable[[Radio, Message], None], radio: Radio, message: Message) -> None:
    """All handsets show the same name: users cannot tell them apart."""
    healthy(radio, replace(message, name=message.name.rstrip("0123456789 ")) if isinstance(message, Info) else message)


class GreenKeyDoesNotAnswer(AnswerKeyStrategy):
    """A ringing handset answers by its soft key only."""

    feature = "call-in"

    def answers(self, key: str) -> bool:
        return super().answers(key) and key != "OFFHOOK"


@defect(feature="call-waiting", replaces=Events.beep)
def knocks_in_silence(healthy: Callable[[Events, str], None], events: Events, kind: str) -> None:
    """A second call is on the display, but no tone tells of it."""
    if kind != "WAITING":
        healthy(events, kind)


class RedialDropsThePlus(RedialStrategy):
    """A caller in international form, +49301234, is called back as 49301234."""

    feature = "redial"

    def number(self, entries: list[Entry], at: int) -> str:
        return super().number(entries, at).lstrip("+")


class LowestRingerStepIsSilent(RingerStrategy):
    """At ringer volume 1, which is not off, the handset does not ring."""

    feature = "ringer-volume"

    def sounds(self, volume: int) -> bool:
        return volume > 1


@defect(feature="volume", replaces=Handset.turn_speaker)
def louder_is_softer(healthy: Callable[[Handset, int], None], handset: Handset, step: int) -> None:
    """The volume keys are the wrong way round."""
    healthy(handset, -step)
