"""`m9 doctor`: one line for each part of a rig."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from harness.cli import arguments
from harness.cli.console import JsonOption, RigOption, run, say, write_json
from harness.core import verdict
from harness.core.layout import STANDIN_RIG
from harness.evidence import new_run
from harness.health.doctor import Doctor, Finding
from harness.rig import file as rig_files
from harness.rig import segment


def command(
    rig: RigOption = None,
    profile: Annotated[str | None, typer.Option(metavar="NAME", help="whose PBX (default: the rig's first)")] = None,
    json: JsonOption = None,
) -> None:
    """Check every part of a rig: what was tried, what answered, how to repair it."""
    run(lambda: doctor(rig or STANDIN_RIG, profile, json))


def doctor(rig_file: Path, profile: str | None, json: Path | None) -> int:
    """0 when every part answers, 11 when one does not."""
    rig = rig_files.load(rig_file)
    name = arguments.profile(rig, profile)
    if rig.private:
        segment.enter_as_started()
    folder = new_run.create(rig.name, ["doctor"], None)
    say(f"m9: {rig.name} ({rig.kind}), base {rig.base.mac}")

    def tell(finding: Finding) -> None:
        say(finding.line())

    findings = Doctor(rig, rig_file, folder, name, on_finding=tell).run()
    broken = [finding for finding in findings if not finding.ok and finding.applicable]
    code = verdict.EXIT_RIG if broken else verdict.EXIT_GOOD
    say(f"m9: {len(findings) - len(broken)} of {len(findings)} parts are well" if broken else "m9: all parts are well")
    write_json(json, {"rig": rig.name, "kind": rig.kind, "parts": [vars(f) for f in findings], "exit_code": code})
    return code
