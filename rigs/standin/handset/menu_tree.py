"""menu.yaml as a tree of screens: what the entries show, and what they do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from rigs.standin.air import protocol as air
from rigs.standin.handset import feeds, forwarding
from rigs.standin.handset.choosing import Choice
from rigs.standin.handset.data import constant, text
from rigs.standin.handset.directory import Asking
from rigs.standin.handset.list_screens import CallList
from rigs.standin.handset.lists import KINDS, Kind
from rigs.standin.handset.registering import Registering

if TYPE_CHECKING:
    from rigs.standin.handset.handset import Handset


def ringer_up(handset: Handset) -> None:
    """One step louder, silent after the loudest."""
    handset.turn_ringer(1 if handset.ringer_volume < constant("ringer_volumes") else -handset.ringer_volume)


def next_line(handset: Handset) -> None:
    """Asks the base to call by the handset's next line."""
    handset.part.send(air.Facility(handset.part.ipui, "line", True))


def _open_list(kind: Kind, handset: Handset) -> None:
    handset.open(CallList(handset, kind))


def _count(kind: Kind, handset: Handset) -> str:
    return str(len(handset.lists.entries(kind)))


ACTS: dict[str, Callable[[Handset], None]] = {
    "toggle_dnd": lambda handset: handset.toggle_dnd(),
    "ringer_up": ringer_up,
    "missed_calls": partial(_open_list, "missed"),
    "received_calls": partial(_open_list, "received"),
    "dialed_numbers": partial(_open_list, "dialed"),
    "next_line": next_line,
    "toggle_alarm": lambda handset: handset.alarm.switch(),
    "set_alarm": lambda handset: handset.alarm.ask(),
    "look_at_battery": lambda handset: handset.refresh(),
    "directory": lambda handset: handset.open(Asking(handset)),
    "contacts": lambda handset: handset.open(Asking(handset, contacts=True)),
    "feeds": feeds.begin,
    "register": lambda handset: handset.open(Registering(handset)),
    **{f"forward_{case}": partial(forwarding.switch, case) for case in forwarding.CASES},
}
FIGURES: dict[str, Callable[[Handset], str]] = {
    "dnd": lambda handset: text("menu.on" if handset.dnd else "menu.off"),
    "ringer_volume": lambda handset: str(handset.ringer_volume),
    "line": lambda handset: handset.line,
    "alarm": lambda handset: text("menu.on" if handset.alarm.on else "menu.off"),
    "alarm_time": lambda handset: handset.alarm.time,
    "battery": lambda handset: handset.battery.told,
    **{kind: partial(_count, kind) for kind in KINDS},
    **{f"forward_{case}": partial(forwarding.state, case) for case in forwarding.CASES},
}


@dataclass(frozen=True)
class Node:
    """One entry of the menu; with `entries` it opens a screen of its own, else its `act` is done."""

    label: str
    key: str = ""
    state: str = ""
    count: str = ""
    act: str = ""
    entries: tuple[Node, ...] = ()

    def line(self, handset: Handset) -> str:
        """What the entry shows now."""
        shown = text(self.label)
        if self.state:
            return f"{shown}: {FIGURES[self.state](handset)}"
        return f"{shown} ({FIGURES[self.count](handset)})" if self.count else shown

    def choose(self, handset: Handset) -> None:
        """The entry was chosen."""
        if self.entries:
            handset.open(Menu(handset, self))
        else:
            ACTS[self.act](handset)

    def find(self, key: str) -> Node | None:
        """The node of that key, here or below."""
        if self.key == key:
            return self
        return next((found for below in self.entries if (found := below.find(key))), None)


@cache
def tree() -> Node:
    """The whole menu; ValueError for an entry that names no act or figure, or has both an act and entries."""
    with Path(__file__).with_name("menu.yaml").open(encoding="utf-8") as rows:
        return node(yaml.safe_load(rows))


def node(row: dict[str, Any]) -> Node:
    """One entry and all below it."""
    made = Node(**{**row, "entries": tuple(node(below) for below in row.get("entries", []))})
    wrong = [name for name in (made.state, made.count) if name and name not in FIGURES]
    if wrong or bool(made.entries) == bool(made.act) or (made.act and made.act not in ACTS):
        raise ValueError(f"menu.yaml: {made.label}: its act or figure is none of menu_tree.py, or it has no way on")
    return made


class Menu(Choice):
    """The entries of one node; without any, those of the whole menu."""

    def __init__(self, handset: Handset, shown: Node | None = None) -> None:
        self._node = shown or tree()
        super().__init__(handset, text(self._node.label), text("soft.select"), text("soft.back"))

    def lines(self) -> list[str]:
        return [entry.line(self._handset) for entry in self._node.entries]

    def choose(self, at: int) -> None:
        self._node.entries[at].choose(self._handset)

    def press(self, key: str) -> None:
        """A digit is the place of an entry."""
        if key.isdigit() and 1 <= int(key) <= len(self._node.entries):
            self.choose(int(key) - 1)
        else:
            super().press(key)
