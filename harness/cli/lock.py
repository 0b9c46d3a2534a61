"""`m9 lock`: writes the list of Python packages for the set-up, each at one version with the hashes of its files."""

from __future__ import annotations

import subprocess
import sys
from typing import Annotated

import typer

from harness.cli.bootstrap import PACKAGES
from harness.cli.console import JsonOption, run, say, shown, write_json
from harness.core import verdict
from harness.core.errors import UsageError
from harness.core.layout import ROOT

OLDEST_PYTHON = "3.11"
"""The lock is for this Python version and later ones: packages that differ between them have a marker."""
COMPILE = [
    *("-m", "uv", "pip", "compile", "--quiet", "--universal", "--python-version", OLDEST_PYTHON, "--all-extras"),
    *("--generate-hashes", "--no-header", "--no-annotate", "--no-emit-index-url"),
    *("pyproject.toml", "--output-file", str(PACKAGES)),
]


def command(
    upgrade: Annotated[
        bool, typer.Option("--upgrade", help="also to newer versions, not only what is missing")
    ] = False,
    json: JsonOption = None,
) -> None:
    """Renew the lock file of the Python packages from pyproject.toml."""

    def lock() -> int:
        words = [sys.executable, *COMPILE, *(["--upgrade"] if upgrade else [])]
        done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
        if done.returncode:
            why = " ".join(done.stderr.split()) or "uv said nothing"
            raise UsageError(f"the packages cannot be locked: {why}", remedy="check pyproject.toml and the network")
        say(f"m9: locked in {shown(PACKAGES)}; m9 set-up installs what changed")
        write_json(json, {"file": str(PACKAGES)})
        return verdict.EXIT_GOOD

    run(lock)
