"""Faults that show when all is over: between two calls, two tests, two looks at a page."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from dataclasses import replace

from rigs.standin.core.replacing import Async, defect
from rigs.standin.handset.data import text
from rigs.standin.handset.lists import Entry, ListKeepingStrategy
from rigs.standin.handset.strategies import IdleStatusStrategy, LampStrategy, RingerStrategy
from rigs.standin.media.session import MediaSession
from rigs.standin.web.strategies import FormStrategy, LogPageStrategy, StatusStrategy


class MissedCallsKeepTheLampOn(LampStrategy):
    """After a missed call the message lamp never goes out again, though the call was looked at."""

    feature = "call-list-missed"

    def __init__(self) -> None:
        self._lit: set[int] = set()

    def burns(self, handset: int, unseen: int, messages: int) -> bool:
        if unseen:
            self._lit.add(handset)
        return handset in self._lit or bool(messages)


class IdleScreenKeepsTheEndOfACall(IdleStatusStrategy):
    """The idle screen goes on saying `Call ended` until the battery is taken out."""

    feature = "idle-screen"

    def shown(self, status: str, calls: int) -> str:
        return status or (text("reasons.normal") if calls else "")


class RingerSoundsOnceMore(RingerStrategy):
    """Two seconds after each call the telephone rings once, without a caller."""

    feature = "ringing"

    def after_call(self, ring: Callable[[bool], None]) -> None:
        loop = asyncio.get_running_loop()
        loop.call_later(2.0, ring, True)
        loop.call_later(2.2, ring, False)


class EachCallCountsTwice(ListKeepingStrategy):
    """A list says of one call that there were two."""

    feature = "call-list-dialed"

    def placed(self, entries: list[Entry], entry: Entry) -> list[Entry]:
        return [replace(entry, count=entry.count + 1), *entries]


@defect(feature="far-hang-up", replaces=MediaSession.stop)
async def audio_goes_on(healthy: Callable[[MediaSession], Async[None]], session: MediaSession) -> None:
    """Five seconds after both have hung up the base still sends what the room says."""
    await asyncio.sleep(5.0)
    await healthy(session)


class UptimeBeginsAnew(StatusStrategy):
    """The uptime begins anew every twenty seconds, though the unit runs on."""

    feature = "status-uptime"

    def uptime(self, seconds: int) -> str:
        return super().uptime(seconds % 20)


class RegistrationStatusEndsEarly(StatusStrategy):
    """The registration status shows the first three identities, however many are registered."""

    feature = "registration-page"

    def registrations(self, rows: list[tuple[str, ...]]) -> list[tuple[str, ...]]:
        return rows[:3]


class RegistrationStatusShowsWhatWasGranted(StatusStrategy):
    """The seconds beside a registration never run down: they are those that the registrar once granted."""

    feature = "registration-page"

    def expires(self, left: int, granted: int) -> int:
        return granted


class EndedCallsAreLoggedAsFaults(LogPageStrategy):
    """Each call that ended well stands in the log as a fault of the highest importance."""

    feature = "application-log"

    def lines(self, lines: list[str]) -> list[str]:
        return [re.sub(r"^\[5\](.* ended: )", r"[1]\1", line) for line in lines]


class SavingCountsUp(FormStrategy):
    """Each save of the network page lengthens the interval of STUN by a second, though the user did not change it."""

    feature = "network-page"

    def stored(self, name: str, text: str, before: str) -> str:
        return str(int(text) + 1) if name == "stun_interval" and text == before and text.isdecimal() else text
