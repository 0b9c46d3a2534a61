"""`m9 bench`: measures what the design promises, in one run, and prints ratios."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from harness.bench import frame
from harness.cli.console import JsonOption, complain, run, say, write_json
from harness.core import verdict
from harness.core.errors import M9Error, UsageError
from harness.rig import segment
from harness.rig.suggestions import nearest


def command(
    row: Annotated[list[str] | None, typer.Option(metavar="NAME", help="these rows only")] = None,
    json: JsonOption = None,
) -> None:
    """Measure, and compare with what a user would otherwise use."""
    run(lambda: bench(row or [], json))


def bench(names: list[str], json: Path | None) -> int:
    """Measure the named rows, else all rows except those that take minutes.

    Returns 10 when a target is missed, 11 when a row could not be measured.
    """
    known = {measurement.name: measurement for measurement in frame.measurements()}
    for name in names:
        if name not in known:
            raise UsageError(f"no row {name}{nearest(name, known)}", remedy=f"choose from {', '.join(known)}")
    segment.enter_as_started()
    rows, failed = [], []
    for name in names or [name for name, one in known.items() if not one.on_request]:
        try:
            measured = known[name].measure()
        except M9Error as error:
            complain(f"✗ {name}: {error}")
            failed.append({"name": name, "error": str(error)})
            continue
        rows.append(measured)
        say(measured.line())
    missed = any(not measured.met for measured in rows)
    code = verdict.EXIT_RIG if failed else verdict.EXIT_GOOD
    code = verdict.EXIT_PRODUCT if missed else code
    write_json(json, {"rows": [measured.as_json() for measured in rows], "failed": failed, "exit_code": code})
    return code
