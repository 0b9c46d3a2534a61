"""Faults of what is kept over restarts and power cuts."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

from rigs.standin.air.strategies import BondStrategy
from rigs.standin.base.flash import Flash, FlashStrategy
from rigs.standin.base.settings import Settings


class LockLostOnPowerCut(FlashStrategy):
    """A setting locked by perm R can be changed on the pages after a restart, until its file is fetched again."""

    feature = "perm-flags"

    def write(self, path: Path, content: bytes) -> None:
        if path.name == Settings.FILE:
            open_to_all = {key: [value, "RW"] for key, (value, _) in json.loads(content).items()}
            content = json.dumps(open_to_all, ensure_ascii=False).encode()
        super().write(path, content)


class StoredALittleLater(FlashStrategy):
    """What was saved within three seconds before a power cut is lost, although the page said saved."""

    feature = "settings-persistence"
    SECONDS = 3.0

    def __init__(self) -> None:
        self._waiting: bytes | None = None

    def write(self, path: Path, content: bytes) -> None:
        if path.name != Settings.FILE:
            super().write(path, content)
            return
        if self._waiting is None:
            asyncio.get_running_loop().call_later(self.SECONDS, self._flush, path)
        self._waiting = content

    def _flush(self, path: Path) -> None:
        content, self._waiting = self._waiting, None
        if content is not None:
            super().write(path, content)


class DeletedHandsetComesBack(BondStrategy):
    """A handset that was deleted, or that left, is in the base's table again after a restart."""

    feature = "dect-page"

    def store(self, flash: Flash, bonds: dict[str, Any]) -> None:
        super().store(flash, {**self.load(flash), **bonds})


class NumbersCloseUpAtRestart(BondStrategy):
    """Where handset 2 of three was deleted, handset 3 is called Handset 2 after a restart."""

    feature = "bond-persistence"

    def load(self, flash: Flash) -> dict[str, Any]:
        rows = sorted(super().load(flash).items(), key=lambda row: int(row[1]["number"]))
        return {ipui: {**bond, "number": number} for number, (ipui, bond) in enumerate(rows, start=1)}
