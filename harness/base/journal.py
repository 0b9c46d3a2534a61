"""The settings journal: the old value of each setting is on disk before the change, so that a crash loses nothing.

Each change is a JSON line, fsynced; a further line marks it as undone. Secret values are never written: the line says
that there was one, and undoing reads it from the rig file again.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.core import clock, steps
from harness.core.errors import RigFault

FILE_NAME = "settings.journal"
VERSION = 1


@dataclass(frozen=True)
class Change:
    """One setting before its change: its value (None if secret or unknown), and the channel that changes it.

    `channel` is web or provisioning; `perm` is its permission by provisioning: with R the web cannot change it.
    """

    name: str
    idx: int = 0
    old: str | None = None
    channel: str = "web"
    perm: str = "RW"
    secret: bool = False
    seq: int = 0

    @property
    def key(self) -> tuple[str, int]:
        """Name and index of the setting."""
        return (self.name, self.idx)

    def __str__(self) -> str:
        where = f"{self.name} idx={self.idx}" if self.idx else self.name
        return f"{where} (was {'secret' if self.secret else repr(self.old)})"


class SettingsJournal:
    """The journal of one lease in its folder; opening it reads the entries of an earlier holder.

    Raises RigFault if a line other than the last is damaged: then the base's old settings are not known.
    """

    def __init__(self, directory: Path) -> None:
        self.path = directory / FILE_NAME
        directory.mkdir(parents=True, exist_ok=True)
        self._pending: list[Change] = read(self.path)
        _cut_torn_end(self.path)
        self._sequence = max((change.seq for change in self._pending), default=0)
        if self.path.exists() and not self._pending:
            self._clear()

    @property
    def pending(self) -> list[Change]:
        """The changes not yet undone, newest first: the order to undo them in."""
        return list(reversed(self._pending))

    def to_undo(self) -> list[Change]:
        """One change for each setting, with its oldest value; the latest is undone first."""
        oldest: dict[tuple[str, int], Change] = {}
        for change in self.pending:
            oldest.pop(change.key, None)
            oldest[change.key] = change
        return list(oldest.values())

    def before(self, change: Change) -> Change:
        """Store a change and its old value; when this returns they are on disk and the change may be made."""
        self._sequence += 1
        kept = Change(
            change.name,
            change.idx,
            None if change.secret else change.old,
            change.channel,
            change.perm,
            change.secret,
            self._sequence,
        )
        self._append({"v": VERSION, "at": clock.now(), "do": "change", **vars(kept)})
        self._pending.append(kept)
        return kept

    def undone(self, changes: Iterable[Change]) -> None:
        """Mark the settings of these changes as restored; the file is removed when no change is left."""
        keys = {change.key for change in changes}
        for change in [known for known in self._pending if known.key in keys]:
            self._append({"v": VERSION, "at": clock.now(), "do": "undone", "seq": change.seq})
            self._pending.remove(change)
        if not self._pending:
            self._clear()

    def undo(self, put_back: Callable[[list[Change]], None]) -> int:
        """Restore all settings through `put_back`, which gets the oldest value of each; returns their number."""
        changes = self.to_undo()
        if changes:
            with steps.step("journal", f"put back {len(changes)} settings: {', '.join(map(str, changes))}"):
                put_back(changes)
                self.undone(changes)
        return len(changes)

    def _append(self, entry: dict[str, Any]) -> None:
        new = not self.path.exists()
        descriptor = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            line = (json.dumps(entry, ensure_ascii=False) + "\n").encode()
            os.write(descriptor, self._mend(descriptor) + line)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        if new:
            _sync_directory(self.path.parent)

    @staticmethod
    def _mend(descriptor: int) -> bytes:
        """Add the line end that a crash left out of a complete last line."""
        size = os.fstat(descriptor).st_size
        return b"\n" if size and os.pread(descriptor, 1, size - 1) != b"\n" else b""

    def _clear(self) -> None:
        self.path.unlink(missing_ok=True)
        _sync_directory(self.path.parent)


def read(path: Path) -> list[Change]:
    """The changes of a journal that were not undone, oldest first; an incomplete last line is ignored, as its change
    had not begun."""
    if not path.exists():
        return []
    pending: dict[int, Change] = {}
    lines = path.read_bytes().split(b"\n")
    for number, line in enumerate(lines, 1):
        entry = _entry(line)
        if entry is None:
            if line and number < len(lines):
                raise RigFault(
                    "settings journal",
                    f"{path} line {number} is damaged",
                    remedy="factory-reset or provision the base by hand, then remove the file",
                )
            continue
        if entry["do"] == "undone":
            pending.pop(entry["seq"], None)
        else:
            fields = {key: entry[key] for key in ("name", "idx", "old", "channel", "perm", "secret", "seq")}
            pending[entry["seq"]] = Change(**fields)
    return list(pending.values())


def _entry(line: bytes) -> dict[str, Any] | None:
    try:
        entry = json.loads(line)
    except ValueError:
        return None
    known = isinstance(entry, dict) and entry.get("do") in ("change", "undone") and isinstance(entry.get("seq"), int)
    return entry if known else None


def _cut_torn_end(path: Path) -> None:
    """Remove an incomplete last line, so that the next entry starts on a new line."""
    if not path.exists():
        return
    data = path.read_bytes()
    end = data.rfind(b"\n") + 1
    if data[end:] and _entry(data[end:]) is None:
        os.truncate(path, end)


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
