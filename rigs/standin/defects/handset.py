"""Faults of the handset: keys, display, lists, volumes, clock."""

from __future__ import annotations

from collections.abc import Callable

from rigs.standin.core.replacing import defect
from rigs.standin.handset.calls import HandsetCall
from rigs.standin.handset.handset import Handset
from rigs.standin.handset.lists import Entry, Kind
from rigs.standin.handset.strategies import (
    AnswerKeyStrategy,
    CallerStrategy,
    ClockFaceStrategy,
    DiallingStrategy,
    HoldKeyStrategy,
    IdleNameStrategy,
    KeypadStrategy,
    ListingStrategy,
    RedialStrategy,
    RingerStrategy,
    SpeakerStrategy,
    VolumeStrategy,
    WaitingToneStrategy,
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


class StarSendsHash(KeypadStrategy):
    """In a call the star key sends a hash: voice menus take the wrong branch."""

    feature = "dtmf-rfc4733"

    def digit(self, key: str) -> str:
        return "#" if key == "*" else key


class HoldKeyOnlyOnTheDisplay(HoldKeyStrategy):
    """The display says on hold, but the far end goes on hearing the room."""

    feature = "hold"

    def asks_base(self) -> bool:
        return False


class CallerIsShownWithoutName(CallerStrategy):
    """The caller's name is not shown, only the number."""

    feature = "caller-id"

    def lines(self, call: HandsetCall) -> tuple[str, str]:
        return "", call.number


class VolumeIsNotKept(VolumeStrategy):
    """The volume set in one call, and the ringer's, are gone with the next call."""

    feature = "volume-kept"

    def keeps(self) -> bool:
        return False


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


class NamelessIdleScreen(IdleNameStrategy):
    """All handsets show the same name: users cannot tell them apart."""

    feature = "idle-screen"

    def shown(self, name: str) -> str:
        return name.rstrip("0123456789 ")


class GreenKeyDoesNotAnswer(AnswerKeyStrategy):
    """A ringing handset answers by its soft key only."""

    feature = "call-in"

    def answers(self, key: str) -> bool:
        return super().answers(key) and key != "OFFHOOK"


class KnocksInSilence(WaitingToneStrategy):
    """A second call is on the display, but no tone tells of it."""

    feature = "call-waiting"

    def beeps(self) -> bool:
        return False


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
