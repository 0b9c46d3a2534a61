"""The screens with something to choose: call lists and their entries, the menu."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rigs.standin.handset.clock import stamp
from rigs.standin.handset.data import figure, text
from rigs.standin.handset.display import Row, screen
from rigs.standin.handset.lists import KINDS, Kind
from rigs.standin.handset.registering import Registering
from rigs.standin.handset.strategies import RedialStrategy

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
        shown = figure("names_on_screen")
        first = max(0, min(self._at - shown + 1, len(lines) - shown)) if self._at >= shown else 0
        marked = [Row(line, inverse=at == self._at) for at, line in enumerate(lines)][first : first + shown]
        return screen([self._title, *marked], *self._soft)

    def press(self, key: str) -> None:
        count = len(self.lines())
        if key in {"UP", "DOWN"} and count:
            self._at = (self._at + (1 if key == "DOWN" else -1)) % count
        elif key in {"OK", "SOFT1", "RIGHT"} and count:
            self.choose(self._at)
        elif key in {"SOFT2", "LEFT"}:
            self._handset.back()
        elif key == "ONHOOK":
            self._handset.home()
        else:
            self._handset.events.beep("ERROR")


class ListMenu(Choice):
    """CHist: which of the three lists."""

    def __init__(self, handset: Handset) -> None:
        super().__init__(handset, text("lists.title"), text("soft.select"), text("soft.back"))

    def lines(self) -> list[str]:
        counts = {kind: len(self._handset.lists.entries(kind)) for kind in KINDS}
        return [f"{text(f'lists.{kind}')} ({counts[kind]})" for kind in KINDS]

    def choose(self, at: int) -> None:
        self._handset.open(CallList(self._handset, KINDS[at]))


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


class Menu(Choice):
    """What can be switched at the handset: do not disturb, the ringer, the registration."""

    def __init__(self, handset: Handset) -> None:
        super().__init__(handset, text("menu.title"), text("soft.select"), text("soft.back"))

    def lines(self) -> list[str]:
        handset = self._handset
        return [
            f"{text('status.dnd')}: {text('menu.on' if handset.dnd else 'menu.off')}",
            f"{text('volume.ringer')}: {handset.ringer_volume}",
            text("lists.title"),
            text("register.title"),
        ]

    def choose(self, at: int) -> None:
        handset = self._handset
        (handset.toggle_dnd, self._louder, self._lists, self._register)[at]()

    def _louder(self) -> None:
        handset = self._handset
        handset.turn_ringer(1 if handset.ringer_volume < figure("ringer_volumes") else -handset.ringer_volume)

    def _lists(self) -> None:
        self._handset.open(ListMenu(self._handset))

    def _register(self) -> None:
        self._handset.open(Registering(self._handset))
