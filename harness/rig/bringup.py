"""The bring-up command of a rig: it prints one JSON line when the rig is ready, and is always stopped at the end."""

from __future__ import annotations

import contextlib
import json
import shutil
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from harness.core import steps
from harness.core.child_process import DYING_WITH_US
from harness.core.clock import EventList, WaitExpired
from harness.core.errors import RigFault
from harness.core.files import LogFile
from harness.core.layout import ROOT
from harness.core.rig_command import filled, last_line
from harness.core.runtime_dirs import ShortFolder
from harness.evidence.run_folder import RunFolder
from harness.rig.model import Bringup

PATIENCE = 10.0
LONGEST_FOLDER = 72


@dataclass(frozen=True)
class Ready:
    """The answer of a bring-up command; the rig file's value holds for a part that the answer does not name."""

    interface: str | None = None
    dongle: str | None = None
    control: str | None = None
    web: str | None = None
    raw: dict[str, Any] = field(default_factory=dict)


@contextlib.contextmanager
def started(bringup: Bringup, rig_file: Path, run: Path) -> Iterator[Ready]:
    """Run the bring-up command while the context lasts; its standard error goes to a log in the run's folder.

    Raises RigFault when it ends, prints something else or prints nothing within its limit.
    """
    run.mkdir(parents=True, exist_ok=True)
    log_path = RunFolder(run).bringup_log
    with _short(run.resolve()) as folder, open(log_path, "ab") as log:
        values = {"rig": rig_file.resolve(), "run": folder}
        words = filled(bringup.command, values, part="bring-up", key="bringup.command")
        # Its own session: a Ctrl-C at the terminal must not end the rig before the teardown has used it.
        process = subprocess.Popen(
            [*DYING_WITH_US, *words],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            start_new_session=True,
        )
        try:
            with steps.step("rig", f"bring-up: {' '.join(words)}"):
                ready = _first_line(process, bringup.limit, log_path)
            yield ready
        finally:
            _stop(process)


@contextlib.contextmanager
def _short(run: Path) -> Iterator[Path]:
    """The run's folder, or one with a short name whose files are moved there at the end.

    A unix socket's name has 108 bytes (unix(7)), and a bring-up command may make sockets in its folder.
    """
    if len(str(run)) <= LONGEST_FOLDER:
        yield run
        return
    with ShortFolder("run-") as short:
        try:
            yield short.path
        finally:
            for path in short.path.rglob("*"):
                if path.is_file() and not path.is_symlink():
                    target = run / path.relative_to(short.path)
                    target.parent.mkdir(parents=True, exist_ok=True)
                    shutil.move(path, target)


def _first_line(process: subprocess.Popen[bytes], limit: float, log: Path) -> Ready:
    lines: EventList[bytes] = EventList()
    assert process.stdout is not None
    threading.Thread(target=_drain, args=(process.stdout, lines, log), name="bring-up output", daemon=True).start()
    try:
        line = lines.wait_for(lambda line: bool(line.strip()), what="the bring-up's ready line", within=limit)
    except WaitExpired as error:
        ended = _ended(process) if lines.closed else process.poll()
        text = f"printed nothing within {limit:g} s" if ended is None else f"ended with {ended} before it was ready"
        raise RigFault("bring-up", f"{text}{_tail(log)}", remedy=f"read {log}, or run the command by hand") from error
    return _answer(line, log)


def _ended(process: subprocess.Popen[bytes]) -> int | None:
    """The exit code of a command that closed its output; None if it is still running."""
    try:
        return process.wait(1.0)
    except subprocess.TimeoutExpired:
        return None


def _drain(stdout: IO[bytes], lines: EventList[bytes], log: Path) -> None:
    """Read the command's lines; the first is the answer for the waiting thread, the others go to the log."""
    with LogFile(log) as copy:
        for line in stdout:
            if len(lines):
                copy.write(line)
            else:
                lines.append(line)
    lines.close("the command closed its output")


def _answer(line: bytes, log: Path) -> Ready:
    try:
        raw = json.loads(line)
    except ValueError:
        raw = None
    if not isinstance(raw, dict):
        shown = line[:120].decode("utf-8", "backslashreplace").strip()
        raise RigFault("bring-up", f"its first line is not a JSON object: {shown}", remedy=f"read {log}")
    if raw.get("ready", True) is not True:
        raise RigFault("bring-up", f"it says that it is not ready: {raw.get('error', raw)}", remedy=f"read {log}")
    texts = {key: str(raw[key]) for key in ("interface", "dongle", "control", "web") if raw.get(key)}
    return Ready(**texts, raw=raw)


def _tail(log: Path) -> str:
    said = last_line(log.read_text(encoding="utf-8", errors="backslashreplace"))
    return f": {said}" if said else ""


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End the command: close its input, then send SIGTERM, then SIGKILL."""
    if process.stdin is not None:
        with contextlib.suppress(BrokenPipeError):
            process.stdin.close()
    if process.poll() is None:
        process.terminate()
    try:
        process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(PATIENCE)
