"""Room that a run keeps on its disk, so that its record and the sheet can be written when evidence has filled it."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

SIZE = 4 << 20
"""Bytes: the record of the longest night has one megabyte, its sheet half of that."""


def hold(path: Path, size: int = SIZE) -> None:
    """Occupy the room with a file; a disk that has no room now is left alone."""
    try:
        with path.open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, size)
    except OSError:
        release(path)


def release(path: Path) -> None:
    """Give the room back; a second call does nothing."""
    with contextlib.suppress(OSError):
        path.unlink()
