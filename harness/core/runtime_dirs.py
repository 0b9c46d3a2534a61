"""Folders outside a run's folder: one for locks, and short-named ones that the next run clears if their owner died."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from harness.core.errors import UsageError
from harness.core.life_cycle import Closing

#: A unix socket's name has 108 bytes (unix(7)); the path below a short folder may need about sixty.
LONGEST_RUNTIME = 40


def runtime_directory() -> Path:
    """This user's folder for locks, private to the user."""
    base = os.environ.get("XDG_RUNTIME_DIR")
    directory = Path(base) / "m9" if base and Path(base).is_dir() else _temporary()
    return _ours(directory)


class ShortFolder(Closing):
    """A folder with a short name, for programs that make sockets in it; it is removed when closed.

    It is locked while its owner lives: the next owner finds and removes what was left after a kill -9.
    """

    def __init__(self, prefix: str) -> None:
        with _making() as parent:
            _sweep(parent)
            self.path = Path(tempfile.mkdtemp(prefix=prefix, dir=parent))
            self._lock = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY)
            fcntl.flock(self._lock, fcntl.LOCK_EX)

    def close(self) -> None:
        """Remove it with all that is in it; a second call does nothing."""
        shutil.rmtree(self.path, ignore_errors=True)
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1


@contextlib.contextmanager
def _making() -> Iterator[Path]:
    """The parent folder, locked for one process at a time, so that no other process clears a folder not locked yet."""
    runtime = runtime_directory()
    parent = _ours((runtime if len(str(runtime)) <= LONGEST_RUNTIME else _temporary()) / "short")
    descriptor = os.open(parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield parent
    finally:
        os.close(descriptor)


def _sweep(parent: Path) -> None:
    """Remove the folders whose owner is gone: their lock is free."""
    for folder in parent.iterdir():
        try:
            descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        except OSError:
            continue
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            continue
        else:
            shutil.rmtree(folder, ignore_errors=True)
        finally:
            os.close(descriptor)


def _temporary() -> Path:
    return Path(f"/tmp/m9-{os.geteuid()}")


def _ours(directory: Path) -> Path:
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    if directory.stat().st_uid != os.geteuid():
        raise UsageError(f"{directory} belongs to another user", remedy="export XDG_RUNTIME_DIR=<your own folder>")
    return directory
