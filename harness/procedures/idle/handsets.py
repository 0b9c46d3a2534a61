"""The state of a rig's handsets after a test, as the dongle shows it; only changes are read again."""

from __future__ import annotations

import contextlib
import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from harness.core import clock
from harness.core.clock import Deadline, WaitExpired
from harness.core.errors import M9Error
from harness.handset.driver import Handset
from harness.handset.events import DisplayEvent, DongleEvent, HookEvent, LedEvent, RingEvent
from harness.handset.menus import menus
from harness.procedures.clock_face import CLOCK
from harness.procedures.handset.lists import LISTS, entries_of
from harness.procedures.texts import texts
from harness.rules.idle_state import IdleHandset

DATES = (-1, 0, 1)
"""Days that a display may show: its time zone may be ahead of the host's or behind it."""


@dataclass
class _Told:
    """The state of one handset by its events so far."""

    ringing: bool = False
    off_hook: bool = False
    message_lamp: bool = False
    lit: bool = False
    changed: bool = True

    def take(self, event: DongleEvent) -> None:
        """One event of this handset."""
        match event:
            case RingEvent():
                self.ringing = event.on
            case HookEvent():
                self.off_hook = event.off
            case LedEvent() if event.name == menus().lamps.messages:
                self.message_lamp = event.state != "OFF"
            case LedEvent() if event.name == menus().lamps.backlight:
                self.lit = event.state != "OFF"
            case DisplayEvent():
                self.changed = True


class IdleHandsets:
    """Reads the handsets that tests used; `accounts` has the users of each handset's identities."""

    def __init__(self, accounts: Mapping[int, tuple[str, ...]]) -> None:
        self._accounts = accounts
        self._told: dict[int, _Told] = {}
        self._seen: dict[int, IdleHandset] = {}
        self._position = 0

    def look(self, handsets: Sequence[Handset], within: float) -> list[IdleHandset]:
        """All handsets, once they show what they showed before, else after `within` seconds."""
        if not handsets:
            return []
        before, deadline = dict(self._seen), Deadline(within)
        while True:
            handsets[0].dongle.fence()
            mark = self._take_events(handsets)
            for handset in handsets:
                self._read(handset)
            unlike = [one for number, one in self._seen.items() if number in before and not _alike(one, before[number])]
            if not unlike or deadline.expired:
                return [self._seen[handset.number] for handset in handsets if handset.number in self._seen]
            _await_display(handsets[0], {one.number for one in unlike}, mark, deadline.left)

    def read_lists(self, handset: Handset) -> dict[str, tuple[str, ...]] | None:
        """The call lists of an idle handset, opened by its keys; None if they cannot be opened."""
        try:
            found = {which: tuple(entries_of(handset.open_call_list(which))) for which in LISTS}
            handset.go_idle()
        except M9Error:
            return None
        return found

    def _take_events(self, handsets: Iterable[Handset]) -> int:
        events = next(iter(handsets)).dongle.events
        new = events.snapshot(self._position)
        self._position += len(new)
        for event in new:
            self._told.setdefault(event.handset, _Told()).take(event)
        return self._position

    def _read(self, handset: Handset) -> None:
        """The present display, if it may have changed."""
        number, tells = handset.number, "SUBSCRIBE" in handset.dongle.caps(handset.number)
        told = self._told.setdefault(number, _Told())
        seen = self._seen.get(number)
        if seen is None or told.changed or not tells:
            try:
                seen = self._displayed(handset)
            except M9Error:
                self._seen.pop(number, None)
                return
            told.changed = False
        if tells:
            seen = replace(seen, ringing=told.ringing, off_hook=told.off_hook)
            seen = replace(seen, message_lamp=told.message_lamp, lit=told.lit)
        self._seen[number] = seen

    def _displayed(self, handset: Handset) -> IdleHandset:
        display = handset.display()
        lines = [row.text.rstrip() for row in display.rows]
        missed = [line for line in lines if any(text.lower() in line.lower() for text in texts("missed"))]
        return IdleHandset(
            handset.number,
            self._accounts.get(handset.number, ()),
            any(display.has(text) for text in menus().idle.texts),
            tuple("" if line in missed or _is_time(line) else line for line in lines),
            sum(next((int(word) for word in line.split() if word.isdigit()), 1) for line in missed),
            dark_s=menus().lamps.dark,
        )


def _alike(one: IdleHandset, other: IdleHandset) -> bool:
    return (one.rows, one.ringing, one.off_hook) == (other.rows, other.ringing, other.off_hook)


def _await_display(handset: Handset, numbers: set[int], mark: int, within: float) -> None:
    with contextlib.suppress(WaitExpired):
        handset.dongle.events.wait_for(lambda e: e.handset in numbers, what="a change", within=within, since=mark)


def _is_time(line: str) -> bool:
    """Whether a row of the idle screen is its clock or its date."""
    if CLOCK.search(line):
        return True
    today = datetime.datetime.fromtimestamp(clock.now(), datetime.UTC)
    days = (today + datetime.timedelta(days=away) for away in DATES)
    return line.strip() in {day.strftime(menus().idle.date) for day in days}
