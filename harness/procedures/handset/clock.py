"""Clock and date of a handset, which are those of the network and of the time zone that was set."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from harness.core import clock
from harness.handset.menus import menus
from harness.procedures.clock_face import FARTHEST, MINUTE, clock_in, shows_time, zone_with

if TYPE_CHECKING:
    from harness.handset.driver import Handset
    from harness.procedures.context import TestContext


class HandsetClock:
    """The clock on the display of a handset."""

    def __init__(self, context: TestContext, handset: Handset) -> None:
        self._context = context
        self._handset = handset

    def zone_at(self, hour: int, *, ahead: bool) -> int:
        """The offset of a zone, ahead of Greenwich or behind, where it is about this hour now."""
        return zone_with(clock.now(), hour, ahead)

    def zone_on_another_day(self, *, ahead: bool) -> int:
        """The offset of a zone where today is tomorrow already, or still yesterday, as far as there is one."""
        return FARTHEST if ahead else -FARTHEST

    def expect_network_time(self, offset: int | None = None) -> None:
        """The clock shows the time that NTP gives, moved by the zone's seconds, give or take a minute."""
        moved = self._offset(offset)
        now = time.strftime("%H:%M", time.gmtime(clock.now() + moved))
        self._handset.expect_shown(
            lambda display: shows_time(display.text, clock.now() + moved),
            f"the network's time, {now} give or take a minute",
            within=self._context.answer,
        )

    def expect_to_run(self) -> None:
        """At the latest with the next minute the clock shows another time, and still the network's."""
        before = clock_in(self._handset.display().text)
        self._handset.expect_shown(
            lambda display: clock_in(display.text) != before, f"another time than {before}", within=MINUTE + 5
        )
        self.expect_network_time()

    def expect_network_date(self, offset: int | None = None) -> None:
        """Weekday, day and month are those of the network's time, moved by the zone's seconds."""
        moved = self._offset(offset)

        def days() -> list[str]:
            return [time.strftime(menus().idle.date, time.gmtime(clock.now() + moved + s)) for s in (-MINUTE, MINUTE)]

        self._handset.expect_shown(
            lambda display: any(display.has(day) for day in days()), days()[-1], within=self._context.answer
        )

    def _offset(self, given: int | None) -> int:
        return int(self._context.setting("gmt_offset") or 0) if given is None else given
