"""The screens that are no call and no menu: idle, dialling, notices.

A screen says what it shows and what a key does; the handset keeps them on a stack and redraws after each key.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from rigs.standin.air.portable_part import LinkState
from rigs.standin.handset.data import constant, letters, text
from rigs.standin.handset.display import Row, screen, wrapped
from rigs.standin.handset.letters import Letters
from rigs.standin.handset.menu_tree import Menu, tree
from rigs.standin.handset.registering import DIGITS, Registering
from rigs.standin.handset.strategies import ClockFaceStrategy, DiallingStrategy

if TYPE_CHECKING:
    from rigs.standin.handset.handset import Handset


class Screen(Protocol):
    """One picture and its keys."""

    def rows(self) -> list[Row]: ...

    def press(self, key: str) -> None: ...


class Idle:
    """Brand, name, time, date, what is the matter and what was missed (facts 5)."""

    def __init__(self, handset: Handset) -> None:
        self._handset = handset

    def rows(self) -> list[Row]:
        handset = self._handset
        time, date = handset.clock.face(handset.strategies.get(ClockFaceStrategy))
        registered = handset.part.state is not LinkState.UNREGISTERED
        return screen(
            [
                text("idle.brand"),
                handset.name,
                time,
                date,
                self._status(),
                self._events(),
            ],
            text("idle.lists"),
            text("idle.menu" if registered else "idle.register"),
        )

    def press(self, key: str) -> None:
        handset = self._handset
        if key in DIGITS:
            handset.open(Dialling(handset, key))
        elif key == letters()["switch"]:
            handset.open(Dialling(handset, letters=True))
        elif key in {"OFFHOOK", "SPEAKER"}:
            handset.seize(loud=key == "SPEAKER")
        elif key == "SOFT1":
            handset.open(Menu(handset, tree().find("lists")))
        elif key == "SOFT2" and handset.part.state is LinkState.UNREGISTERED:
            handset.open(Registering(handset))
        elif key in {"OK", "SOFT2"}:
            handset.open(Menu(handset))
        elif key in {"VOLUP", "VOLDOWN"}:
            handset.turn_ringer(1 if key == "VOLUP" else -1)
        elif key == "MESSAGE":
            handset.place_call("", key=key)
        elif key not in {"ONHOOK", "POWER"}:
            handset.events.beep("ERROR")

    def _status(self) -> str:
        handset = self._handset
        if handset.part.state is LinkState.UNREGISTERED:
            return text("status.unregistered")
        if handset.part.state is LinkState.LOST:
            return text("status.lost")
        if handset.keys_locked:
            return text("status.locked")
        if handset.forwarded.to("always"):  # it comes before do not disturb: no call gets here
            return handset.forwarded.line
        return text("status.dnd") if handset.dnd else handset.forwarded.line

    def _events(self) -> str:
        unseen = self._handset.lists.unseen
        if unseen:
            return text("events.missed_one" if unseen == 1 else "events.missed_many", count=unseen)
        messages = self._handset.messages
        return text("events.messages", count=messages) if messages else ""


class Dialling:
    """A number on its way in: with the hook down it waits for OFFHOOK, with the line seized for a pause."""

    def __init__(self, handset: Handset, number: str = "", *, letters: bool = False) -> None:
        self._handset = handset
        self.number = handset.strategies.get(DiallingStrategy).append("", number) if number else ""
        self._letters = Letters(on=letters)

    def rows(self) -> list[Row]:
        title = text("dial.letters" if self._letters.on else "dial.title")
        return screen([title, *wrapped(self.number)], text("soft.dial"), text("soft.clear"))

    def press(self, key: str) -> None:
        handset = self._handset
        if key in DIGITS and len(self.number) < constant("dialled_digits"):
            self.number = self._with(key)
            handset.digit_dialled()
        elif key == letters()["switch"]:
            self._letters.switch()
        elif key == letters()["next"]:
            self._letters.end_letter()
        elif key in {"OFFHOOK", "SPEAKER", "OK", "SOFT1"} and self.number:
            handset.place_call(self.number)
        elif key in {"SOFT2", "LEFT"} and self.number:
            self._letters.end_letter()
            self.number = handset.strategies.get(DiallingStrategy).erase(self.number)
            if not self.number and not handset.seized:
                handset.home()
        elif key in {"ONHOOK", "SOFT2"}:
            handset.home()

    def _with(self, key: str) -> str:
        """The number with one more key."""
        if self._letters.on:
            return self._letters.typed(self.number, key)
        return self._handset.strategies.get(DiallingStrategy).append(self.number, key)


class Notice:
    """A text that goes away by itself or with a key; a digit begins a number at once."""

    def __init__(self, handset: Handset, lines: list[str]) -> None:
        self._handset = handset
        self._lines = lines

    def rows(self) -> list[Row]:
        return screen(list(self._lines))

    def press(self, key: str) -> None:
        self._handset.home()
        if key in DIGITS or key in {"OFFHOOK", "SPEAKER"}:
            self._handset.screen.press(key)
