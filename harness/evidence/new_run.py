"""Makes the folder of a new run and removes old ones; `run_folder` names the files in it."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import time
from pathlib import Path

from harness.core import clock
from harness.core.errors import RigFault, UsageError
from harness.core.layout import RUNS
from harness.evidence import reserve

KEEP_DAYS = 60.0
KEEP_BYTES = 20 * 2**30
LEAST_ROOM = reserve.SIZE + 4 * 2**20
"""Bytes that must be free before a run: the reserve, and the evidence of its first test."""


def create(rig: str, profiles: list[str], wanted: str | None) -> Path:
    """A new, empty folder for a run: `<UTC>-<rig>-<profile>`, or the one that was named.

    Raises UsageError if it cannot be made or written to, RigFault if the disk has no room for a run.
    """
    try:
        if not wanted:
            prune(RUNS)
        folder = _asked_for(Path(wanted)) if wanted else _new(rig, profiles)
        _require_room(folder)
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except OSError as error:
        where = wanted or str(RUNS)
        other = "--run-dir DIR" if wanted else "export M9_RUNS=/DIR"
        remedy = f"check that you may write to {where}, or name another folder: {other}"
        raise UsageError(f"{where}: the run's folder cannot be made there: {error.strerror}", remedy=remedy) from error


def _require_room(folder: Path) -> None:
    free = shutil.disk_usage(folder).free
    if free < LEAST_ROOM:
        text = f"{free // 2**20} MiB are free in {folder}, a run needs {LEAST_ROOM // 2**20}"
        raise RigFault("disk", text, remedy=f"make room in {folder.parent}, then run again")


def _asked_for(folder: Path) -> Path:
    folder = folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _new(rig: str, profiles: list[str]) -> Path:
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(clock.now()))
    name = f"{stamp}-{rig}-{profiles[0] if len(profiles) == 1 else f'{len(profiles)}-profiles'}"
    for suffix in ("", *(f"-{number}" for number in range(2, 100))):
        folder = RUNS / (name + suffix)
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            continue
        return folder
    raise FileExistsError(name)


def prune(runs: Path, *, days: float = KEEP_DAYS, size: int = KEEP_BYTES) -> list[Path]:
    """Remove runs that are too old, then the oldest until all fit; returns what was removed."""
    folders = sorted(path for path in runs.glob("*") if path.is_dir() and not path.is_symlink())
    removed = [path for path in folders if clock.now() - _changed_at(path) > days * 86400]
    kept = [path for path in folders if path not in removed]
    sizes = {path: _size(path) for path in kept}
    while kept and sum(sizes[path] for path in kept) > size:
        removed.append(kept.pop(0))
    for path in removed:
        shutil.rmtree(path, ignore_errors=True)
    return removed


def _changed_at(folder: Path) -> float:
    """When it was last written to; the present time if another run has just removed it."""
    try:
        return folder.stat().st_mtime
    except OSError:
        return clock.now()


def _size(folder: Path) -> int:
    """Its size in bytes; files that another run removes at the same time are not counted."""
    total = 0
    for where, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):
                total += os.lstat(os.path.join(where, name)).st_size
    return total
