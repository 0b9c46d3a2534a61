"""What tshark shows of a stored file as a table of fields: the second opinion of the self-tests."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path


def table(path: Path, fields: Sequence[str], display_filter: str, options: Sequence[str] = ()) -> list[list[str]]:
    """The rows of these fields, all values of a field joined by commas."""
    command = ["tshark", "-r", str(path), "-n", *options, "-Y", display_filter, "-T", "fields", "-E", "occurrence=a"]
    for name in fields:
        command += ["-e", name]
    done = subprocess.run(command, capture_output=True, check=False)
    assert done.returncode == 0 or done.stdout, done.stderr
    return [line.split("\t") for line in done.stdout.decode("utf-8", "replace").split("\n") if line]
