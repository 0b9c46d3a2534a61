"""What every command shares: output for a person, output as JSON, and the exit codes of errors."""

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

from harness.core import errors, files, signals, verdict
from harness.core.layout import ROOT

NO_ROOM = (errno.ENOSPC, errno.EDQUOT)


def writable(path: Path | None) -> Path | None:
    """Check at the start that the result file can be written, so that a wrong path does not cost a night's result."""
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

WaitOption = Annotated[
    float, typer.Option("--wait", min=0.0, metavar="SECONDS", help="how long to wait for a taken rig")
]


def say(text: str = "") -> None:
    """Print one line for a person; if the terminal is closed, the work continues without output."""
    with contextlib.suppress(OSError):
        print(text, flush=True)


def complain(text: str) -> None:
    """Print one line about a problem to stderr, apart from the output that a machine may read."""
    with contextlib.suppress(OSError):
        print(text, file=sys.stderr, flush=True)


def write_json(path: Path | None, content: dict[str, Any]) -> None:
    """Write a command's result where --json asked for it."""
    if path is None:
        return
    try:
        files.write(path, json.dumps(content, indent=1, ensure_ascii=False) + "\n")
    except OSError as error:
        raise errors.UsageError(f"--json {path}: {error.strerror}") from error


def shown(path: Path) -> str:
    """The path, relative to the checkout where it lies inside."""
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)


def exit_code_of(error: BaseException) -> int:
    """The exit code of an error of the four families."""
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
    """Child processes that other threads wait for; they are told to end when m9 is told to end."""

    def __init__(self) -> None:
        self._processes: set[subprocess.Popen[bytes]] = set()
        self._ended = False

    @contextlib.contextmanager
    def told(self, process: subprocess.Popen[bytes]) -> Iterator[None]:
        """Register the process while the context lasts; it is told at once if m9 has already been told to end."""
        self._processes.add(process)
        if self._ended:
            process.terminate()
        try:
            yield
        finally:
            self._processes.discard(process)

    def start_no_more(self) -> None:
        """Raise KeyboardInterrupt if m9 has been told to end: then no thread may start anything more."""
        if self._ended:
            raise KeyboardInterrupt

    def end(self) -> None:
        """Tell them all."""
        self._ended = True
        for process in list(self._processes):
            process.terminate()


below = ChildProcesses()


def run(command: Callable[[], int]) -> None:
    """Run a command's body and leave with its exit code; an error is printed as one line and a remedy."""
    try:
        with signals.in_order(first=below.end), signals.never_swallowed():
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
            f"m9: rig fault: disk: {error.filename or 'a file'}: {error.strerror}\n"
            "  remedy    free space on the disk, then run m9 again"
        )
        code = verdict.EXIT_RIG
    raise typer.Exit(code)
