"""A command that a rig file names: its words with their values filled in, and what it said last."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Mapping, Sequence

from harness.core.errors import RigFault
from harness.core.layout import ROOT


def filled(command: Sequence[str], values: Mapping[str, object], *, part: str, key: str) -> list[str]:
    """The words, `{name}` replaced by its value; `python3` as the first word is the Python of this process.

    Raises RigFault of this part where there is no such command; `key` is where the rig file names it.
    """
    words = []
    for word in command:
        for name, value in values.items():
            word = word.replace(f"{{{name}}}", str(value))
        words.append(word)
    if words[0] == "python3":
        words[0] = sys.executable
    if shutil.which(ROOT / words[0] if "/" in words[0] else words[0]) is None:
        raise RigFault(part, f"{words[0]}: no such command", remedy=f"see {key}")
    return words


def last_line(output: str) -> str:
    """The last line that is not blank, shortened; empty without one."""
    return next((line[:200] for line in reversed(output.splitlines()) if line.strip()), "")
