"""A handset's keys and display: pressing, reading, waiting for a text, and finding the way through its menus."""

from __future__ import annotations

from collections.abc import Callable
from typing import NoReturn

from harness.core import clock, steps
from harness.core.clock import Deadline, WaitExpired
from harness.core.errors import Expectation, ProductFailure, RigFault, UsageError
from harness.core.limits import Limits, chosen
from harness.handset.display import Display, read_display
from harness.handset.dongle import Dongle
from harness.handset.events import DongleEvent
from harness.handset.menu_walk import MenuWalk, begins_with, mark
from harness.handset.menus import menus
from harness.handset.picture import svg
from harness.handset.protocol import KEYS, DamagedLine

HOME_AGAIN = 1.0
"""Seconds after which the key that leads home is pressed again."""


class Keypad:
    """The part of a handset that a person sees and presses."""

    def __init__(
        self,
        dongle: Dongle,
        number: int,
        *,
        events: bool = True,
        limits: Limits = Limits(),  # noqa: B008 - frozen
    ) -> None:
        self.dongle = dongle
        self.limits = limits
        self.number = number
        self.pressed: list[tuple[float, float]] = []
        """When each key went down, and when it was to be let go."""
        self._shown: Display | None = None
        if "SUBSCRIBE" in dongle.caps(number) and events:
            dongle.subscribe(number)
            steps.publish("dongle event", f"handset {number} tells its events", tells=number)

    # keys

    def press(self, *keys: str, hold_ms: int | None = None) -> None:
        """Press keys one after the other; `hold_ms` holds each down. Unknown keys are usage errors."""
        self.dongle.need("KEYS", self.number)
        for key in keys:
            name = key.upper()
            if name not in KEYS:
                raise UsageError(f"a handset has no key {key!r}", remedy=f"use one of {', '.join(sorted(KEYS))}")
            held = f",{hold_ms}" if hold_ms else ""
            self.pressed.append((clock.now(), clock.now() + (hold_ms or 0) / 1000))
            text = f"handset {self.number}: {name}" + (f" for {hold_ms} ms" if hold_ms else "")
            did = {"kind": "key", "handset": self.number, "key": name, "ms": str(hold_ms or "")}
            with steps.step("handset", text, did=did):
                self.dongle.command(f"AT+KEY={self.number},{name}{held}")

    def dial(self, number: str) -> None:
        """Press the digits, then go off hook."""
        self.press(*number, "OFFHOOK")

    def redial(self) -> None:
        """Call the newest entry of the dialed list again."""
        self.open_call_list(menus().redial.list)
        self.press(menus().redial.dial)

    # display

    def display(self) -> Display:
        """What stands on the display now."""
        self.dongle.need("DISPLAY", self.number)
        try:
            display = read_display(self.dongle.command(f"AT+DISP={self.number}"))
        except DamagedLine as damage:
            raise RigFault(
                "dongle", f"AT+DISP={self.number}: {damage}", remedy="check that its firmware has protocol 1"
            ) from damage
        if display != self._shown:
            self._shown = display
            self._publish(display, "shows")
        return display

    def expect_display(self, text: str, within: float | None = None) -> Display:
        """Wait until the display shows this text; raises ProductFailure with what it shows instead."""
        return self.expect_display_any([text], within)

    def expect_display_any(self, texts: list[str], within: float | None = None) -> Display:
        """Wait until the display shows one of these texts."""
        wanted = " or ".join(f'"{text}"' for text in texts)
        return self.expect_shown(lambda display: any(display.has(text) for text in texts), wanted, within)

    def look_for(self, texts: list[str], within: float) -> Display:
        """The display as soon as it shows one of these texts, else as it is at the end of the time: no judgement.

        One that did not change is told of too: a rule that waits for another is to see that it was looked at.
        """
        display = self._look(lambda display: any(display.has(text) for text in texts), within)
        if not any(display.has(text) for text in texts):
            self._publish(display, "still shows")
        return display

    def expect_shown(self, matches: Callable[[Display], bool], wanted: str, within: float | None = None) -> Display:
        """Wait until the display matches; raises ProductFailure with what was wanted and what it shows instead."""
        within = chosen(within, self.limits.display)
        display = self._look(matches, within)
        if not matches(display):
            self.broken(f"handset {self.number} shows {wanted}", f"{wanted} within {within:g} s", str(display))
        return display

    def expect_idle(self, within: float | None = None) -> Display:
        """Wait for the idle screen."""
        return self.expect_display_any(list(menus().idle.texts), within)

    def go_idle(self, within: float | None = None) -> None:
        """Go back to the idle screen from any screen; raises ProductFailure if it does not come."""
        deadline = Deadline(chosen(within, self.limits.answer))
        display = self.display()
        while not _idle(display):
            if deadline.expired:
                self.broken("the handset goes back to its idle screen", " or ".join(menus().idle.texts), str(display))
            self.press(menus().idle.home)
            display = self._look(_idle, min(HOME_AGAIN, deadline.left))

    @property
    def menu(self) -> MenuWalk:
        """The way through its menu."""
        return MenuWalk(self)

    def open_call_list(self, which: str) -> Display:
        """Open the `missed`, `received` or `dialed` list from the idle screen; returns its display."""
        lists = menus().call_lists
        if which not in lists.rows:
            raise UsageError(f"no call list {which!r}", remedy=f"one of {', '.join(lists.rows)}")
        self.go_idle()
        self.press(*lists.open)
        begins = lists.rows[which]
        shown = f"a list menu with a row {' or '.join(begins)}"
        display = self.expect_shown(lambda d: any(begins_with(row, begins) for row in d.rows), shown)
        display = mark(self, display, begins, lists.down, lists.longest)
        self.press(lists.choose)
        opened = self.next_display(display)
        told = {"kind": "list", "handset": self.number, "value": opened.text, "which": which}
        steps.publish("handset", f"handset {self.number}: the list of {which} calls", shown=told)
        return opened

    # small parts

    def _publish(self, display: Display, verb: str) -> None:
        picture = svg(display, f"Handset {self.number}")
        shown = {"kind": "display", "handset": self.number, "value": display.text}
        steps.publish("handset", f"handset {self.number} {verb} {display}", picture=picture, shown=shown)

    def _look(self, matches: Callable[[Display], bool], within: float) -> Display:
        """Read the display now and after each DISP event until it matches; the last one read when time is over."""
        deadline = Deadline(within)
        while True:
            mark = len(self.dongle.events)
            display = self.display()
            if matches(display) or deadline.expired:
                return display
            self.await_change(("DISP",), mark, deadline.left)

    def next_display(self, display: Display) -> Display:
        """The display once it is another one, or as it is when time is over."""
        return self._look(lambda seen: seen != display, self.limits.display)

    def await_change(self, kinds: tuple[str, ...], mark: int, within: float) -> None:
        """Wait for an event of this handset; the end of the time is no error here, as the caller looks again."""
        try:
            self.dongle.events.wait_for(
                lambda e: e.kind in kinds and e.handset == self.number, what=kinds[0], within=within, since=mark
            )
        except WaitExpired:
            return

    def broken(self, claim: str, expected: str, seen: str) -> NoReturn:
        """A product failure of this handset, with its last events."""
        before = " · ".join(str(event) for event in self._last_events())
        raise ProductFailure(Expectation(claim=claim, expected=expected, seen=seen, before=before))

    def _last_events(self) -> list[DongleEvent]:
        return [event for event in self.dongle.events.snapshot() if event.handset == self.number][-4:]


def _idle(display: Display) -> bool:
    return any(display.has(text) for text in menus().idle.texts)
