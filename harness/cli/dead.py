"""`m9 prove --dead-rig`: on a rig dead in one part, what acts with that part must start well and must not pass."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness import verdict
from harness.cli import standin_facts
from harness.cli.console import say
from harness.cli.killing import GOOD, PLUGIN, short
from harness.cli.standin_facts import DeadRig
from harness.cli.suites import run
from harness.verdict import Verdict


@dataclass
class DeadResult:
    """What the tests of one stimulus made of a rig where that part is dead."""

    name: str
    tests: list[str] = field(default_factory=list)
    passed: list[str] = field(default_factory=list)
    in_set_up: list[str] = field(default_factory=list)
    folder: Path = Path()

    @property
    def exit_code(self) -> int:
        """10 when a test passed or never got past its set-up, 12 when there was none to run."""
        if self.passed or self.in_set_up:
            return verdict.EXIT_PRODUCT
        return verdict.EXIT_GOOD if self.tests else verdict.EXIT_NOTHING_JUDGED

    def as_json(self) -> dict[str, Any]:
        """For a machine."""
        return {"tests": self.tests, "passed": self.passed, "in_set_up": self.in_set_up, "folder": str(self.folder)}


def prove(rig: Path, folder: Path, dead: DeadRig) -> DeadResult:
    """Run every test that acts with the dead part."""
    derived = standin_facts.derived_rig(rig, folder, words=("--dead", dead.name), overlay=dead.overlay)
    with (folder / "pytest.log").open("wb") as log:
        outcome = run(derived, folder, options=[*PLUGIN, "--proof-stimulus", dead.stimulus], output=log)
    result = judge(dead.name, outcome.tests)
    result.folder = folder
    return result


def judge(name: str, tests: list[dict[str, Any]]) -> DeadResult:
    """Which tests passed although they could not, and which never ran; pure."""
    result = DeadResult(name)
    for test in tests:
        if test["verdict"] == Verdict.NOT_APPLICABLE.value:
            continue
        result.tests.append(test["id"])
        if test["verdict"] in GOOD:
            result.passed.append(test["id"])
        elif test.get("phase") == "setup":
            result.in_set_up.append(test["id"])
    return result


def tell(result: DeadResult) -> None:
    """One line a dead rig, and one for each test that should not have passed."""
    mark = "✓" if result.exit_code == verdict.EXIT_GOOD else "✗"
    sums = f"{len(result.tests)} tests, {len(result.passed)} passed, {len(result.in_set_up)} ended in set-up"
    say(f"  {mark} dead rig {result.name:<12} {sums}")
    for test in result.passed:
        say(f"      passed on a dead rig: {short(test)}")
    for test in result.in_set_up:
        say(f"      ended in set-up:      {short(test)}")
