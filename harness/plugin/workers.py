"""Several rigs side by side in one run: one worker of pytest-xdist for each; the user's process adds up the results.

Each worker writes the facts about its rig into its own file, so that they remain if the worker is killed.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
from collections.abc import Generator, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from harness.core import clock, files
from harness.core.verdict import Verdict
from harness.evidence.run_folder import RunFolder
from harness.plugin import allure_files, sick_rigs, watch_facts
from harness.plugin.plan import INPUT, Plan
from harness.plugin.watch_items import short_id
from harness.signoff import results

PATIENCE = 120.0
"""Seconds that workers have to restore settings when a run is interrupted."""
SUMS = ("reboots", "idle_looks", "idle_seconds")
OWN = ("rig", "firmware", "reboots", "capture", "host", sick_rigs.FACT)
"""Facts that are also kept for each worker."""
OF_ONE = ("pid", "rig", "capture", "host", sick_rigs.FACT)
"""Facts of one worker that the run does not take over."""


@dataclass(frozen=True)
class Place:
    """A rig in use by a worker: its number among the rig files, and how often it was sick until now."""

    rig: int
    sick: int = 0


class Workers:
    """In the process that the user started: gives each worker its rig, reads its facts and ends it in order."""

    def __init__(self, plan: Plan, config: pytest.Config) -> None:
        self.plan = plan
        self.config = config
        self._places: dict[str, Place] = {}
        self._vacated: list[Place] = []
        self._dead: dict[str, Place] = {}
        """Workers that died while no test of theirs is known to have been running."""
        self._proved: set[str] = set()
        """Workers whose rig has judged a test."""
        self._alive: dict[str, Any] = {}
        self._facts: dict[str, dict[str, Any]] = {}
        self._read: dict[str, int] = {}

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Give a worker this run's folder and its rig; a worker that replaces a dead one gets the dead one's rig."""
        place = self._vacated.pop() if self._vacated else Place(self._least_used())
        self._places[node.gateway.id] = place
        reserve = place.sick >= sick_rigs.STARTS
        node.workerinput[INPUT] = {
            "run": str(self.plan.run),
            "rig": place.rig,
            "reserve": reserve,
            "gives_back": self._gives_back and not reserve,
        }

    @property
    def _gives_back(self) -> bool:
        """Whether a sick rig's tests can go to another rig."""
        return self.plan.jobs > 1 and self.config.getvalue("dist") == "load"

    def _least_used(self) -> int:
        """A free rig; if a rig file is used several times, the one that fewest workers have."""
        in_use = [place.rig for place in self._places.values()]
        return min(range(len(self.config.option.rig)), key=in_use.count)

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_make_scheduler(self, config: pytest.Config, log: Any) -> object:
        """Distribute the tests one by one with a way back for the tests of a sick rig."""
        if not self._gives_back:
            return None
        return sick_rigs.Scheduling(config, log, gave_up=self.gave_up, proved=self._proved.__contains__)

    def gave_up(self, worker: str) -> bool:
        """Whether this worker ended itself because its rig is sick."""
        return sick_rigs.FACT in self._facts.get(worker, {})

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodeready(self, node: Any) -> None:
        """Note the worker's process."""
        self._alive[node.gateway.id] = node

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any, error: object) -> None:
        """Read the worker's facts about its rig; a dead worker's rig is for its replacement, which comes next."""
        worker = node.gateway.id
        self._alive.pop(worker, None)
        self.take_over()
        place = self._places.pop(worker, None)
        if place is None or not error:
            return
        if not self.gave_up(worker):
            self._dead[worker] = place
        failed = self.gave_up(worker) or worker not in self._proved
        self._vacated = [Place(place.rig, place.sick + failed)]

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Write all known facts to the run's record, in case the run is killed."""
        if report.when == "teardown":
            verdict = dict(report.user_properties).get("verdict")
            if verdict not in (Verdict.RIG_FAULT.value, Verdict.NOT_APPLICABLE.value):
                self._proved.add(worker_of(report))
            self.take_over()

    @pytest.hookimpl(optionalhook=True)
    def pytest_handlecrashitem(self, crashitem: str, report: pytest.TestReport) -> None:
        """Report the death of a worker for its running test, in the record and in Allure."""
        self._dead.pop(worker_of(report), None)
        self._tell_death(crashitem, report, worker_of(report), "ended while it ran this test")

    def _tell_death(self, nodeid: str, report: pytest.TestReport, worker: str, how: str) -> None:
        reason = (
            f"the worker {worker} {how}\n"
            f"  remedy    check dmesg for lack of memory; the worker's output: {RunFolder(self.plan.run, worker).parts}"
        )
        found = {"verdict": Verdict.HARNESS_FAULT.value, "phase": "call", "reason": reason}
        found |= {"profile": results.profile_in(short_id(nodeid), self.plan.profiles), "worker": worker}
        found["rig"] = str(self._facts.get(worker, {}).get("rig", self.plan.rig.name))
        report.user_properties = list(found.items())
        allure_files.report_lost(nodeid, reason, Verdict.HARNESS_FAULT.value)

    def _tell_deaths_between_tests(self) -> None:
        """A worker that died in no test of its own leaves a result too: its base may be changed still."""
        for worker in self._dead:
            nodeid = f"worker[{worker}]"
            how = "ended while it gave its rig back, or before its first test"
            report = pytest.TestReport(nodeid, ("worker", None, nodeid), {}, "failed", how, "teardown")
            self._tell_death(nodeid, report, worker, how)
            self.config.hook.pytest_runtest_logreport(report=report)

    @pytest.hookimpl(wrapper=True)
    def pytest_sessionfinish(self) -> Generator[None, object, object]:
        """When a run is interrupted, end each worker in order before pytest-xdist closes its connection."""
        self._tell_deaths_between_tests()
        self._end()
        try:
            return (yield)
        finally:
            self.take_over()

    def _end(self) -> None:
        self.take_over()
        for worker in self._alive:
            with contextlib.suppress(ProcessLookupError, KeyError):
                os.kill(self._facts[worker]["pid"], signal.SIGTERM)
        session = self.config.pluginmanager.get_plugin("dsession")
        until = clock.monotonic() + PATIENCE
        while session is not None and self._alive and clock.monotonic() < until:
            with contextlib.suppress(queue.Empty):
                name, words = session.queue.get(timeout=0.5)
                if name == "testreport":
                    words["rep"].node = words["node"]
                    self.config.hook.pytest_runtest_logreport(report=words["rep"])
                elif name in ("workerfinished", "errordown"):
                    self._alive.pop(words["node"].gateway.id, None)

    def take_over(self) -> None:
        """Read the workers' new facts and add them up."""
        new = False
        for worker, path in RunFolder(self.plan.run).facts_of_workers.items():
            with contextlib.suppress(OSError, ValueError):
                changed = path.stat().st_mtime_ns
                if self._read.get(worker) != changed:
                    self._facts[worker] = json.loads(path.read_text(encoding="utf-8"))
                    self._read[worker], new = changed, True
        if new:
            self.plan.facts |= added_up(self._facts)


class WorkerFacts:
    """In a worker: writes its process number and its rig's facts at the start, after each test and at the end."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self._written = ""

    def pytest_sessionstart(self) -> None:
        """Write the process number for the process that ends this worker."""
        self.write()

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self) -> Generator[None, object, object]:
        """Write after each test, also after one that ends the run."""
        try:
            return (yield)
        finally:
            self.write()

    @pytest.hookimpl(wrapper=True, trylast=True)  # inside pytest-xdist's hook, which reports that the worker has ended
    def pytest_sessionfinish(self) -> Generator[None, object, object]:
        """Write after the last teardown, when all is known."""
        try:
            return (yield)
        finally:
            self.write()

    def write(self) -> None:
        """Write the file at once, so that a reader never sees a part of it; others report a full disk."""
        own = {"pid": os.getpid(), "rig": self.plan.rig.name}
        text = json.dumps({**self.plan.facts, **own}, default=str, ensure_ascii=False)
        if text != self._written:
            path = self.plan.files.facts
            with contextlib.suppress(OSError):
                path.parent.mkdir(parents=True, exist_ok=True)
                files.write(path, text)
                self._written = text


def worker_of(report: Any) -> str:
    """The worker that a report came from; empty if there are no workers."""
    node = getattr(report, "node", None)
    return str(node.gateway.id) if node is not None else ""


def added_up(workers: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """The facts of a run from those of its workers; `workers` has the facts of each."""
    found: dict[str, Any] = {}
    for facts in workers.values():
        rest = {key: value for key, value in facts.items() if key not in (*OF_ONE, *SUMS)}
        watch_facts.take_over(found, rest)
    found |= {key: sum(facts.get(key, 0) for facts in workers.values()) for key in SUMS}
    found["workers"] = {name: _own(workers[name]) for name in in_order(workers)}
    return found


def in_order(workers: Iterable[str]) -> list[str]:
    """gw2 before gw10."""
    return sorted(workers, key=lambda name: (len(name), name))


def _own(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {key: facts[key] for key in OWN if key in facts}
