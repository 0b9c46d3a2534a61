"""What every command shares: how it speaks, how it writes JSON, and what its errors exit with."""

from __future__ import annotations

import contextlib
import errno
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from harness.core import errors, signals, verdict
from harness.core.layout import ROOT

NO_ROOM = (errno.ENOSPC, errno.EDQUOT)


def writable(path: Path | None) -> Path | None:
    """A file that is to be written at the end can be written; a night's result must not be lost for a wrong word."""
    if path is None:
        return None
    try:
        if path.is_dir():
            raise typer.BadParameter(f"{path} is a folder; a file is wanted")
        if not path.parent.is_dir():
            raise typer.BadParameter(f"{path} cannot be written: there is no folder {path.parent}")
        with tempfile.TemporaryFile(dir=path.parent):
            return path
    except OSError as error:
        raise typer.BadParameter(f"{path} cannot be written: {error.strerror}") from error


JsonOption = Annotated[
    Path | None,
    typer.Option("--json", metavar="FILE", callback=writable, help="write the result for a machine"),
]
RigOption = Annotated[Path | None, typer.Option("--rig", metavar="FILE", help="the rig (default: rigs/standin.yaml)")]


def say(text: str = "") -> None:
    """One line for a person; when that person has closed the terminal, the work and its end go on all the same."""
    with contextlib.suppress(OSError):
        print(text, flush=True)


def complain(text: str) -> None:
    """One line about something wrong, kept out of what a machine may read."""
    with contextlib.suppress(OSError):
        print(text, file=sys.stderr, flush=True)


def write_json(path: Path | None, content: dict[str, Any]) -> None:
    """Write a command's result where --json asked for it."""
    if path is None:
        return
    try:
        part = path.with_name(path.name + ".part")
        part.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        part.replace(path)
    except OSError as error:
        raise errors.UsageError(f"--json {path}: {error.strerror}") from error


def shown(path: Path) -> str:
    """A path as short as it can be said from the checkout."""
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)


def exit_code_of(error: BaseException) -> int:
    """The exit code that an error of the four families stands for."""
    if isinstance(error, errors.UsageError):
        return verdict.EXIT_USAGE
    if isinstance(error, errors.RigFault):
        return verdict.EXIT_RIG
    if isinstance(error, errors.ProductFailure | errors.InvalidTest):
        return verdict.EXIT_PRODUCT
    if isinstance(error, KeyboardInterrupt):
        return verdict.EXIT_INTERRUPTED
    return verdict.EXIT_HARNESS


class ChildProcesses:
    """The processes below this one that other threads wait for: told to end as soon as we are."""

    def __init__(self) -> None:
        self._processes: set[subprocess.Popen[bytes]] = set()
        self._ended = False

    @contextlib.contextmanager
    def told(self, process: subprocess.Popen[bytes]) -> Iterator[None]:
        """While the context lasts, and at once if we have been told already."""
        self._processes.add(process)
        if self._ended:
            process.terminate()
        try:
            yield
        finally:
            self._processes.discard(process)

    def start_no_more(self) -> None:
        """Raises KeyboardInterrupt once we have been told: what a thread would start then is not wanted any more."""
        if self._ended:
            raise KeyboardInterrupt

    def end(self) -> None:
        """Tell them all."""
        self._ended = True
        for process in list(self._processes):
            process.terminate()


below = ChildProcesses()


def run(command: Callable[[], int]) -> None:
    """Run a command's body and leave with its exit code; errors of ours are told in one line and a remedy."""
    try:
        with signals.in_order(first=below.end):
            code = command()
    except errors.M9Error as error:
        complain(f"m9: {error}")
        code = exit_code_of(error)
    except KeyboardInterrupt:
        code = verdict.EXIT_INTERRUPTED
    except OSError as error:
        if error.errno not in NO_ROOM:
            raise
        complain(
            f"m9: rig fault: disk: {error.filename or 'a file'}: {error.strerror}\n  remedy    make room, then again"
        )
        code = verdict.EXIT_RIG
    raise typer.Exit(code)
