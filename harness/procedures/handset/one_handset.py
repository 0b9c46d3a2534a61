"""One handset of a rig: its keys and what they do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.handset.menus import menus
from harness.procedures.handset.backlight import Backlight
from harness.procedures.handset.battery import Battery
from harness.procedures.handset.clock import HandsetClock
from harness.procedures.handset.languages import Language
from harness.procedures.handset.lists import CallLists
from harness.procedures.handset.screen import IdleScreen
from harness.procedures.handset.volume import Ringer, Volume

if TYPE_CHECKING:
    from harness.procedures.context import TestContext


class OneHandset:
    """The keys of a handset; this is the only place that joins what is looked at beside them."""

    def __init__(self, context: TestContext, number: int = 1) -> None:
        self._context = context
        self._driver = driver = context.handset(number)
        self.screen = IdleScreen(context, driver)
        self.clock = HandsetClock(context, driver)
        self.lists = CallLists(context, driver)
        self.volume = Volume(context, driver)
        self.ringer = Ringer(context, driver)
        self.backlight = Backlight(context, driver)
        self.battery = Battery(context, driver)
        self.language = Language(context, driver)

    def go_idle(self) -> None:
        """Keys bring the handset back to its idle screen from any screen."""
        self._driver.go_idle()

    def press_digits(self, digits: str) -> None:
        """Digit keys on hook, from the idle screen."""
        self._driver.go_idle()
        self._driver.press(*digits)

    def take_back_a_digit(self) -> None:
        """The key that erases the last digit."""
        self._driver.press(menus().dialling.erase)

    def take_battery_out_and_put_it_back(self, percent: int | None = None) -> None:
        """Off and on; with `percent` the battery that is put in has this level."""
        self._context.addfinalizer(lambda: self._driver.power(True))
        self._driver.power(False)
        if percent is not None:
            self.battery.set_level(percent)
        self._driver.power(True)

    def switch_off(self) -> None:
        """The key that switches it off is held: the base is told. It is on again when the test ends, at the latest."""
        self._context.addfinalizer(lambda: self._driver.power(True))
        self._context.did("handset-off", at=self._context.wire.mark(), handset=self._driver.number, by="key")
        self._driver.press(menus().power.key, hold_ms=menus().power.held)

    def switch_on(self) -> None:
        """On again."""
        self._driver.power(True)

    def expect_locked(self) -> None:
        """The handset, which was off, is on the air again."""
        if not self._driver.link.expect_state("LOCKED", within=self._context.rig.timing.subscribe):
            self._context.broken("a handset that was off locks again", "LOCKED", self._driver.link.state())
