"""The screens of the call lists and of their entries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rigs.standin.handset.choosing import Choice
from rigs.standin.handset.data import text
from rigs.standin.handset.dates import stamp
from rigs.standin.handset.display import Row, screen
from rigs.standin.handset.lists import Kind
from rigs.standin.handset.strategies import RedialStrategy

if TYPE_CHECKING:
    from rigs.standin.handset.handset import Handset


class CallList(Choice):
    """One list, newest first; OFFHOOK dials the marked entry, OK shows it whole."""

    def __init__(self, handset: Handset, kind: Kind) -> None:
        super().__init__(handset, text(f"lists.{kind}"), text("soft.select"), text("soft.back"))
        self._kind = kind
        if kind == "missed":
            handset.lists.seen()

    def lines(self) -> list[str]:
        entries = self._handset.lists.entries(self._kind)
        return [entry.title + (f" ({entry.count})" if entry.count > 1 else "") for entry in entries]

    def choose(self, at: int) -> None:
        self._handset.open(ListEntry(self._handset, self._kind, at))

    def press(self, key: str) -> None:
        entries = self._handset.lists.entries(self._kind)
        if key in {"OFFHOOK", "SPEAKER"} and entries:
            self._handset.place_call(self._handset.strategies.get(RedialStrategy).number(entries, self._at))
        else:
            super().press(key)


class ListEntry:
    """One entry of a list: name, number, time; OFFHOOK dials it, the left soft key deletes it."""

    def __init__(self, handset: Handset, kind: Kind, at: int) -> None:
        self._handset = handset
        self._kind = kind
        self._at = at

    def rows(self) -> list[Row]:
        entry = self._handset.lists.entries(self._kind)[self._at]
        lines: list[str | Row] = [text("lists.entry"), entry.name or entry.number, entry.number, stamp(entry.at)]
        return screen(lines, text("soft.options"), text("soft.back"))

    def press(self, key: str) -> None:
        handset = self._handset
        if key in {"OFFHOOK", "SPEAKER", "OK"}:
            entries = handset.lists.entries(self._kind)
            handset.place_call(handset.strategies.get(RedialStrategy).number(entries, self._at))
        elif key == "SOFT1":
            handset.lists.remove(self._kind, self._at)
            handset.back()
        elif key in {"SOFT2", "LEFT"}:
            handset.back()
        elif key == "ONHOOK":
            handset.home()
