"""Writes files whole: a reader never sees a part of one, and an error names the file."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Self


def write(path: Path, text: str, *, errors: str = "strict") -> None:
    """Write a text file in one step; raises OSError with the file's name, and leaves the old content then."""
    with named(path):
        if path.exists() and not path.is_file():  # a device or a pipe
            path.write_text(text, encoding="utf-8", errors=errors)
            return
        part = path.with_name(path.name + ".part")
        try:
            part.write_text(text, encoding="utf-8", errors=errors)
            os.replace(part, path)
        except OSError:
            with contextlib.suppress(OSError):
                part.unlink()
            raise


@contextlib.contextmanager
def named(path: Path) -> Iterator[None]:
    """Add the file's name to an OSError that has none: a full disk is found by a write, which knows no name."""
    try:
        yield
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error


class LogFile:
    """A log that grows line by line; what a full disk does not take is lost, and the writer goes on."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._file)

    def write(self, data: bytes) -> None:
        """Add these octets."""
        with contextlib.suppress(OSError):
            os.write(self._file, data)


def told(error: OSError) -> str:
    """The error in a few words: the file and what the system says."""
    return f"{error.filename}: {error.strerror}" if error.filename else str(error.strerror or error)
