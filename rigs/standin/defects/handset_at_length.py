"""Faults of handsets that show with long calls, several entries or other identities."""

from __future__ import annotations

from collections.abc import Callable

from rigs.standin.base.network_clock import TimeStrategy
from rigs.standin.base.settings import EffectStrategy, Settings
from rigs.standin.core.replacing import defect
from rigs.standin.handset.calls import HandsetCall
from rigs.standin.handset.handset import Handset
from rigs.standin.handset.lists import Entry, Kind, ListKeepingStrategy
from rigs.standin.handset.strategies import CallerStrategy, ListingStrategy, RedialStrategy, RingerStrategy


class OneMissedCallIsSeen(ListKeepingStrategy):
    """Of several missed calls only one counts as seen when the list is looked at: lamp and notice stay."""

    feature = "call-list-missed"

    def unseen(self, unseen: int) -> int:
        return unseen - 1


class RedialDropsThePlus(RedialStrategy):
    """A caller in international form, +49301234, is called back as 49301234."""

    feature = "redial"

    def number(self, entries: list[Entry], at: int) -> str:
        return super().number(entries, at).lstrip("+")


class DurationForgetsTheMinutes(CallerStrategy):
    """After 00:59 the duration of a call begins at 00:00 again."""

    feature = "call-screen"

    def duration(self, call: HandsetCall) -> str:
        minutes, _, seconds = super().duration(call).partition(":")
        return f"00:{seconds}" if minutes else ""


class OnlyAnsweredCallsAreListed(ListingStrategy):
    """A number that was busy or did not answer is not among the dialed ones: it cannot be redialled."""

    feature = "call-list-dialed"

    def kind(self, call: HandsetCall, reason: str, by_user: bool) -> Kind | None:
        found = super().kind(call, reason, by_user)
        return None if found == "dialed" and not call.answered else found


class LowestRingerStepIsSilent(RingerStrategy):
    """At ringer volume 1, which is not off, the handset does not ring."""

    feature = "ringer-volume"

    def sounds(self, volume: int) -> bool:
        return volume > 1


class WestIsEast(TimeStrategy):
    """West of Greenwich the clock is wrong by twice the zone: the sign of gmt_offset is lost."""

    feature = "time-zone"

    def local(self, network_time: float, gmt_offset: int) -> float:
        return super().local(network_time, abs(gmt_offset))


class DoNotDisturbIsOneForAll(EffectStrategy):
    """Do not disturb of identity 1 silences all identities, and that of any other has no effect."""

    feature = "dnd"

    def __init__(self) -> None:
        self._settings: Settings | None = None

    def committed(self, settings: Settings, who: str) -> None:
        self._settings = settings

    def value(self, name: str, idx: int, stored: str) -> str:
        if name != "user_dnd" or self._settings is None:
            return stored
        return self._settings.stored(name, 1)


@defect(feature="volume", replaces=Handset.turn_speaker)
def louder_is_softer(healthy: Callable[[Handset, int], None], handset: Handset, step: int) -> None:
    """The volume keys are the wrong way round."""
    healthy(handset, -step)
