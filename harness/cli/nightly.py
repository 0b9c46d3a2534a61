"""`m9 nightly`: the main job. Each rig and profile is one pytest run with its own folder, report and sign-off sheet."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from harness import signoff
from harness.cli import allure, arguments, parallel
from harness.cli.console import JsonOption, WaitOption, complain, run, say, shown, write_json
from harness.cli.parallel import JobsOption
from harness.cli.planned_runs import PlannedRun, run_all
from harness.cli.suites import Outcome
from harness.core import files, verdict
from harness.core.errors import M9Error, UsageError
from harness.core.layout import STANDIN_RIG
from harness.evidence.run_folder import RunFolder
from harness.plugin import pace
from harness.rig import file as rig_files
from harness.rig import profile_selection
from harness.signoff import health_record, results


def command(
    rig: Annotated[
        list[Path] | None, typer.Option("--rig", metavar="FILE", help="rigs (default: the stand-in)")
    ] = None,
    profile: Annotated[str | None, typer.Option(metavar="NAME,…|all", help="default: the rig's first")] = None,
    select: Annotated[str | None, typer.Option(metavar="EXPR", help="marks, as pytest -m takes them")] = None,
    firmware: Annotated[Path | None, typer.Option(metavar="FILE", help="the image this run is about")] = None,
    jobs: JobsOption = None,
    strict: Annotated[bool, typer.Option("--strict", help="warnings are product failures")] = False,
    wait: WaitOption = 0.0,
    json: JsonOption = None,
) -> None:
    """Lease a rig, provision the base, place real calls, judge them, and write the report and the sign-off sheet."""
    options = Options(profile, select, jobs, firmware, strict, wait)
    run(lambda: nightly(rig or [STANDIN_RIG], options, json))


@dataclass(frozen=True)
class Options:
    """The options of a night, without its rigs."""

    profile: str | None = None
    select: str | None = None
    jobs: int | None = None
    firmware: Path | None = None
    strict: bool = False
    wait: float = 0.0

    def check(self) -> None:
        """Find wrong options before a rig is started; raises UsageError."""
        if self.firmware is not None and not self.firmware.is_file():
            raise UsageError(f"--firmware {self.firmware}: no such file")
        arguments.check_selection(self.select)

    def words(self, jobs: int) -> list[str]:
        """The same options in pytest's form."""
        found = ["--wait", str(self.wait), *parallel.words(jobs)]
        found += ["-m", self.select] if self.select else []
        found += ["--strict-rules"] if self.strict else []
        return found + (["--firmware", str(self.firmware.resolve())] if self.firmware else [])


def nightly(paths: list[Path], options: Options, json: Path | None) -> int:
    """Run all rigs and profiles; the exit code of section 5 for all of them together."""
    rigs = [(path, rig_files.load(path)) for path in paths]
    chosen = [(path, rig, name) for path, rig in rigs for name in profile_selection.profiles(rig, options.profile)]
    jobs = {path: parallel.jobs_of(rig, options.jobs, beside=len(paths)) for path, rig in rigs}
    options.check()
    plans = [
        PlannedRun(path, rig, name, jobs[path], options.words(jobs[path]), options.wait) for path, rig, name in chosen
    ]
    outcomes = run_all(plans)
    sheet = _sheet([outcome.run for outcome in outcomes if outcome.tests])
    counts = _total(outcomes)
    code = combined(outcomes)
    _tell(outcomes, counts, sheet, code)
    write_json(json, _result(outcomes, counts, sheet, code))
    return code


def _total(outcomes: list[Outcome]) -> dict[str, int]:
    keys = dict.fromkeys(key for outcome in outcomes for key in outcome.counts)
    return {key: sum(outcome.counts.get(key, 0) for outcome in outcomes) for key in keys}


def combined(outcomes: list[Outcome]) -> int:
    """The exit code of several runs: interrupted, then a harness fault, then usage, else by the sum of all counts.

    If the counts are good, but the check before a run found a dead part of the rig, it is a rig fault.
    """
    codes = [outcome.exit_code for outcome in outcomes]
    for code in (verdict.EXIT_INTERRUPTED, verdict.EXIT_HARNESS, verdict.EXIT_USAGE):
        if code in codes:
            return code
    code = verdict.exit_code(_total(outcomes))
    broken = any(health_record.dead(outcome.content.get("health", [])) for outcome in outcomes)
    return verdict.EXIT_RIG if broken and code in (verdict.EXIT_GOOD, verdict.EXIT_NOTHING_JUDGED) else code


def _sheet(runs: list[Path]) -> Path | None:
    """Write one sign-off sheet, then the larger reports of all runs; what cannot be written changes no verdict."""
    sheet = None
    with _complaining(runs):
        sheet = signoff.write(runs, runs[-1]) if runs else None
    for folder in runs:
        with _complaining([folder]):
            allure.generate(folder)
    return sheet


@contextmanager
def _complaining(runs: list[Path]) -> Iterator[None]:
    """Print an error of a page about these runs, and go on."""
    try:
        yield
    except M9Error as error:
        complain(f"m9: {error}")
    except OSError as error:
        again = " ".join(shown(run) for run in runs)
        complain(f"m9: rig fault: disk: {files.told(error)}\n  remedy    make room, then: m9 signoff {again}")


def _tell(outcomes: list[Outcome], counts: dict[str, int], sheet: Path | None, code: int) -> None:
    say()
    say("m9: " + (", ".join(f"{number} {key.replace('_', ' ')}" for key, number in counts.items()) or "nothing ran"))
    for outcome in outcomes:
        stamp = "SIMULATED, cannot be signed off   " if outcome.content.get("simulated") else ""
        say(f"  {stamp}report    {shown(RunFolder(outcome.run).report_page)}")
    for outcome in outcomes:
        if outcome.pace.jobs > 1 and outcome.tests:
            say(f"  {outcome.pace.line()}")
    for outcome in outcomes:
        for part in health_record.dead(outcome.content.get("health", [])):
            say(f"  rig fault {part['part']}: {part.get('answered', '')}   {part.get('remedy', '')}")
    if sheet is not None:
        say(f"  sign-off  {shown(sheet)}")
    say(f"  exit      {code}")


def _result(outcomes: list[Outcome], counts: dict[str, int], sheet: Path | None, code: int) -> dict[str, Any]:
    return {
        "schema": results.SCHEMA,
        "counts": counts,
        "exit_code": code,
        **pace.together([outcome.pace for outcome in outcomes]),
        "simulated": any(outcome.content.get("simulated") for outcome in outcomes),
        "runs": [{"folder": str(outcome.run), **outcome.content} for outcome in outcomes],
        "signoff": str(sheet) if sheet else None,
    }
