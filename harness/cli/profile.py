"""`m9 profile show`: a profile's rules as a table."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from harness.cli.console import JsonOption, run, say, write_json
from harness.core import verdict

app = typer.Typer(help="Server profiles and their rules.", no_args_is_help=True)


@app.callback()
def group() -> None:
    """Server profiles and their rules."""


@app.command()
def show(name: Annotated[str, typer.Argument(metavar="NAME")], json: JsonOption = None) -> None:
    """Print a profile's rules with their level and source."""
    run(lambda: _show(name, json))


def _show(name: str, json: Path | None) -> int:
    from harness.plugin.profiles import profile

    found = profile(name)
    say(f"{found.title} ({name}): {len(found.rules)} rules")
    rows: list[dict[str, Any]] = []
    for identifier, rule in found.rules.items():
        rows.append(rule.model_dump())
        say(f"  {identifier:<16} {rule.level:<11} {rule.claim}")
        say(f"                   source: {rule.source}")
    write_json(json, {"name": name, "rules": rows})
    return verdict.EXIT_GOOD
