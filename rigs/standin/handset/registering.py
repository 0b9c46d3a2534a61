"""The screen on which a user registers the handset."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rigs.standin.handset.data import text
from rigs.standin.handset.display import Row, screen

if TYPE_CHECKING:
    from rigs.standin.handset.handset import Handset

DIGITS = frozenset("0123456789*#")


class Registering:
    """Entry of the base's PIN, then the search; how it went is a notice."""

    def __init__(self, handset: Handset) -> None:
        self._handset = handset
        self._pin = ""

    def rows(self) -> list[Row]:
        title = text("register.title")
        if self._handset.part.searching:
            return screen([title, text("register.searching")], "", text("soft.back"))
        return screen([title, text("register.pin"), "*" * len(self._pin)], text("soft.ok"), text("soft.clear"))

    def press(self, key: str) -> None:
        handset = self._handset
        if handset.part.searching or key == "ONHOOK":
            handset.home()
        elif key in DIGITS:
            self._pin += key
        elif key in {"SOFT2", "LEFT"}:
            if not self._pin:
                handset.back()
            self._pin = self._pin[:-1]
        elif key in {"OK", "SOFT1"} and self._pin:
            handset.part.subscribe(self._pin)
