"""Call forwarding in the handset: what its menu and idle screen show, and the screens that ask for number and time."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rigs.standin.air import protocol as air
from rigs.standin.handset.choosing import leave
from rigs.standin.handset.data import constant, text
from rigs.standin.handset.display import Row, screen
from rigs.standin.handset.registering import DIGITS

if TYPE_CHECKING:
    from rigs.standin.handset.handset import Handset

CASES = ("always", "busy", "no_answer")
"""In the order of the modes 1, 2, 3 of the base."""


@dataclass(frozen=True)
class Forwarded:
    """What the base told of the handset's identities: `mode` 0 is off."""

    mode: int = 0
    number: str = ""
    seconds: int = 0

    def to(self, case: str) -> str:
        """Where calls go in this case; empty where they do not."""
        return self.number if self.mode == 1 + CASES.index(case) else ""

    @property
    def line(self) -> str:
        """The row of the idle screen; empty when nothing is forwarded."""
        if not 1 <= self.mode <= len(CASES):
            return ""
        line = text(f"status.forward.{CASES[self.mode - 1]}", number=self.number, seconds=self.seconds)
        return line[: constant("columns")]


def state(case: str, handset: Handset) -> str:
    """What the menu shows of a case."""
    return handset.forwarded.to(case) or text("menu.off")


def switch(case: str, handset: Handset) -> None:
    """A case that is on goes off; for another one the number is asked for."""
    if handset.forwarded.to(case):
        ask_base(handset, case, on=False)
        return
    handset.open(Entering(handset, text("forward.number"), lambda number: _number_entered(handset, case, number)))


def _number_entered(handset: Handset, case: str, number: str) -> None:
    handset.back()
    if case != "no_answer":
        ask_base(handset, case, on=True, number=number)
        return

    def timed(seconds: str) -> None:
        handset.back()
        ask_base(handset, case, on=True, number=number, seconds=min(int(seconds), constant("forward_most_s")))

    handset.open(Entering(handset, text("forward.seconds"), timed, digits="0123456789"))


def ask_base(handset: Handset, case: str, *, on: bool, number: str = "", seconds: int = 0) -> None:
    """Asks the base to forward the calls of this handset's identity, or to do so no longer."""
    feature = f"forward-{case.replace('_', '-')}"
    handset.part.send(air.Facility(handset.part.ipui, feature, on, number, seconds))


class Entering:
    """A screen that asks for a number: digits, the right soft key erases, OK and the left soft key take it."""

    def __init__(
        self, handset: Handset, title: str, done: Callable[[str], None], digits: Collection[str] = DIGITS
    ) -> None:
        self._handset = handset
        self._title = title
        self._done = done
        self._digits = digits
        self._entered = ""

    def rows(self) -> list[Row]:
        right = text("soft.clear" if self._entered else "soft.back")
        return screen([self._title, self._entered], text("soft.ok"), right)

    def press(self, key: str) -> None:
        if key in self._digits and len(self._entered) < constant("dialled_digits"):
            self._entered += key
        elif key in {"OK", "SOFT1"} and self._entered:
            self._done(self._entered)
        elif key in {"SOFT2", "LEFT"} and self._entered:
            self._entered = self._entered[:-1]
        else:
            leave(self._handset, key)
