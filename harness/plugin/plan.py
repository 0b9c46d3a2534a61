"""The plan of this run: rig, segment, profiles and folder. `configure` registers the plugins for it."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from harness.core.errors import RigFault, UsageError
from harness.core.layout import RUNS
from harness.evidence import new_run
from harness.evidence.run_folder import RunFolder
from harness.host.watch import HostWatch
from harness.plugin import reruns
from harness.rig import file as rig_files
from harness.rig import profile_selection, segment
from harness.rig.model import Rig


@dataclass
class Plan:
    """The task of this pytest process: its rig, its profiles and its folder for evidence."""

    rig: Rig
    rig_file: Path
    profiles: list[str]
    run: Path
    strict: bool = False
    wait: float = 0.0
    worker: str = ""
    firmware: Path | None = None
    jobs: int = 1
    simulated: bool = False
    facts: dict[str, Any] = field(default_factory=dict)
    host: HostWatch | None = None
    """The watch of the host, while the rig is in use."""

    @property
    def files(self) -> RunFolder:
        """The run's folder as this process writes into it."""
        return RunFolder(self.run, self.worker)


PLAN = pytest.StashKey[Plan]()
INPUT = "m9"
"""What a worker of pytest-xdist gets: the run's folder and the number of its rig file."""


def plan_of(config: pytest.Config) -> Plan:
    """The plan made when pytest was configured."""
    return config.stash[PLAN]


def made(config: pytest.Config) -> Plan:
    """Read the rig, enter its segment and make the run's folder; a mistake is a usage error."""
    told = getattr(config, "workerinput", {})
    worker = str(told.get("workerid", ""))
    try:
        reruns.refuse(config.pluginmanager)
        rig_file = _rig_file(config, told)
        rig = rig_files.load(rig_file)
        profiles = profile_selection.profiles(rig, config.option.profile)
        jobs = _jobs(config, rig, worker)
        simulated = any(one.kind == "simulated" for one in (rig, *_others(config, worker)))
        if rig.private and not config.option.collectonly:
            _enter_segment(config, worker)
        run = _run_folder(config, rig, profiles, told)
    except (UsageError, RigFault) as error:
        raise pytest.UsageError(str(error)) from None
    plan = Plan(rig, rig_file, profiles, run, config.option.strict_rules, config.option.wait, worker)
    plan.jobs, plan.simulated = jobs, simulated
    plan.firmware = Path(config.option.firmware) if config.option.firmware else None
    config.stash[PLAN] = plan
    return plan


def _rig_file(config: pytest.Config, told: Mapping[str, Any]) -> Path:
    files: list[Path] = [Path(one) for one in config.option.rig]
    number: int = told.get(INPUT, {}).get("rig", 0)
    return config.invocation_params.dir / files[number]


def _others(config: pytest.Config, worker: str) -> list[Rig]:
    """The rigs of other workers, in the process that the user started."""
    return [] if worker else [rig_files.load(config.invocation_params.dir / one) for one in config.option.rig[1:]]


def _jobs(config: pytest.Config, rig: Rig, worker: str) -> int:
    """The number of rigs side by side; raises UsageError if fewer are named."""
    processes = config.getoption("numprocesses", None) or 0
    if worker or not isinstance(processes, int):
        return 1
    if processes > len(config.option.rig) and not rig.private:
        raise UsageError(
            f"-n {processes} needs {processes} rigs, and {len(config.option.rig)} is named",
            remedy="name one --rig for each worker",
        )
    return max(1, processes)


def _enter_segment(config: pytest.Config, worker: str) -> None:
    if worker:
        segment.separate()
        return
    if segment.inside():
        return
    if list(config.invocation_params.args) != sys.argv[1:]:
        raise UsageError(
            "this rig needs a private segment, and pytest was not started by its own command line",
            remedy="run it as `pytest …` or `m9 nightly`",
        )
    capture = config.pluginmanager.getplugin("capturemanager")
    if capture is not None:
        capture.stop_global_capturing()
    os.chdir(config.invocation_params.dir)
    segment.enter_as_started()


def _run_folder(config: pytest.Config, rig: Rig, profiles: list[str], told: Mapping[str, Any]) -> Path:
    wanted = config.option.run_dir
    if config.option.collectonly:
        return Path(wanted or RUNS)
    run = Path(told[INPUT]["run"]) if told.get(INPUT) else new_run.create(rig.name, profiles, wanted)
    if getattr(config.option, "allure_report_dir", None) is None:
        config.option.allure_report_dir = str(RunFolder(run).allure_results)
    return run
