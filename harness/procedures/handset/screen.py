"""What a handset shows when nothing is going on, or when digits are pressed; nothing here presses a key."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from harness.handset.menus import menus
from harness.procedures.clock_face import CLOCK
from harness.procedures.texts import texts

if TYPE_CHECKING:
    from harness.handset.driver import Handset
    from harness.procedures.context import TestContext


class IdleScreen:
    """The display of a handset."""

    def __init__(self, context: TestContext, handset: Handset) -> None:
        self._context = context
        self._handset = handset

    def is_idle(self) -> None:
        """On hook, nothing going on."""
        self._handset.expect_idle()

    def shows_name_and_clock(self) -> None:
        """The idle screen has the handset's name, a clock and the key labels (facts §5)."""
        display = self._handset.display()
        name = menus().idle.name.format(number=self._handset.number)
        if not display.has(name):
            self._context.broken("name on the idle screen", name, display)
        if not CLOCK.search(display.text):
            self._context.broken("clock on the idle screen", "a time H:MM", display.text)
        if not any(display.has(text) for text in menus().idle.texts):
            self._context.broken("keys of the idle screen", " or ".join(menus().idle.texts), display.text)

    def shows_number(self, number: str) -> None:
        """The number stands on the display as it is, with no digit more before or behind it."""
        whole = re.compile(rf"(?<![\w*#+]){re.escape(number)}(?![\w*#])")
        self._handset.expect_shown(
            lambda display: whole.search(display.text) is not None, f"{number} and no digit more"
        )

    def tells_of_missed_calls(self, count: int) -> None:
        """The idle screen tells of missed calls; where it counts them, the number is right."""
        display = self._handset.expect_shown(
            lambda d: any(d.has(text) for text in texts("missed")), " or ".join(texts("missed"))
        )
        line = next(row.text for row in display.rows if any(t.lower() in row.text.lower() for t in texts("missed")))
        counted = [word for word in line.split() if word.isdigit()]
        if counted and counted != [str(count)]:
            self._context.broken("missed calls on the idle screen", count, line)

    def tells_of_no_missed_call(self) -> None:
        """The idle screen has no word of missed calls."""
        display = self._handset.expect_idle()
        if any(display.has(text) for text in texts("missed")):
            self._context.broken("missed calls that were looked at are not new any more", "an idle screen", display)
