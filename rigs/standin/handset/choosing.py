"""A screen with something to choose."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rigs.standin.handset.data import constant, text
from rigs.standin.handset.display import Row, screen

if TYPE_CHECKING:
    from rigs.standin.handset.handset import Handset


class Choice:
    """A titled column of lines with one marked; UP and DOWN move, OK and the left soft key choose."""

    def __init__(self, handset: Handset, title: str, left: str, right: str) -> None:
        self._handset = handset
        self._title = title
        self._soft = (left, right)
        self._at = 0

    def lines(self) -> list[str]:
        """What there is to choose from."""
        raise NotImplementedError

    def choose(self, at: int) -> None:
        """The marked line was chosen."""
        raise NotImplementedError

    def rows(self) -> list[Row]:
        lines = self.lines()
        if not lines:
            return screen([self._title, text("lists.empty")], "", text("soft.back"))
        self._at = min(self._at, len(lines) - 1)
        shown = constant("names_on_screen")
        first = max(0, min(self._at - shown + 1, len(lines) - shown)) if self._at >= shown else 0
        marked = [Row(line, inverse=at == self._at) for at, line in enumerate(lines)][first : first + shown]
        return screen([self._title, *marked], *self._soft)

    def press(self, key: str) -> None:
        count = len(self.lines())
        if key in {"UP", "DOWN"} and count:
            self._at = (self._at + (1 if key == "DOWN" else -1)) % count
        elif key in {"OK", "SOFT1", "RIGHT"} and count:
            self.choose(self._at)
        else:
            leave(self._handset, key)


def leave(handset: Handset, key: str) -> None:
    """The keys that lead out of a screen of the menu; others are wrong there."""
    if key in {"SOFT2", "LEFT"}:
        handset.back()
    elif key == "ONHOOK":
        handset.home()
    else:
        handset.events.beep("ERROR")
