"""`m9 doctor`: one line for each part of a rig."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from harness.cli import arguments
from harness.cli.console import JsonOption, RigOption, WaitOption, run, say, write_json
from harness.core import verdict
from harness.core.layout import STANDIN_RIG
from harness.evidence import new_run
from harness.health.doctor import Doctor, Finding
from harness.rig import file as rig_files
from harness.rig import segment


def command(
    rig: RigOption = None,
    profile: Annotated[str | None, typer.Option(metavar="NAME", help="whose PBX (default: the rig's first)")] = None,
    wait: WaitOption = 0.0,
    json: JsonOption = None,
) -> None:
    """Check every part of a rig: what was tried, what answered, how to repair it."""
    run(lambda: doctor(rig or STANDIN_RIG, profile, json, wait))


def doctor(rig_file: Path, profile: str | None, json: Path | None, wait: float = 0.0) -> int:
    """0 when every part answers, 11 when one does not."""
    rig = rig_files.load(rig_file)
    name = arguments.profile(rig, profile)
    if rig.private:
        segment.enter_as_started()
    folder = new_run.create(rig.name, ["doctor"], None)
    say(f"m9: {rig.name} ({rig.kind}), base {rig.base.mac}")

    def tell(finding: Finding) -> None:
        say(finding.line())

    findings = Doctor(rig, rig_file, folder, name, wait, on_finding=tell).run()
    broken = [finding for finding in findings if not finding.ok and finding.applicable]
    code = verdict.EXIT_RIG if broken else verdict.EXIT_GOOD
    say(f"m9: {summary(findings)}")
    write_json(json, {"rig": rig.name, "kind": rig.kind, "parts": [vars(f) for f in findings], "exit_code": code})
    return code


def summary(findings: list[Finding]) -> str:
    """How many parts are well. A part that was not tried is none of them; one that the rig lacks is not counted."""
    there = [finding for finding in findings if finding.applicable or finding.untried]
    well = sum(finding.ok for finding in there)
    untried = [finding.part for finding in there if finding.untried]
    text = "all parts are well" if well == len(there) else f"{well} of {len(there)} parts are well"
    return text + (f", not tried: {', '.join(untried)}" if untried else "")
