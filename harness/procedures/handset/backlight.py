"""The backlight of a handset's keypad."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.core import clock
from harness.handset.menus import menus

if TYPE_CHECKING:
    from harness.handset.driver import Handset
    from harness.procedures.context import TestContext


class Backlight:
    """The lamp as the dongle tells of it."""

    def __init__(self, context: TestContext, handset: Handset) -> None:
        self._context = context
        self._handset = handset
        self._pressed_at = 0.0

    def press_a_key(self) -> None:
        """A key is pressed on the idle screen."""
        self._pressed_at = clock.now()
        self._handset.press(menus().ringer.louder)

    def leave_alone(self) -> None:
        """The handset is brought to its idle screen; NotApplicable where the dongle tells of no lamps."""
        self._handset.go_idle()
        self._handset.dongle.need("SUBSCRIBE", self._handset.number)

    def expect_on(self) -> None:
        """The key has switched the backlight on."""
        self._handset.expect_lamp(menus().lamps.backlight, on=True, within=self._context.answer, since=self._pressed_at)

    def expect_out(self) -> None:
        """Left alone, the backlight goes out."""
        self._handset.expect_lamp(menus().lamps.backlight, on=False, within=menus().lamps.dark, since=clock.now())
