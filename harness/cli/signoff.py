"""`m9 signoff RUN…`: the requirement × profile matrix of one or more runs."""

from __future__ import annotations

from json import loads
from pathlib import Path
from typing import Annotated

import typer

from harness.cli.console import JsonOption, run, say, shown, write_json
from harness.core import verdict
from harness.core.errors import UsageError
from harness.evidence.run_folder import RunFolder


def command(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN…", help="run folders")],
    output: Annotated[Path | None, typer.Option("--output", metavar="DIR", help="default: the last run")] = None,
    json: JsonOption = None,
) -> None:
    """Write the sign-off sheet of runs, as HTML and JSON."""
    run(lambda: signoff(runs, output, json))


def signoff(runs: list[Path], output: Path | None, json: Path | None) -> int:
    """Write the sheet; raises UsageError for a folder that is not a run's."""
    for folder in runs:
        if not RunFolder(folder).is_a_run:
            raise UsageError(f"{folder} is not the folder of a run", remedy="name folders of reports/runs/")
    from harness import signoff as sheets

    target = output or runs[-1]
    try:
        sheet = sheets.write(runs, target)
    except OSError as error:
        why = f"{target}: the sheet cannot be written: {error.strerror}"
        raise UsageError(why, remedy="write it to another folder: --output DIR") from error
    say(f"m9: {shown(sheet)}")
    content = loads(RunFolder(target).sheet_data.read_text(encoding="utf-8"))
    if found := content["platforms_count"]:
        say(f"m9: rows of the platforms: {', '.join(f'{count} {state}' for state, count in found.items())}")
    write_json(json, {"sheet": str(sheet), "platforms": found, "runs": [str(folder) for folder in runs]})
    return verdict.EXIT_GOOD
