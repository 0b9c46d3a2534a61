"""The battery of a handset: its level, what is shown of it, and the warning when it is low (levels inferred)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rigs.standin.handset.data import constant, text

if TYPE_CHECKING:
    from rigs.standin.handset.handset import Handset

BEEP = "BATTERY"


class Battery:
    """The level is what the contacts say; warned of once when it becomes low, and again now and then while it is."""

    def __init__(self, handset: Handset) -> None:
        self._handset = handset
        self.level: int = constant("battery_percent")

    @property
    def low(self) -> bool:
        """Whether it is so low that the user is warned."""
        return bool(self.level <= constant("battery_low_percent"))

    @property
    def told(self) -> str:
        """The level in words."""
        return text("battery.level", percent=self.percent())

    def percent(self) -> int:
        """The level that the user is told."""
        return self.level

    @property
    def icon(self) -> str:
        """The name of the icon for the level."""
        return next(str(name) for name, least in constant("battery_icons").items() if self.level >= least)

    def charge(self, level: int) -> None:
        """The level has changed, in percent."""
        was, self.level = self.low, level
        if self._handset.powered:
            self.look(was=was)

    def look(self, *, was: bool = False) -> None:
        """Warns where the level is low and was not; `was` is whether it has been warned of already."""
        if not self.low:
            self._handset.timers.stop("battery")
        elif not was:
            self.warn()
        self._handset.refresh()

    def warn(self) -> None:
        """A tone and a word on the display, also in a call; then again after a while."""
        handset = self._handset
        handset.events.beep(BEEP)
        handset.show_popup([text("battery.low"), self.told])
        handset.timers.start("battery", constant("battery_warning_s"), self.warn)
