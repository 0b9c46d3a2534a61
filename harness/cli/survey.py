"""`m9 survey`: what a base's web UI contains, and where it differs from what the driver expects."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from harness.cli.console import JsonOption, RigOption, WaitOption, run, say, shown, writable, write_json
from harness.core import verdict
from harness.core.layout import STANDIN_RIG
from harness.evidence import new_run
from harness.rig import factory, segment
from harness.rig import file as rig_files
from harness.rig.session import Session, SessionRequest


def command(
    rig: RigOption = None,
    output: Annotated[
        Path | None, typer.Option("--output", metavar="FILE", callback=writable, help="default: in the run's folder")
    ] = None,
    wait: WaitOption = 0.0,
    json: JsonOption = None,
) -> None:
    """Log in to a base, crawl its pages, and save field names, option values and URLs."""
    run(lambda: survey(rig or STANDIN_RIG, output, json, wait))


def survey(rig_file: Path, output: Path | None, json: Path | None, wait: float = 0.0) -> int:
    """Save the survey; returns 0 also if there are differences, since it is made to find them."""
    rig = rig_files.load(rig_file)
    if rig.private:
        segment.enter_as_started()
    folder = new_run.create(rig.name, ["survey"], None)
    with Session(SessionRequest(rig, rig_file, folder, wait)) as session:
        from harness.base import setting_definitions
        from harness.base import survey as surveys

        address = session.base_address(rig.timing.boot, restart=True)
        with factory.web(rig, address, folder) as web:
            found = surveys.take(web)
    path = output or folder / "survey.yaml"
    found.save(path)
    differences = [str(difference) for difference in surveys.differences(found, setting_definitions.load())]
    say(f"m9: {len(found.pages)} pages of {address} → {shown(path)}")
    for line in differences:
        say(f"  differs   {line}")
    if not differences:
        say("  nothing differs from what the driver expects")
    write_json(json, {"survey": str(path), "pages": len(found.pages), "differences": differences})
    return verdict.EXIT_GOOD
