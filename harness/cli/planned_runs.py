"""The runs of a night: rigs side by side, the profiles of one rig one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import IO

from harness.cli import suites
from harness.cli.console import say, shown
from harness.cli.suites import Outcome
from harness.core import verdict
from harness.evidence import new_run
from harness.evidence.run_folder import RunFolder
from harness.rig.model import Rig


@dataclass(frozen=True)
class PlannedRun:
    """One rig and profile: a pytest run of its own, with these options."""

    path: Path
    rig: Rig
    profile: str
    jobs: int
    options: Sequence[str]
    wait: float = 0.0


def run_all(plans: Sequence[PlannedRun]) -> list[Outcome]:
    """Run them; the outcomes are in the order of the plans. Those that were not reached have none."""
    rigs = [list(found) for _, found in groupby(plans, lambda plan: plan.path.resolve())]
    if len(rigs) == 1:
        return _one_rig(rigs[0], side_by_side=False)
    found: list[Outcome] = []
    ended = False
    with ThreadPoolExecutor(len(rigs)) as threads:
        under_way = [threads.submit(_one_rig, rig, side_by_side=True) for rig in rigs]
        for one in under_way:
            try:
                found += one.result()
            except KeyboardInterrupt:  # told to end: what the others have done is reported as well
                ended = True
    if ended and not any(outcome.exit_code == verdict.EXIT_INTERRUPTED for outcome in found):
        raise KeyboardInterrupt
    return found


def _one_rig(plans: Sequence[PlannedRun], *, side_by_side: bool) -> list[Outcome]:
    outcomes = []
    for plan in plans:
        folder = new_run.create(plan.rig.name, [plan.profile], None)
        jobs = f", {plan.jobs} jobs" if plan.jobs > 1 else ""
        say(f"m9: {plan.rig.name} ({plan.rig.kind}), profile {plan.profile}{jobs} → {shown(folder)}")
        with ExitStack() as stack:
            output = stack.enter_context(RunFolder(folder).terminal.open("wb")) if side_by_side else None
            outcomes.append(_run(plan, folder, output))
        if side_by_side:
            say(f"m9: {plan.rig.name}, profile {plan.profile}: {_counts(outcomes[-1])}")
        if outcomes[-1].exit_code == verdict.EXIT_INTERRUPTED:
            break
    return outcomes


def _run(plan: PlannedRun, folder: Path, output: IO[bytes] | None) -> Outcome:
    suites.examine(plan.path, folder, profile=plan.profile, wait=plan.wait, output=output)
    return suites.run(plan.path, folder, profile=plan.profile, options=plan.options, output=output)


def _counts(outcome: Outcome) -> str:
    told = [f"{number} {key.replace('_', ' ')}" for key, number in outcome.counts.items() if number]
    return (", ".join(told) or "nothing ran") + f" ({shown(RunFolder(outcome.run).terminal)})"
