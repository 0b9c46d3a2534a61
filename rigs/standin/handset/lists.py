"""The call lists of a handset: missed, received, dialed; newest first, kept over power off."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from rigs.standin.core.strategies import Strategies, Strategy
from rigs.standin.handset.data import constant
from rigs.standin.handset.memory import Memory

Kind = Literal["missed", "received", "dialed"]
KINDS: tuple[Kind, ...] = ("missed", "received", "dialed")


@dataclass(frozen=True)
class Entry:
    """One number in a list; `at` is the handset's clock (None: not set), `count` calls in a row."""

    number: str
    name: str = ""
    at: float | None = None
    count: int = 1

    @property
    def title(self) -> str:
        """What a list shows: the name, else the number."""
        return self.name or self.number


class ListKeepingStrategy(Strategy):
    """How a call list is kept."""

    def loaded(self, stored: dict[str, Any]) -> dict[str, Any]:
        """What is left of the lists after the battery was out: all."""
        return stored

    def placed(self, entries: list[Entry], entry: Entry) -> list[Entry]:
        """A new entry is on top."""
        return [entry, *entries]

    def unseen(self, unseen: int) -> int:
        """How many missed calls are new once the list was looked at."""
        return 0


class CallLists:
    """The three lists and the number of missed calls that the user has not seen."""

    def __init__(self, memory: Memory, strategies: Strategies) -> None:
        self._memory = memory
        self._strategies = strategies
        self.unseen: int = memory.values.get("unseen", 0)
        self.load()

    def load(self) -> None:
        """Takes the lists from the memory, as a handset does when its battery comes back."""
        stored = self._rule().loaded(self._memory.values.get("lists", {}))
        self._lists: dict[str, list[Entry]] = {kind: [Entry(**row) for row in stored.get(kind, [])] for kind in KINDS}

    def _rule(self) -> ListKeepingStrategy:
        return self._strategies.get(ListKeepingStrategy)

    def entries(self, kind: Kind) -> list[Entry]:
        """A list, newest first."""
        return list(self._lists[kind])

    def add(self, kind: Kind, entry: Entry) -> None:
        """Puts an entry on top; the same number again in a row counts up."""
        entries = self._lists[kind]
        if entries and entries[0].number == entry.number:
            entry = replace(entry, count=entries.pop(0).count + 1)
        self._lists[kind] = self._rule().placed(entries, entry)[: constant("list_entries")]
        if kind == "missed":
            self.unseen += 1
        self._save()

    def remove(self, kind: Kind, at: int) -> None:
        """Deletes one entry."""
        del self._lists[kind][at]
        self._save()

    def seen(self) -> None:
        """The missed calls have been looked at."""
        if self.unseen:
            self.unseen = self._rule().unseen(self.unseen)
            self._save()

    def _save(self) -> None:
        self._memory.values["lists"] = {kind: [asdict(entry) for entry in self._lists[kind]] for kind in KINDS}
        self._memory.values["unseen"] = self.unseen
        self._memory.save()
