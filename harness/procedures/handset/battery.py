"""The battery of a handset: the dongle sets its level, the display and the tones tell of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.handset.events import BeepEvent
from harness.handset.menus import menus

if TYPE_CHECKING:
    from harness.handset.display import Display
    from harness.handset.driver import Handset
    from harness.procedures.context import TestContext


class Battery:
    """The battery of one handset; its level is as before after the test."""

    def __init__(self, context: TestContext, handset: Handset) -> None:
        self._context = context
        self._handset = handset
        self._set_at = 0.0
        self._kept = False

    # acts

    def set_level(self, percent: int) -> None:
        """The battery has this level from now on; NotApplicable where the dongle cannot do that."""
        if not self._kept:
            before = self._handset.link.status().battery
            self._handset.dongle.need("BATTERY", self._handset.number)
            self._context.addfinalizer(
                lambda: self._handset.dongle.charge(self._handset.number, 100 if before is None else before)
            )
            self._kept = True
        self._set_at = self._context.wire.mark()
        self._handset.dongle.charge(self._handset.number, percent)

    def run_low(self) -> None:
        """Its level becomes one of which a user is warned."""
        self.set_level(menus().battery.not_warned_at)
        self.set_level(menus().battery.warned_at)

    def recover(self) -> None:
        """Its level becomes one of which no user is warned."""
        self.set_level(menus().battery.not_warned_at)

    # what is expected

    def expect_level(self, percent: int) -> None:
        """The dongle reads this level off the handset, and icon and menu of the handset tell it."""
        self._handset.go_idle()
        self._expect_icon(percent)
        row = menus().battery.row
        display = self._handset.menu.mark(row, self._handset.menu.open())
        if str(percent) not in (display.marked.text if display.marked else "").split():
            self._context.broken("the menu tells the level of the battery", f"{row}: {percent} %", display)
        self._handset.go_idle()
        self._context.same("AT+HS? tells the level of the battery", self._handset.link.status().battery, percent)

    def expect_warning(self, *, shown: bool = True) -> None:
        """A tone, and a word on the display, tell that the battery is low."""
        self._handset.expect_beep(menus().battery.beep, within=self._context.answer, since=self._set_at)
        if shown:
            self._handset.expect_display_any(list(menus().battery.low), within=self._context.display)

    def expect_no_warning(self) -> None:
        """After a fence no tone has come since the level was set, and no word is on the display."""
        self._handset.dongle.fence()
        for event in self._handset.dongle.events.snapshot():
            beeps = isinstance(event, BeepEvent) and event.beep.upper() == menus().battery.beep
            if beeps and event.handset == self._handset.number and event.at >= self._set_at:
                self._handset.broken(
                    "no warning of a battery that is not low", "no BEEP since the level was set", str(event)
                )
        display = self._handset.display()
        if any(display.has(text) for text in menus().battery.low):
            self._context.broken("no warning of a battery that is not low", "nothing of a low battery", display)

    def _expect_icon(self, percent: int) -> None:
        icons = menus().battery.icons
        wanted = [name for name, (least, most) in icons.items() if least <= percent <= most]

        def fits(display: Display) -> bool:
            return [icon for icon in display.icons if icon in icons] == wanted

        self._handset.expect_shown(fits, f"the icon {' or '.join(wanted)} and no other of the battery")
