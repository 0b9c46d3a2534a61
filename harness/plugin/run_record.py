"""Writes the results during the run: one line for each test when it ends, `run.json`, and Allure's other files.

A killed run leaves a folder that is marked as cut off; its finished tests can still be read for the sign-off."""

from __future__ import annotations

import copy
import json
import platform
import re
import shutil
from collections import Counter
from collections.abc import Generator, Mapping
from contextlib import suppress
from importlib import metadata
from typing import Any

import pytest

from harness.core import clock, files, verdict
from harness.core.layout import CATEGORIES
from harness.core.verdict import Verdict
from harness.evidence import reserve
from harness.plugin import host, properties, sick_rigs, watch_facts
from harness.plugin.pace import Pace
from harness.plugin.plan import Plan
from harness.plugin.watch_items import short_id
from harness.rules import tally
from harness.signoff import exercised, health_record, results

CAUSES = 3
"""So many causes of rig faults are told at the end of a run."""


class Record:
    """Collects the verdicts in the process that the user started (with pytest-xdist, the controller)."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.started = clock.now()
        self.tests: dict[str, dict[str, Any]] = {}
        self.lost = ""
        self._written: dict[str, Any] = {}
        self._places: dict[str, int] = {}
        self.results = plan.files.results.open("a", encoding="utf-8")

    def pytest_sessionstart(self) -> None:
        """Write the run's data, and Allure's environment files beside the results."""
        reserve.hold(self.plan.files.reserve)
        if health := health_record.parts(self.plan.run):
            self.plan.facts["health"] = health
        self._write(cut_off=True)
        self.plan.files.allure_results.mkdir(exist_ok=True)
        rig = self.plan.rig
        lines = {"rig": rig.name, "kind": rig.kind, "base": rig.base.mac, "profiles": ", ".join(self.plan.profiles)}
        if self.plan.simulated:
            lines["SIMULATED"] = "this run judged a software rig and cannot be signed off"
        lines |= {
            f"check {part}": words for part, words in health_record.told(self.plan.facts.get("health", [])).items()
        }
        lines |= {f"profile {name}": note for name, note in self._notes.items()}
        lines |= versions()
        self.plan.files.allure_environment.write_text(as_properties(lines), encoding="utf-8")
        if CATEGORIES.exists():
            shutil.copy(CATEGORIES, self.plan.files.allure_results)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Remember a test; write its line when it is over."""
        if report.when == "setup" and report.nodeid in self.tests:
            self._keep_earlier_try(report.nodeid)
        test = self.tests.setdefault(report.nodeid, {"id": short_id(report.nodeid), "duration": 0.0})
        test["duration"] = round(test["duration"] + report.duration, 3)
        properties.take_over(test, dict(report.user_properties))
        if report.when not in ("setup", "call"):  # pytest-xdist has its own word for the test of a dead worker
            test.setdefault("verdict", Verdict.HARNESS_FAULT.value)
            self._keep(test)
            if self.plan.facts != self._written:
                self._write(cut_off=True)

    def _keep_earlier_try(self, nodeid: str) -> None:
        """Another plugin runs a test again: each try is a result of its own."""
        earlier = self.tests.pop(nodeid)
        tries = sum(one.startswith(f"{nodeid} (try ") for one in self.tests) + 1
        earlier["id"] += f" (try {tries})"
        self.tests[f"{nodeid} (try {tries})"] = earlier

    def _keep(self, test: dict[str, Any]) -> None:
        """Write a test's line; if the disk is full, evidence is lost, but verdicts do not change."""
        try:
            self.results.write(json.dumps(test, ensure_ascii=False) + "\n")
            self.results.flush()
        except OSError as error:
            self.lost = f"{self.plan.files.results}: {error.strerror}"

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_sessionfinish(self, exitstatus: int) -> Generator[None, object, object]:
        """Write `run.json` after the last teardown, even if the teardown fails."""
        try:
            return (yield)
        finally:
            reserve.release(self.plan.files.reserve)
            self._write(interrupted=exitstatus == pytest.ExitCode.INTERRUPTED)
            with suppress(OSError):  # on a full disk, lines that are in the record just written
                self.results.close()

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: list[str]) -> None:
        """Sort the tests in the order of the suites: workers end them in any order."""
        by_file = sorted(ids, key=lambda nodeid: nodeid.partition("::")[0])
        self._places = {nodeid: place for place, nodeid in enumerate(by_file)}

    def _write(self, **how: bool) -> None:
        """Write `run.json` as known now; until the run ends it is marked as cut off, in case the run is killed."""
        last = len(self._places)
        ordered = sorted(self.tests, key=lambda nodeid: self._places.get(nodeid, last))
        tests = [self.tests[nodeid] for nodeid in ordered if "verdict" in self.tests[nodeid]]
        rules = tally.by_test(tally.read(self.plan.facts))
        for test in tests:
            if broken := rules.get(test["id"]):
                test["watch"] = broken
        counts = verdict.counted(test["verdict"] for test in tests)
        rig, ended = self.plan.rig, clock.now()
        pace = Pace(self.plan.jobs, len(tests), ended - self.started, sum(test["duration"] for test in tests))
        self._written = copy.deepcopy(self.plan.facts)
        try:
            results.write(
                self.plan.run,
                {
                    "rig": {
                        "name": rig.name,
                        "kind": rig.kind,
                        "model": rig.base.model,
                        "mac": rig.base.mac,
                        "file": str(self.plan.rig_file),
                    },
                    "simulated": self.plan.simulated,
                    "profiles": self.plan.profiles,
                    "strict": self.plan.strict,
                    "started": self.started,
                    "ended": ended,
                    **pace.as_json(),
                    **how,
                    "versions": versions(),
                    **self.plan.facts,
                    "counts": counts,
                    "exit_code": verdict.exit_code_of_run(counts, **how),
                    "tests": tests,
                },
            )
        except OSError as error:
            self.lost = files.told(error)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print in one line what was judged and where the evidence is."""
        counts = verdict.counted(test["verdict"] for test in self.tests.values() if "verdict" in test)
        text = ", ".join(f"{number} {key.replace('_', ' ')}" for key, number in counts.items() if number)
        stamp = "   SIMULATED" if self.plan.simulated else ""
        if watched := watch_facts.line(self.plan.facts):
            terminalreporter.write_line(f"m9: {watched}")
            for trouble in (*self.plan.facts["watch"]["unjudged"], *self.plan.facts["watch"]["trouble"]):
                terminalreporter.write_line(f"m9: watch: {trouble}")
        for line in sick_rigs.lines(self.plan.facts):
            terminalreporter.write_line(f"m9: {line}")
        if stalled := host.line(self.plan.facts):
            terminalreporter.write_line(f"m9: {stalled}")
        for name, note in self._notes.items():
            terminalreporter.write_line(f"m9: profile {name}: {note}")
        for cause in self._causes():
            terminalreporter.write_line(f"m9: {cause}")
        terminalreporter.write_line(f"m9: {text or 'nothing judged'}{stamp}")
        terminalreporter.write_line(f"m9: evidence in {self.plan.run}")
        files = getattr(terminalreporter.config.pluginmanager.get_plugin("m9-evidence"), "files", None)
        lost = self.lost or getattr(files, "lost", "")
        if lost:
            terminalreporter.write_line(f"m9: evidence is incomplete: {lost}; make room in {self.plan.run.parent}")

    @property
    def _notes(self) -> dict[str, str]:
        """How far the results of this run's profiles reach, where there is a limit."""
        return {name: note for name in self.plan.profiles if (note := exercised.note(name))}

    def _causes(self) -> list[str]:
        """Why the rig did not judge, the most frequent cause first, each with its number of tests and its remedy."""
        faults = Counter(
            "; ".join(" ".join(line.split()) for line in str(test.get("reason", "")).splitlines()[:2])
            for test in self.tests.values()
            if test.get("verdict") in (Verdict.RIG_FAULT.value, Verdict.HARNESS_FAULT.value)
        )
        shown = [f"{number} × {cause}" for cause, number in faults.most_common(CAUSES)]
        more = [f"{len(faults) - CAUSES} more causes, see the report"] if len(faults) > CAUSES else []
        without = [f"went on without {user}: {text}" for user, text in self.plan.facts.get("refused", {}).items()]
        return [*without, *shown, *more]


def versions() -> dict[str, str]:
    """The versions used in this run."""
    found = {"python": platform.python_version(), "kernel": platform.release()}
    for name in ("pytest", "allure-pytest", "pjsua2-python", "pyserial", "pysnmp", "selenium", "m9-harness"):
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def as_properties(lines: Mapping[str, str]) -> str:
    """Keys and values in the format of Java's Properties: a blank or colon would end a key, so it becomes a hyphen."""
    return "".join(f"{re.sub(r'[ :=]+', '-', key)} = {value}\n" for key, value in lines.items())
