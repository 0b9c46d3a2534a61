"""The language of a handset's menus: chosen on a page of the base, read off the display."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from harness.core import clock
from harness.handset.languages import languages
from harness.handset.menus import menus
from harness.procedures.clock_face import MINUTE

if TYPE_CHECKING:
    from harness.handset.display import Display
    from harness.handset.driver import Handset
    from harness.procedures.context import TestContext

SETTING = "language"


class Language:
    """What one handset says; the setting is as before after the test."""

    def __init__(self, context: TestContext, handset: Handset) -> None:
        self._context = context
        self._handset = handset
        self._code = ""
        self._english: list[list[str]] = []

    # acts

    def read_menus(self) -> None:
        """The rows of the menus are read as they are in English."""
        self._english = [self._rows(part) for part in languages().menus]

    def choose(self, code: str) -> None:
        """The language is chosen on the page: two letters, or nothing for English."""
        self._context.base.change(SETTING, code)
        self._code = code

    # what is expected

    def expect_menus(self) -> None:
        """Each row that was read in English is there in the language, at its place, and fits into the display.

        Required: `read_menus` before the language was chosen.
        """
        for part, english in zip(languages().menus, self._english, strict=True):
            expected = [self.word(row) for row in english]
            rows = self._rows(tuple(self.word(row) for row in part))
            for place, row in enumerate(expected):
                seen = rows[place] if place < len(rows) else "no row"
                self._fits_in_a_row(seen)
                if not seen.startswith(row):
                    self._context.broken(f"a row of the menu is in the language {self._code or 'English'}", row, seen)

    def expect_shown(self, english: str) -> None:
        """The display says in the language what these words are in English."""
        display = self._handset.expect_display(self.word(english))
        self._fits(display)

    def expect_date(self) -> None:
        """Weekday and month of the idle screen are those of the language."""
        zone = int(self._context.setting("gmt_offset") or 0)
        days, months = languages().days[self._code], languages().months[self._code]

        def is_of_today(display: Display) -> bool:
            for moved in (-MINUTE, MINUTE):
                then = time.gmtime(clock.now() + zone + moved)
                day, month = days[then.tm_wday], months[then.tm_mon - 1]
                if any(day in row.text and month in row.text and str(then.tm_mday) in row.text for row in display.rows):
                    return True
            return False

        self._handset.go_idle()
        now = time.gmtime(clock.now() + zone)
        wanted = f"{days[now.tm_wday]}, {now.tm_mday} and {months[now.tm_mon - 1]}"
        self._fits(self._handset.expect_shown(is_of_today, wanted, within=self._context.answer))

    # small parts

    def word(self, english: str) -> str:
        """The words of the language for a row, without what changes in it; English words as they are."""
        begins = english.partition(":")[0].partition(" (")[0].strip()
        known = languages().words.get(self._code, {})
        if self._code and begins not in known:
            self._context.missing(f"a word for {begins!r} in languages.yaml", "none")
        return known.get(begins, begins)

    def _rows(self, part: tuple[str, ...]) -> list[str]:
        """The rows of a part of the menu, from the first to the last."""
        display = self._handset.menu.choose(*part)
        self._fits(display)
        found = self._handset.menu.listed(display, menus().menu.longest)
        self._fits(self._handset.display())
        self._handset.go_idle()
        return found

    def _fits(self, display: Display) -> None:
        for row in display.rows:
            self._fits_in_a_row(row.text)

    def _fits_in_a_row(self, shown: str) -> None:
        if len(shown) > languages().columns:
            claim = "each text fits into a row of the display"
            self._context.broken(claim, f"at most {languages().columns} characters", f"{shown!r}")
