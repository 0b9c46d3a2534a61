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
from typing import Any

import pytest

from harness.core import clock
from harness.core.verdict import Verdict
from harness.evidence.run_folder import RunFolder
from harness.plugin import allure_files, watch_facts
from harness.plugin.plan import INPUT, Plan
from harness.plugin.watch_items import short_id
from harness.signoff import results

PATIENCE = 120.0
"""Seconds that workers have to restore settings when a run is interrupted."""
SUMS = ("reboots", "idle_looks", "idle_seconds")
OWN = ("rig", "firmware", "reboots", "capture")
"""Facts that are also kept for each worker."""


class Workers:
    """In the process that the user started: gives each worker its rig, reads its facts and ends it in order."""

    def __init__(self, plan: Plan, config: pytest.Config) -> None:
        self.plan = plan
        self.config = config
        self._rigs: dict[str, int] = {}
        self._alive: dict[str, Any] = {}
        self._facts: dict[str, dict[str, Any]] = {}
        self._read: dict[str, int] = {}

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Give a worker this run's folder and its rig; a worker that replaces a dead one gets the dead one's rig."""
        files = self.config.option.rig
        free = [number for number in range(len(files)) if number not in self._rigs.values()]
        number = free[0] if free else len(self._rigs) % len(files)
        self._rigs[node.gateway.id] = number
        node.workerinput[INPUT] = {"run": str(self.plan.run), "rig": number}

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodeready(self, node: Any) -> None:
        """Note the worker's process."""
        self._alive[node.gateway.id] = node

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Read the worker's facts about its rig."""
        self._alive.pop(node.gateway.id, None)
        self._rigs.pop(node.gateway.id, None)
        self.take_over()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Write all known facts to the run's record, in case the run is killed."""
        if report.when == "teardown":
            self.take_over()

    @pytest.hookimpl(optionalhook=True)
    def pytest_handlecrashitem(self, crashitem: str, report: pytest.TestReport) -> None:
        """Report the death of a worker for its running test, in the record and in Allure."""
        worker = worker_of(report)
        reason = (
            f"the worker {worker} ended while it ran this test\n"
            f"  remedy    check dmesg for lack of memory; the worker's output: {RunFolder(self.plan.run, worker).parts}"
        )
        found = {"verdict": Verdict.HARNESS_FAULT.value, "phase": "call", "reason": reason}
        found |= {"profile": results.profile_in(short_id(crashitem), self.plan.profiles), "worker": worker}
        found["rig"] = str(self._facts.get(worker, {}).get("rig", self.plan.rig.name))
        report.user_properties = list(found.items())
        allure_files.report_lost(crashitem, reason, Verdict.HARNESS_FAULT.value)

    @pytest.hookimpl(wrapper=True)
    def pytest_sessionfinish(self) -> Generator[None, object, object]:
        """When a run is interrupted, end each worker in order before pytest-xdist closes its connection."""
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
        self._write()

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self) -> Generator[None, object, object]:
        """Write after each test, also after one that ends the run."""
        try:
            return (yield)
        finally:
            self._write()

    @pytest.hookimpl(wrapper=True, trylast=True)  # inside pytest-xdist's hook, which reports that the worker has ended
    def pytest_sessionfinish(self) -> Generator[None, object, object]:
        """Write after the last teardown, when all is known."""
        try:
            return (yield)
        finally:
            self._write()

    def _write(self) -> None:
        """Write the file at once, so that a reader never sees a part of it; others report a full disk."""
        own = {"pid": os.getpid(), "rig": self.plan.rig.name}
        text = json.dumps({**self.plan.facts, **own}, default=str, ensure_ascii=False)
        if text != self._written:
            path = self.plan.files.facts
            part = path.with_suffix(".part")
            with contextlib.suppress(OSError):
                path.parent.mkdir(parents=True, exist_ok=True)
                part.write_text(text, encoding="utf-8")
                os.replace(part, path)
                self._written = text


def worker_of(report: Any) -> str:
    """The worker that a report came from; empty if there are no workers."""
    node = getattr(report, "node", None)
    return str(node.gateway.id) if node is not None else ""


def added_up(workers: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """The facts of a run from those of its workers; `workers` has the facts of each."""
    found: dict[str, Any] = {}
    for facts in workers.values():
        rest = {key: value for key, value in facts.items() if key not in ("pid", "rig", "capture", *SUMS)}
        watch_facts.take_over(found, rest)
    found |= {key: sum(facts.get(key, 0) for facts in workers.values()) for key in SUMS}
    found["workers"] = {name: _own(workers[name]) for name in in_order(workers)}
    return found


def in_order(workers: Iterable[str]) -> list[str]:
    """gw2 before gw10."""
    return sorted(workers, key=lambda name: (len(name), name))


def _own(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {key: facts[key] for key in OWN if key in facts}
