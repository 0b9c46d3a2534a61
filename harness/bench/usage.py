"""The processor time and the largest memory of a program, its children included."""

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
    """Processor seconds, largest megabytes, exit code."""

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
        raise RigFault(
            command[0], "it is not installed", remedy="install it: pip install -e .[develop], or its Debian package"
        ) from missing
    _, status, taken = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return Usage(taken.ru_utime + taken.ru_stime, taken.ru_maxrss / 1024, process.returncode)


def least(command: Sequence[str], rounds: int, allowed: Sequence[int]) -> Usage:
    """The fastest round: other programs on the machine can only make a round slower.

    The first round compiles all modules, as an installer does; the others find them compiled.
    """
    with tempfile.TemporaryDirectory(prefix="m9-compiled-") as compiled:
        rounds_taken = [usage(command, compiled) for _ in range(rounds)]
    best = min(rounds_taken, key=lambda one: one.seconds)
    if best.code not in allowed:
        raise RigFault(
            " ".join(command[:3]), f"it ended with {best.code}", remedy="run the command by hand and read its output"
        )
    return Usage(best.seconds, max(one.megabytes for one in rounds_taken), best.code)
