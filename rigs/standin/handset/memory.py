"""The handset's own flash: bonds, call lists, volumes, lock; a file in the run directory that outlives its battery."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any


class Memory:
    """One JSON object; `save` replaces the file whole. A torn file counts as a new handset."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            stored = json.loads(path.read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            stored = {}
        self.values: dict[str, Any] = stored if isinstance(stored, dict) else {}

    def save(self) -> None:
        """Writes everything: a new file, synced, renamed over the old one."""
        fresh = self._path.with_suffix(".new")
        with fresh.open("w", encoding="utf-8") as out:
            json.dump(self.values, out, ensure_ascii=False)
            out.flush()
            os.fsync(out.fileno())
        fresh.replace(self._path)
