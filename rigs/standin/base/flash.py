"""The base's flash: what survives a power cut at any moment.

A file is written beside its old self, synced, renamed over it, and the directory synced (power may go between any
two of these). A torn or foreign file counts as an empty flash and is set aside, as a factory-fresh unit boots.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from rigs.standin.core.strategies import Strategy


class FlashStrategy(Strategy):
    """When what was written is there to stay."""

    def write(self, path: Path, content: bytes) -> None:
        """Replaces `path` by `content` so that a reader finds the old or the new text whole."""
        fresh = path.with_name(path.name + ".new")
        with open(fresh, "wb") as handle:
            handle.write(content)
            handle.flush()
            os.fsync(handle.fileno())
        fresh.rename(path)
        directory = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)


class Flash:
    """Named files of the base that outlive it; `folder` belongs to one unit."""

    def __init__(self, folder: Path, strategy: FlashStrategy) -> None:
        self.folder = folder
        self._strategy = strategy
        folder.mkdir(parents=True, exist_ok=True)

    def load(self, name: str) -> dict[str, Any]:
        """The JSON object stored under `name`; empty if never written or not whole."""
        path = self.folder / name
        try:
            stored = json.loads(path.read_bytes())
        except FileNotFoundError:
            return {}
        except (ValueError, RecursionError):
            path.replace(path.with_name(name + ".torn"))
            return {}
        return stored if isinstance(stored, dict) else {}

    def store(self, name: str, value: dict[str, Any]) -> None:
        """Puts a JSON object under `name`, whole or not at all."""
        self._strategy.write(self.folder / name, json.dumps(value, ensure_ascii=False, indent=1).encode())

    def erase(self) -> None:
        """Back to the factory: every file goes."""
        for path in self.folder.iterdir():
            path.unlink()
