"""When a defect counts as killed (design, law 6), and the matrix of who killed what."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.cli import parallel, standin_facts, suites
from harness.cli.console import say
from harness.cli.standin_facts import Defect
from harness.cli.suites import Outcome
from harness.core import clock, verdict
from harness.core.verdict import Verdict
from harness.plugin.defect_selection import WITHOUT_DEFECT

GOOD = (Verdict.PASSED.value, Verdict.WARNING.value)
HARMLESS = (*GOOD, Verdict.NOT_APPLICABLE.value)
PLUGIN = ("-p", "harness.plugin.defect_selection")


@dataclass
class Kill:
    """One defect's run: who killed it, which smoke tests of other features it broke, what could not be judged."""

    defect: Defect
    killed_by: list[str] = field(default_factory=list)
    broken_smoke: list[str] = field(default_factory=list)
    unjudged: list[str] = field(default_factory=list)
    tests: list[str] = field(default_factory=list)
    seconds: float = 0.0
    folder: Path = Path()
    error: str = ""

    @property
    def lived(self) -> bool:
        """Whether no test can be said to have killed it."""
        return not self.killed_by or bool(self.broken_smoke) or bool(self.error)

    def line(self) -> str:
        """One line of the matrix."""
        mark = "✗ lived " if self.lived else "✓ killed"
        return f"  {mark} {self.defect.name:<40} {self.defect.feature:<22} {self._why():<60} {self.seconds:5.1f} s"

    def _why(self) -> str:
        if self.error:
            return self.error
        if self.broken_smoke:
            return f"breaks smoke tests of other features: {', '.join(map(short, self.broken_smoke))}"
        if self.killed_by:
            return ", ".join(map(short, self.killed_by))
        if not self.tests:
            return "no test carries this feature"
        return f"{len(self.tests)} tests passed" if not self.unjudged else f"not judged: {short(self.unjudged[0])}"


@dataclass
class Proof:
    """All defects' runs together with the healthy one."""

    healthy: Outcome
    matrix: bool
    results: list[Kill] = field(default_factory=list)

    @property
    def idle_tests(self) -> list[str]:
        """Tests that ran against defects of their feature and killed none, and those whose features have no defect."""
        features = {result.defect.feature for result in self.results}
        killers = {test for result in self.results for test in result.killed_by}
        idle = [
            test["id"]
            for test in self.healthy.tests
            if features & set(test["features"]) and test["id"] not in killers and not is_watch(test)
        ]
        return [*idle, *self.without_defect]

    @property
    def without_defect(self) -> list[str]:
        """Tests of which nobody knows whether they can fail: of no feature that has a defect; asked for with --all."""
        found: list[str] = self.healthy.content.get(WITHOUT_DEFECT, [])
        return found

    @property
    def exit_code(self) -> int:
        """10 when a defect lived, or when the healthy rig did not pass what the defects are held against."""
        ill = any(test["verdict"] not in HARMLESS for test in self.healthy.tests)
        lived = any(result.lived for result in self.results)
        return verdict.EXIT_PRODUCT if lived or ill else verdict.EXIT_GOOD

    def tell(self) -> None:
        """The sums under the matrix."""
        lived = [result.defect.name for result in self.results if result.lived]
        say(f"m9: {len(self.results) - len(lived)} of {len(self.results)} defects killed")
        if lived:
            say(f"  lived: {', '.join(lived)}")
        for test in self.idle_tests if self.matrix else self.without_defect:
            why = " (its features have no defect)" if test in self.without_defect else ""
            say(f"  idle:  {short(test)}{why}")

    def as_json(self) -> dict[str, Any]:
        """For a machine."""
        return {
            "defects": {
                result.defect.name: {
                    "feature": result.defect.feature,
                    "area": result.defect.area,
                    "text": result.defect.text,
                    "replaces": result.defect.replaces,
                    "killed_by": result.killed_by,
                    "lived": result.lived,
                    "harmed": result.broken_smoke,
                    "unjudged": result.unjudged,
                    "seconds": round(result.seconds, 1),
                    "folder": str(result.folder),
                    "error": result.error,
                }
                for result in self.results
            },
            "idle_tests": self.idle_tests,
            "healthy": self.healthy.counts,
        }


def healthy(rig: Path, folder: Path, features: set[str], jobs: int = 1, known: Iterable[str] = ()) -> Outcome:
    """The tests that the defects will meet, on the rig without any; a rig for each job (pytest-xdist).

    Tests of none of the `known` features are noted too: see `Proof.without_defect`.
    """
    side_by_side = parallel.words(jobs)
    noted = ["--proof-known", ",".join(sorted(known))] if known else []
    outcome = _run(rig, folder, [*side_by_side, "--proof-features", ",".join(sorted(features)), *noted])
    good = sum(outcome.counts.get(key, 0) for key in ("passed", "warnings"))
    say(f"  healthy: {good} of {len(outcome.tests)} tests passed")
    for test in outcome.tests:
        if test["verdict"] not in HARMLESS:
            say(f"  healthy: {short(test['id'])}: {test['verdict']}: {test.get('reason', '').splitlines()[:1]}")
    return outcome


def kill(rig: Path, folder: Path, defect: Defect, healthy: Outcome, matrix: bool, *, smoke: bool = True) -> Kill:
    """One defect's run: its feature's tests until one kills, then the smoke tests of all other features.

    Without `smoke` these are left to a run of several defects: see `batches`.
    """
    began = clock.monotonic()
    here = folder / f"defect-{defect.name}"
    derived = standin_facts.derived_rig(rig, here, words=("--defect", defect.name))
    options = ["--proof-features", defect.feature, *([] if matrix else ["--first-kill"])]
    options += [] if smoke else ["--proof-without-smoke"]
    outcome = _run(derived, here, options)
    result = judge(defect, outcome, healthy, called=defect.was_called(here))
    result.seconds = clock.monotonic() - began
    result.folder = here
    return result


def judge(defect: Defect, outcome: Outcome, healthy: Outcome, *, called: bool = True) -> Kill:
    """What a run says of a defect; pure, so that it can be tested without a rig.

    A replacement that was not `called` had no part in anything that the tests found.
    """
    passes = {test["id"] for test in healthy.tests if test["verdict"] in GOOD}
    result = Kill(defect)
    if not outcome.tests:
        result.error = f"nothing ran (pytest ended with {outcome.pytest_code})"
    elif outcome.cut_short:
        result.error = f"the run did not come to its end (pytest ended with {outcome.pytest_code})"
    elif not called:
        result.error = f"its replacement of {defect.replaces} was never called"
    known = {test["id"] for test in healthy.tests if is_watch(test) and test["verdict"] not in HARMLESS}
    for test in outcome.tests:
        name, found, own = test["id"], test["verdict"], defect.feature in test["features"]
        if is_watch(test):
            # The smoke condition looks at test bodies only: a rule that breaks elsewhere harms nothing.
            if own and found == Verdict.PRODUCT_FAILURE.value and name not in known:
                result.killed_by.append(name)
        elif own:
            result.tests.append(name)
            if found == Verdict.PRODUCT_FAILURE.value and test.get("phase") == "call" and name in passes:
                result.killed_by.append(name)
            elif found not in HARMLESS:
                result.unjudged.append(name)
        elif found not in GOOD and name in passes:
            result.broken_smoke.append(name)
    return result


def is_watch(test: Mapping[str, Any]) -> bool:
    """Whether it is the watch result of a rule, no test."""
    return test.get("kind") == "watch"


def batches(defects: list[Defect], healthy: Outcome, most: int) -> list[list[Defect]]:
    """Defects that smoke tests may meet at once, `most` a batch.

    None is of a feature that a smoke test has (such a defect has a run of its own), and no two exclude each other.
    """
    seen = {feature for test in healthy.tests if test.get("smoke") for feature in test["features"]}
    found: list[list[Defect]] = []
    for defect in defects:
        if defect.feature in seen:
            continue
        for batch in found:
            if len(batch) < most and not any(defect.excludes(other) for other in batch):
                batch.append(defect)
                break
        else:
            found.append([defect])
    return found


def broken_smoke(rig: Path, folder: Path, batch: list[Defect], healthy: Outcome) -> dict[str, list[str]]:
    """Which smoke tests each of these defects breaks: all of them at once, and each alone where that breaks any."""
    here = folder / f"smoke-{batch[0].name}{f'-and-{len(batch) - 1}-more' if batch[1:] else ''}"
    words = [word for defect in batch for word in ("--defect", defect.name)]
    outcome = _run(standin_facts.derived_rig(rig, here, words=tuple(words)), here, [])
    broken = judge(batch[0], outcome, healthy).broken_smoke
    if not broken and outcome.tests and not outcome.cut_short:
        return {}
    if len(batch) == 1:
        return {batch[0].name: broken or [f"nothing ran (pytest ended with {outcome.pytest_code})"]}
    return {name: tests for defect in batch for name, tests in broken_smoke(rig, folder, [defect], healthy).items()}


def short(test: str) -> str:
    """A test's name without its file."""
    return test.rsplit("::", 1)[-1]


def _run(rig: Path, folder: Path, options: list[str]) -> Outcome:
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "pytest.log").open("wb") as log:
        log.write(time.strftime("%Y-%m-%d %H:%M:%S\n").encode())
        return suites.run(rig, folder, options=[*PLUGIN, *options], output=log)
