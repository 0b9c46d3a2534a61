"""With a rig named: the rig file is read, the segment entered, the run's folder made, and the parts registered."""

from __future__ import annotations

import os
import signal
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from harness import ending
from harness.errors import UsageError
from harness.plugin import runfolder
from harness.rig import choice, segment
from harness.rig import file as rig_files
from harness.rig.model import Rig


@dataclass
class Plan:
    """What this pytest process is to do: which rig, which profiles, where evidence goes."""

    rig: Rig
    rig_file: Path
    profiles: list[str]
    run: Path
    folder: Path
    strict: bool = False
    wait: float = 0.0
    worker: str = ""
    firmware: Path | None = None
    facts: dict[str, Any] = field(default_factory=dict)


PLAN = pytest.StashKey[Plan]()


def plan_of(config: pytest.Config) -> Plan:
    """The plan that `configure` made."""
    return config.stash[PLAN]


def configure(config: pytest.Config) -> None:
    """Read the rig, enter its segment, and register selection, fixtures and verdicts."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "") if hasattr(config, "workerinput") else ""
    try:
        rig_file = _rig_file(config, worker)
        rig = rig_files.load(rig_file)
        profiles = choice.profiles(rig, config.option.profile)
        _check_workers(config, rig, worker)
        if rig.private and not config.option.collectonly:
            _enter_segment(config, worker)
    except UsageError as error:
        raise pytest.UsageError(str(error)) from None
    run = _run_folder(config, rig, profiles)
    folder = run / worker if worker else run
    plan = Plan(rig, rig_file, profiles, run, folder, config.option.strict_rules, config.option.wait, worker)
    plan.firmware = Path(config.option.firmware) if config.option.firmware else None
    config.stash[PLAN] = plan
    _register(config, plan)
    if not config.option.collectonly:
        until_unconfigured = ExitStack()
        until_unconfigured.enter_context(ending.in_order((signal.SIGINT, *ending.TOLD)))
        config.add_cleanup(until_unconfigured.close)


def _rig_file(config: pytest.Config, worker: str) -> Path:
    files: list[str] = config.option.rig
    number = int(worker.removeprefix("gw") or 0) if worker else 0
    return config.invocation_params.dir / files[number % len(files)]


def _check_workers(config: pytest.Config, rig: Rig, worker: str) -> None:
    processes = config.getoption("numprocesses", None) or 0
    if worker or rig.private or not isinstance(processes, int):
        return
    if processes > len(config.option.rig):
        raise UsageError(
            f"-n {processes} wants {processes} rigs, and {len(config.option.rig)} is named",
            remedy="name one --rig for each worker",
        )


def _enter_segment(config: pytest.Config, worker: str) -> None:
    if worker:
        segment.separate()
        return
    if segment.inside():
        return
    import sys

    if list(config.invocation_params.args) != sys.argv[1:]:
        raise UsageError(
            "this rig wants a private segment, and pytest was not started by a command line of its own",
            remedy="run it as `pytest …` or `m9 nightly`",
        )
    capture = config.pluginmanager.getplugin("capturemanager")
    if capture is not None:
        capture.stop_global_capturing()
    os.chdir(config.invocation_params.dir)
    segment.enter_as_started()


def _run_folder(config: pytest.Config, rig: Rig, profiles: list[str]) -> Path:
    if config.option.collectonly:
        return Path(config.option.run_dir or runfolder.RUNS)
    run = runfolder.create(rig, profiles, config.option.run_dir)
    config.option.run_dir = str(run)  # workers of pytest-xdist are given the same options
    if getattr(config.option, "allure_report_dir", None) is None:
        config.option.allure_report_dir = str(run / "allure-results")
    return run


def _register(config: pytest.Config, plan: Plan) -> None:
    from harness.plugin import fixtures, health, masked, procedures, selection, verdicts

    manager = config.pluginmanager
    manager.register(selection.Selection(plan), "m9-selection")
    manager.register(verdicts.Verdicts(plan), "m9-verdicts")
    manager.register(masked.MaskedReports(), "m9-masked")
    manager.register(health.Health(), "m9-health")
    manager.register(fixtures, "m9-fixtures")
    manager.register(procedures, "m9-procedures")
    if config.option.collectonly:
        return
    from harness.plugin import evidence

    manager.register(evidence.Evidence(plan), evidence.EVIDENCE)
    from harness.plugin import record, watch

    manager.register(watch.Watch(plan, config), watch.WATCH)

    if plan.worker:
        manager.register(record.WorkerFacts(plan, config), "m9-worker-facts")
    else:
        manager.register(record.Record(plan), "m9-record")
