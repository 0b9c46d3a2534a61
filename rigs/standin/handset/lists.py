"""The call lists of a handset: missed, received, dialed; newest first, kept over power off."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Literal

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


class CallLists:
    """The three lists and the number of missed calls that the user has not seen."""

    def __init__(self, memory: Memory) -> None:
        self.memory = memory
        self.unseen: int = memory.values.get("unseen", 0)
        self.load()

    def load(self) -> None:
        """Takes the lists from the memory, as a handset does when its battery comes back."""
        stored = self.memory.values.get("lists", {})
        self._lists: dict[str, list[Entry]] = {kind: [Entry(**row) for row in stored.get(kind, [])] for kind in KINDS}

    def entries(self, kind: Kind) -> list[Entry]:
        """A list, newest first."""
        return list(self._lists[kind])

    def add(self, kind: Kind, entry: Entry) -> None:
        """Puts an entry on top; the same number again in a row counts up."""
        entries = self._lists[kind]
        if entries and entries[0].number == entry.number:
            entry = replace(entry, count=entries.pop(0).count + 1)
        self._lists[kind] = placed(entries, entry)[: constant("list_entries")]
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
            self.unseen = 0
            self._save()

    def _save(self) -> None:
        self.memory.values["lists"] = {kind: [asdict(entry) for entry in self._lists[kind]] for kind in KINDS}
        self.memory.values["unseen"] = self.unseen
        self.memory.save()


def placed(entries: list[Entry], entry: Entry) -> list[Entry]:
    """A list with a new entry, which is on top."""
    return [entry, *entries]
