"""`m9 prove --dead-rig`: on a rig with one dead part, tests that use this part must start and must not pass."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from harness.cli import standin_facts
from harness.cli.console import say, shown
from harness.cli.defect_runs import GOOD, PLUGIN, is_watch, short
from harness.cli.standin_facts import DeadRig
from harness.cli.suites import Outcome, run
from harness.core import verdict
from harness.core.verdict import Verdict
from harness.evidence.run_folder import RunFolder


@dataclass
class DeadResult:
    """The results of one stimulus's tests on a rig where this stimulus is dead."""

    name: str
    tests: list[str] = field(default_factory=list)
    passed: list[str] = field(default_factory=list)
    in_set_up: list[str] = field(default_factory=list)
    folder: Path = Path()
    error: str = ""

    @property
    def exit_code(self) -> int:
        """10 when a test passed, ended in its set-up or was not reached; 12 when there was no test to run."""
        if self.passed or self.in_set_up or self.error:
            return verdict.EXIT_PRODUCT
        return verdict.EXIT_GOOD if self.tests else verdict.EXIT_NOTHING_JUDGED

    def as_json(self) -> dict[str, Any]:
        """For a machine."""
        lists = {"tests": self.tests, "passed": self.passed, "in_set_up": self.in_set_up}
        return {**lists, "error": self.error, "folder": str(self.folder)}


def prove(rig: Path, folder: Path, dead: DeadRig) -> DeadResult:
    """Run every test that uses the dead part."""
    derived = standin_facts.derived_rig(rig, folder, words=("--dead", dead.name), overlay=dead.overlay)
    with RunFolder(folder).pytest_log.open("wb") as log:
        outcome = run(derived, folder, options=[*PLUGIN, "--proof-stimulus", dead.stimulus], output=log)
    result = judge(dead.name, outcome)
    result.folder = folder
    return result


def judge(name: str, outcome: Outcome) -> DeadResult:
    """Which tests passed although the part is dead, and which did not run; an incomplete run is an error. Pure."""
    result = DeadResult(name)
    if outcome.cut_short and outcome.pytest_code != pytest.ExitCode.NO_TESTS_COLLECTED:
        result.error = f"the run was not completed (pytest ended with {int(outcome.pytest_code)})"
    for test in outcome.tests:
        if test["verdict"] == Verdict.NOT_APPLICABLE.value or is_watch(test):
            continue
        result.tests.append(test["id"])
        if test["verdict"] in GOOD:
            result.passed.append(test["id"])
        elif test.get("phase") == "setup":
            result.in_set_up.append(test["id"])
    return result


def tell(result: DeadResult) -> None:
    """One line for each dead rig, and one for each test that should not have passed."""
    mark = "✓" if result.exit_code == verdict.EXIT_GOOD else "✗"
    sums = f"{len(result.tests)} tests, {len(result.passed)} passed, {len(result.in_set_up)} ended in set-up"
    say(f"  {mark} dead rig {result.name:<12} {sums}")
    if result.error:
        say(f"      {result.error}: see {shown(RunFolder(result.folder).pytest_log)}")
    for test in result.passed:
        say(f"      passed on a dead rig: {short(test)}")
    for test in result.in_set_up:
        say(f"      ended in set-up:      {short(test)}")
