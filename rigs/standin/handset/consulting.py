"""A second call while the first one is on hold: its number is typed on a screen before that of the held call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rigs.standin.handset.calls import HandsetCall
from rigs.standin.handset.data import constant, text
from rigs.standin.handset.display import Row, screen, wrapped
from rigs.standin.handset.strategies import DiallingStrategy

if TYPE_CHECKING:
    from rigs.standin.handset.phone import Phone

CALLS = frozenset({"OFFHOOK", "SPEAKER", "OK", "SOFT1"})
DIGITS = frozenset("0123456789*#")


class SecondNumber:
    """The number of a second call [inferred: a digit opens this screen, OFFHOOK calls]."""

    def __init__(self, phone: Phone, call: HandsetCall, digit: str) -> None:
        self._phone = phone
        self.call = call
        self.number = self._digits.append("", digit)

    @property
    def _digits(self) -> DiallingStrategy:
        return self._phone.handset.strategies.get(DiallingStrategy)

    def rows(self) -> list[Row]:
        """The screen."""
        held = text("call.other_held", who=self.call.who)
        lines = [*wrapped(self.number), "", ""][:3]
        return screen([text("dial.title"), *lines, held], text("soft.dial"), text("soft.clear"))

    def press(self, key: str) -> None:
        """A key while it is in front."""
        if key in DIGITS and len(self.number) < constant("dialled_digits"):
            self.number = self._digits.append(self.number, key)
        elif key in CALLS:
            self._phone.entry = None
            self._phone.place(self.number)
        elif key in {"SOFT2", "LEFT"}:
            self.number = self._digits.erase(self.number)
            if not self.number:
                self._phone.entry = None
        elif key == "ONHOOK":
            self._phone.entry = None
        else:
            self._phone.handset.events.beep("ERROR")

    def held(self) -> None:
        """The call is on hold already."""


def may_begin(phone: Phone, call: HandsetCall, key: str) -> bool:
    """Whether a key begins the number of a second call: there is one call only, and it is on hold."""
    return key in DIGITS and call.held and phone.calls == [call]
