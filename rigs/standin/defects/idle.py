"""Faults that show when all is over: between two calls, two tests, two looks at a page."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from dataclasses import replace
from weakref import WeakSet

from rigs.standin.base.device import Device
from rigs.standin.core.replacing import Async, defect
from rigs.standin.defects._healthy import TextOf
from rigs.standin.handset import lists
from rigs.standin.handset.calls import HandsetCall
from rigs.standin.handset.data import text
from rigs.standin.handset.display import Row
from rigs.standin.handset.handset import MELODY, Handset
from rigs.standin.handset.lists import Entry
from rigs.standin.handset.phone import Phone
from rigs.standin.handset.screens import Idle
from rigs.standin.handset.strategies import LampStrategy
from rigs.standin.media.session import MediaSession
from rigs.standin.web import forms
from rigs.standin.web.definitions import Field
from rigs.standin.web.pages import log, status
from rigs.standin.web.strategies import StatusStrategy


class MissedCallsKeepTheLampOn(LampStrategy):
    """After a missed call the message lamp never goes out again, though the call was looked at."""

    feature = "call-list-missed"

    def __init__(self) -> None:
        self._lit: set[int] = set()

    def burns(self, handset: int, unseen: int, messages: int) -> bool:
        if unseen:
            self._lit.add(handset)
        return handset in self._lit or bool(messages)


STATUS_ROW = 4
_talked: WeakSet[Handset] = WeakSet()


@defect(feature="idle-screen", replaces=Handset.rows)
def idle_screen_keeps_the_end_of_a_call(healthy: Callable[[Handset], list[Row]], handset: Handset) -> list[Row]:
    """The idle screen goes on saying `Call ended` until the battery is taken out."""
    rows = healthy(handset)
    if handset.phone.calls:
        _talked.add(handset)
    elif handset in _talked and isinstance(handset.screen, Idle) and not rows[STATUS_ROW].text:
        rows[STATUS_ROW] = Row(text("reasons.normal"))
    return rows


@defect(feature="ringing", replaces=Phone.end)
def ringer_sounds_once_more(
    healthy: Callable[..., None], phone: Phone, call: HandsetCall, why: str, *, said: str = "", by_user: bool = False
) -> None:
    """Two seconds after each call the telephone rings once, without a caller."""
    healthy(phone, call, why, said=said, by_user=by_user)
    if not phone.calls:
        loop = asyncio.get_running_loop()
        loop.call_later(2.0, phone.handset.events.ring, True, MELODY)
        loop.call_later(2.2, phone.handset.events.ring, False, MELODY)


@defect(feature="call-list-dialed", replaces=lists.placed)
def each_call_counts_twice(
    healthy: Callable[[list[Entry], Entry], list[Entry]], entries: list[Entry], entry: Entry
) -> list[Entry]:
    """A list says of one call that there were two."""
    return healthy(entries, replace(entry, count=entry.count + 1))


@defect(feature="far-hang-up", replaces=MediaSession.stop)
async def audio_goes_on(healthy: Callable[[MediaSession], Async[None]], session: MediaSession) -> None:
    """Five seconds after both have hung up the base still sends what the room says."""
    await asyncio.sleep(5.0)
    await healthy(session)


class UptimeBeginsAnew(StatusStrategy):
    """The uptime begins anew every two seconds, though the unit runs on."""

    feature = "status-uptime"

    def uptime(self, seconds: int) -> str:
        return super().uptime(seconds % 2)


@defect(feature="registration-page", replaces=status.registration_rows)
def registration_status_ends_early(
    healthy: Callable[[Device], list[tuple[str, ...]]], device: Device
) -> list[tuple[str, ...]]:
    """The registration status shows the first three identities, however many are registered."""
    return healthy(device)[:3]


@defect(feature="registration-page", replaces=status.registration_rows)
def registration_status_shows_what_was_granted(
    healthy: Callable[[Device], list[tuple[str, ...]]], device: Device
) -> list[tuple[str, ...]]:
    """The seconds beside a registration never run down: they are those that the registrar once granted."""
    return [(*row[:4], str(device.sip.identities[int(row[0])].expires) if row[4] else "") for row in healthy(device)]


@defect(feature="application-log", replaces=log.lines)
def ended_calls_are_logged_as_faults(healthy: Callable[[Device], list[str]], device: Device) -> list[str]:
    """Each call that ended well stands in the log as a fault of the highest importance."""
    return [re.sub(r"^\[5\](.* ended: )", r"[1]\1", line) for line in healthy(device)]


@defect(feature="network-page", replaces=forms.text_of)
def saving_counts_up(healthy: TextOf, device: Device, field: Field, at: int, posted: dict[str, str]) -> str | None:
    """Each save of the network page lengthens the interval of STUN by a second, though the user did not change it."""
    text = healthy(device, field, at, posted)
    counts = field.name == "stun_interval" and text == device.settings.stored(field.name, at)
    return str(int(text) + 1) if counts and text and text.isdecimal() else text
