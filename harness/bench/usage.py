"""What a program takes: its processor time and its largest memory, its children's included."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass

from harness.core.errors import RigFault
from harness.core.layout import ROOT


@dataclass(frozen=True)
class Usage:
    """Seconds of the processor, megabytes at most, exit code."""

    seconds: float
    megabytes: float
    code: int


def usage(command: Sequence[str], compiled: str) -> Usage:
    """Run a command without reading its output; a Python keeps its compiled modules in the folder `compiled`."""
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": compiled}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    silent = subprocess.DEVNULL
    try:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdin=silent, stdout=silent, stderr=silent)
    except FileNotFoundError as missing:
        raise RigFault(command[0], "it is not installed", remedy="see the README for what the bench needs") from missing
    _, status, taken = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return Usage(taken.ru_utime + taken.ru_stime, taken.ru_maxrss / 1024, process.returncode)


def least(command: Sequence[str], rounds: int, allowed: Sequence[int]) -> Usage:
    """The round that took least: another program on the machine only ever makes it slower.

    In the first one all modules are compiled, as the installer of a program does it: the others find them compiled.
    """
    with tempfile.TemporaryDirectory(prefix="m9-compiled-") as compiled:
        rounds_taken = [usage(command, compiled) for _ in range(rounds)]
    best = min(rounds_taken, key=lambda one: one.seconds)
    if best.code not in allowed:
        raise RigFault(" ".join(command[:3]), f"it ended with {best.code}", remedy="run it by hand")
    return Usage(best.seconds, max(one.megabytes for one in rounds_taken), best.code)
