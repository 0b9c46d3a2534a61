"""The way through a handset's menu: rows are found by how they begin, and chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.handset.menus import menus

if TYPE_CHECKING:
    from harness.handset.display import Display, Row
    from harness.handset.screen import Keypad


class MenuWalk:
    """The menu of one handset. A row that is not there is a product failure."""

    def __init__(self, keypad: Keypad) -> None:
        self._keypad = keypad

    def open(self) -> Display:
        """The menu, from the idle screen."""
        self._keypad.go_idle()
        display = self._keypad.display()
        self._keypad.press(*menus().menu.open)
        return self._keypad.next_display(display)

    def choose(self, *rows: str) -> Display:
        """From the idle screen through the menu: of each part of it the row that begins so is chosen.

        Returns what the display shows then, or still shows where the last row only switches something.
        """
        display = self.open()
        for row in rows:
            display = self.mark(row, display)
            self._keypad.press(menus().menu.choose)
            display = self._keypad.next_display(display)
        return display

    def mark(self, row: str, display: Display | None = None) -> Display:
        """In a part of the menu the row that begins so is gone to, and not chosen; `display` is what is shown now."""
        menu = menus().menu
        return mark(self._keypad, display or self._keypad.display(), (row,), menu.down, menu.longest)

    def listed(self, display: Display, most: int) -> list[str]:
        """The rows that can be chosen from a display on, in order, until the first comes again; `most` at most."""
        found: list[str] = []
        while len(found) < most and display.marked is not None and display.marked.text.strip() not in found:
            found.append(display.marked.text.strip())
            self._keypad.press(menus().menu.down)
            display = self._keypad.next_display(display)
        return found


def mark(keypad: Keypad, display: Display, begins: tuple[str, ...], down: str, longest: int) -> Display:
    """Go down from a display to the row that begins with one of these words; returns the display with it marked."""
    for _ in range(longest):
        if display.marked is not None and begins_with(display.marked, begins):
            break
        keypad.press(down)
        display = keypad.next_display(display)
    else:
        row = f"a row {' or '.join(begins)}"
        keypad.broken(f"{row} of the menu can be chosen", row, str(display))
    return display


def begins_with(row: Row, words: tuple[str, ...]) -> bool:
    """Whether a row begins with one of these words, in upper or lower case."""
    return any(row.text.strip().lower().startswith(word.lower()) for word in words)
