"""When a defect counts as killed (design, law 6), and the matrix of defects and the tests that killed them."""

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
from harness.evidence.run_folder import RunFolder
from harness.plugin import host
from harness.plugin.defect_selection import WITHOUT_DEFECT

GOOD = (Verdict.PASSED.value, Verdict.WARNING.value)
HARMLESS = (*GOOD, Verdict.NOT_APPLICABLE.value)
PLUGIN = ("-p", "harness.plugin.defect_selection")


@dataclass
class Kill:
    """One defect's run: the tests that killed it, the smoke tests of other features it broke, what was not judged."""

    defect: Defect
    killed_by: list[str] = field(default_factory=list)
    broken_smoke: list[str] = field(default_factory=list)
    unjudged: list[str] = field(default_factory=list)
    stalled: bool = False
    """Whether the host stood still in its run, so that what rests on time was not judged: it is to run again, alone."""
    tests: list[str] = field(default_factory=list)
    seconds: float = 0.0
    folder: Path = Path()
    error: str = ""

    @property
    def lived(self) -> bool:
        """Whether no test killed it."""
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
    """The runs of all defects, and the healthy run under each profile that some of them need."""

    healthy: dict[str | None, Outcome]
    matrix: bool
    results: list[Kill] = field(default_factory=list)

    @property
    def _healthy_tests(self) -> list[dict[str, Any]]:
        return [test for outcome in self.healthy.values() for test in outcome.tests]

    @property
    def idle_tests(self) -> list[str]:
        """Tests that killed no defect of their feature, and tests whose features have no defect."""
        features = {result.defect.feature for result in self.results}
        killers = {test for result in self.results for test in result.killed_by}
        idle = [
            test["id"]
            for test in self._healthy_tests
            if features & set(test["features"]) and test["id"] not in killers and not is_watch(test)
        ]
        return [*idle, *self.without_defect]

    @property
    def without_defect(self) -> list[str]:
        """Tests that no defect can make fail, as their features have none; filled with --all only."""
        return [name for outcome in self.healthy.values() for name in outcome.content.get(WITHOUT_DEFECT, [])]

    @property
    def exit_code(self) -> int:
        """10 when a defect lived, or when the tests did not all pass on the healthy rig."""
        ill = any(test["verdict"] not in HARMLESS for test in self._healthy_tests)
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
            "healthy": {profile or "": outcome.counts for profile, outcome in self.healthy.items()},
        }


def healthy(
    rig: Path, folder: Path, features: set[str], jobs: int = 1, known: Iterable[str] = (), profile: str | None = None
) -> Outcome:
    """Run the tests of the defects on the rig without defects; each job has its own rig (pytest-xdist).

    Tests without any of the `known` features are noted too: see `Proof.without_defect`. Raises KeyboardInterrupt if
    the run was told to end: pytest got the signal, and nothing more may begin.
    """
    side_by_side = parallel.words(jobs)
    noted = ["--proof-known", ",".join(sorted(known))] if known else []
    outcome = _run(rig, folder, [*side_by_side, "--proof-features", ",".join(sorted(features)), *noted], profile)
    if outcome.exit_code == verdict.EXIT_INTERRUPTED:
        raise KeyboardInterrupt
    good = sum(outcome.counts.get(key, 0) for key in ("passed", "warnings"))
    under = f" under {profile}" if profile else ""
    say(f"  healthy{under}: {good} of {len(outcome.tests)} tests passed")
    for test in outcome.tests:
        if test["verdict"] not in HARMLESS:
            say(f"  healthy: {short(test['id'])}: {test['verdict']}: {test.get('reason', '').splitlines()[:1]}")
    return outcome


def kill(rig: Path, folder: Path, defect: Defect, healthy: Outcome, matrix: bool, *, smoke: bool = True) -> Kill:
    """One defect's run: its feature's tests until one kills, then the smoke tests of all other features.

    Without `smoke` the smoke tests run later, against several defects at once: see `batches`.
    """
    began = clock.monotonic()
    here = folder / f"defect-{defect.name}"
    derived = standin_facts.derived_rig(rig, here, words=("--defect", defect.name))
    options = ["--proof-features", defect.feature, *([] if matrix else ["--first-kill"])]
    options += [] if smoke else ["--proof-without-smoke"]
    outcome = _run(derived, here, options, defect.profile)
    result = judge(defect, outcome, healthy, called=defect.was_called(here))
    result.seconds = clock.monotonic() - began
    result.folder = here
    return result


def judge(defect: Defect, outcome: Outcome, healthy: Outcome, *, called: bool = True) -> Kill:
    """The result of a defect from its run; pure, so that it can be tested without a rig.

    If the replacement was not `called`, the defect caused none of the failures that the tests found.
    """
    passes = {test["id"] for test in healthy.tests if test["verdict"] in GOOD}
    result = Kill(defect, stalled=bool(host.line(outcome.content)))
    if not outcome.tests:
        result.error = f"nothing ran (pytest ended with {outcome.pytest_code})"
    elif outcome.cut_short:
        result.error = f"the run was not completed (pytest ended with {outcome.pytest_code})"
    elif not called:
        result.error = f"its replacement of {defect.replaces} was never called"
    known = {test["id"] for test in healthy.tests if is_watch(test) and test["verdict"] not in HARMLESS}
    for test in outcome.tests:
        name, found, own = test["id"], test["verdict"], defect.feature in test["features"]
        if is_watch(test):
            # The smoke condition counts test bodies only: a rule broken outside them does not matter here.
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
    """Whether this is the result of a watched rule and not of a test."""
    return test.get("kind") == "watch"


def batches(defects: list[Defect], healthy: Outcome, most: int) -> list[list[Defect]]:
    """Batches of at most `most` defects that smoke tests may meet at once.

    A defect of a feature that a smoke test has is left out: it has its own run. No two of a batch exclude each other.
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
    outcome = _run(standin_facts.derived_rig(rig, here, words=tuple(words)), here, [], batch[0].profile)
    broken = judge(batch[0], outcome, healthy).broken_smoke
    if not broken and outcome.tests and not outcome.cut_short:
        return {}
    if len(batch) == 1:
        return {batch[0].name: broken or [f"nothing ran (pytest ended with {outcome.pytest_code})"]}
    return {name: tests for defect in batch for name, tests in broken_smoke(rig, folder, [defect], healthy).items()}


def short(test: str) -> str:
    """A test's name without its file."""
    return test.rsplit("::", 1)[-1]


def _run(rig: Path, folder: Path, options: list[str], profile: str | None = None) -> Outcome:
    folder.mkdir(parents=True, exist_ok=True)
    with RunFolder(folder).pytest_log.open("wb") as log:
        log.write(time.strftime("%Y-%m-%d %H:%M:%S\n").encode())
        return suites.run(rig, folder, profile=profile, options=[*PLUGIN, *options], output=log)
