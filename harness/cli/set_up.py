"""`m9 set-up`: only installs what is missing, for a machine that is prepared in advance."""

from __future__ import annotations

from pathlib import Path

from harness.cli import bootstrap
from harness.cli.console import JsonOption, run, say, write_json
from harness.cli.progress import StepFailed
from harness.core import verdict
from harness.core.errors import UsageError
from harness.core.layout import PYTHON, VENV


def command(json: JsonOption = None) -> None:
    """Install what is missing: Debian packages, .venv, the report generator."""
    run(lambda: set_up(json))


def set_up(json: Path | None) -> int:
    """Returns 0 when everything is installed."""
    try:
        bootstrap.prepare()
    except StepFailed as error:
        raise UsageError(str(error), remedy=error.remedy) from error
    say(f"m9: everything is installed ({VENV})")
    write_json(json, {"python": str(PYTHON), "node": bootstrap.node()})
    return verdict.EXIT_GOOD
