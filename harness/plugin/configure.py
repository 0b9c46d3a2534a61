"""What the plugin registers with pytest once a rig is named."""

from __future__ import annotations

import signal
from contextlib import ExitStack

import pytest

from harness.core import signals
from harness.plugin import (
    evidence,
    fixtures,
    idle,
    plan,
    procedures,
    run_record,
    second_start,
    selection,
    sick_rigs,
    verdict_pipeline,
    watch,
    workers,
)
from harness.plugin.plan import Plan


def configure(config: pytest.Config) -> None:
    """Make the plan of this run, and register the plugins that carry it out."""
    this = plan.made(config)
    _register_selection(config.pluginmanager, this)
    if config.option.collectonly:
        return
    _register_run(config, this)
    until_unconfigured = ExitStack()
    until_unconfigured.enter_context(signals.in_order((signal.SIGINT, *signals.TOLD)))
    config.add_cleanup(until_unconfigured.close)


def _register_selection(manager: pytest.PytestPluginManager, this: Plan) -> None:
    """Register what a collection needs."""
    manager.register(selection.Selection(this), "m9-selection")
    manager.register(verdict_pipeline.VerdictPipeline(), "m9-verdicts")
    manager.register(fixtures, "m9-fixtures")
    manager.register(procedures, "m9-procedures")
    manager.register(idle, "m9-idle-fixture")


def _register_run(config: pytest.Config, this: Plan) -> None:
    """Register what a run needs too: in each process that drives a rig, and in the process that the user started."""
    manager = config.pluginmanager
    manager.register(evidence.Evidence(this), evidence.EVIDENCE)
    manager.register(idle.Idle(this), idle.IDLE)
    manager.register(watch.Watch(this, config), watch.WATCH)
    if this.worker:
        facts = workers.WorkerFacts(this)
        manager.register(facts, "m9-worker-facts")
        if getattr(config, "workerinput", {}).get(plan.INPUT, {}).get("gives_back"):
            manager.register(sick_rigs.Health(this, facts.write), "m9-rig-health")
        else:
            manager.register(second_start.SecondStart(), "m9-second-start")
        return
    manager.register(second_start.SecondStart(), "m9-second-start")
    manager.register(run_record.Record(this), "m9-record")
    if config.getoption("numprocesses", None):  # also with one worker: it is another process
        manager.register(workers.Workers(this, config), "m9-workers")
