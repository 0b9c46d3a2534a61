"""A rig that cannot judge gives its tests back, so that a healthy rig beside it runs them.

A worker whose rig does not come up, or whose tests end in a rig fault twice in a row, ends itself before its next test.
pytest-xdist replaces it; the new worker starts the same rig again. A rig that is sick twice becomes a reserve.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Callable, Generator, Mapping
from typing import TYPE_CHECKING, Any

import pytest
from xdist.scheduler import LoadScheduling

from harness.core import stall
from harness.core.errors import RigFault
from harness.core.verdict import Verdict
from harness.plugin.plan import INPUT, Plan
from harness.rig.factory import LEAST_ROOM

if TYPE_CHECKING:
    from xdist.workermanage import WorkerController

STARTS = 2
"""A rig is started so often; if it is sick again, it gets tests only when no other rig is left."""
IN_A_ROW = 2
"""So many rig faults one after the other show that renewed parts do not help."""
OF_THE_HOST = f"rig fault: {stall.PART}:"
RIG_FIXTURES = ("rig_session", "profile_session")
FACT = "sick"
SICK = 75
"""The exit code of a worker that gives its tests back (EX_TEMPFAIL of sysexits.h)."""


class Health:
    """In a worker beside others: ends it before its next test if its rig is sick."""

    def __init__(self, plan: Plan, write: Callable[[], None]) -> None:
        """`write` stores the plan's facts for the process that the user started."""
        self.plan = plan
        self._write = write
        self._faults = 0
        self._sick = ""

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: pytest.FixtureDef[Any]) -> Generator[None, object, object]:
        """See whether the rig comes up: pytest keeps the error of a session's fixture, and raises it in each test."""
        try:
            return (yield)
        except RigFault as fault:
            if fixturedef.argname in RIG_FIXTURES:
                self._sick = fault.text
            raise

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count the rig faults in a row."""
        found = dict(report.user_properties)
        if report.when != "teardown" or found.get("verdict") == Verdict.NOT_APPLICABLE.value:
            return
        if shutil.disk_usage(self.plan.run).free < LEAST_ROOM:
            return  # no other rig has more room
        if str(found.get("reason", "")).startswith(OF_THE_HOST):
            return  # all rigs of this machine have it, and a start makes it worse
        self._faults = self._faults + 1 if found.get("verdict") == Verdict.RIG_FAULT.value else 0
        if self._faults >= IN_A_ROW:
            self._sick = self._sick or str(found.get("reason", "")).partition("\n")[0]

    @pytest.hookimpl(wrapper=True, tryfirst=True)  # outside all hooks that record the test
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        """End this process in order before the test begins; the rig is given back first."""
        if self._sick:
            with contextlib.suppress(Exception):  # a sick rig may refuse anything
                item.session._setupstate.teardown_exact(None)
            self.plan.facts[FACT] = self._sick
            self._write()
            os._exit(SICK)
        return (yield)


class Scheduling(LoadScheduling):  # type: ignore[misc]  # pytest-xdist has no types
    """pytest-xdist's distribution one by one, but the tests of a worker that gave up its rig go to the others."""

    def __init__(
        self, config: pytest.Config, log: Any, *, gave_up: Callable[[str], bool], proved: Callable[[str], bool]
    ) -> None:
        """`gave_up` says of a worker whether it gave its tests back, `proved` whether its rig has judged a test."""
        super().__init__(config, log)
        self._gave_up = gave_up
        self._proved = proved

    @property
    def tests_finished(self) -> bool:
        """Whether all tests are given out, and none can come back to a worker that waits for it."""
        waits = any(not node.shutting_down and not self._doubtful(node) for node in self.nodes)
        return bool(super().tests_finished) and not (waits and any(map(self._doubtful, self.nodes)))

    def mark_test_complete(self, node: WorkerController, item_index: int, duration: float = 0) -> None:
        """A worker whose rig has judged its first test may let the waiting ones end."""
        super().mark_test_complete(node, item_index, duration)
        self._check_others(node)

    def remove_node(self, node: WorkerController) -> str | None:
        """Returns the test that died with the worker; a worker that gave its tests back was not running any."""
        if self._gave_up(node.gateway.id):
            self.pending[:0] = self.node2pending[node]
            self.node2pending[node] = []
        crashed: str | None = super().remove_node(node)
        self._check_others(node)  # a reserve may be the only one left
        return crashed

    def check_schedule(self, node: WorkerController, duration: float = 0) -> None:
        """Give a reserve no tests while another rig is at work; end no worker whose rig may have to take tests."""
        if node.shutting_down:
            return
        if self.pending and not self._waits_as_reserve(node):
            super().check_schedule(node, duration)
        if not self.pending and (self._doubtful(node) or not any(map(self._doubtful, self.nodes))):
            node.shutdown()

    def _check_others(self, node: WorkerController) -> None:
        for other in self.nodes:
            if other is not node:
                self.check_schedule(other)

    def _waits_as_reserve(self, node: WorkerController) -> bool:
        others = (other for other in self.nodes if other is not node and not other.shutting_down)
        return _is_reserve(node) and not all(map(_is_reserve, others))

    def _doubtful(self, node: WorkerController) -> bool:
        """Whether a worker has tests and no rig that is known to work."""
        return bool(self.node2pending[node]) and not _is_reserve(node) and not self._proved(node.gateway.id)


def _is_reserve(node: WorkerController) -> bool:
    return bool(node.workerinput[INPUT]["reserve"])


def lines(facts: Mapping[str, Any]) -> list[str]:
    """For a person: which workers gave their rig up, and why."""
    workers: Mapping[str, Mapping[str, Any]] = facts.get("workers", {})
    return [
        f"{worker} gave {own.get('rig')} up, other rigs ran its tests: {own[FACT]}"
        for worker, own in workers.items()
        if FACT in own
    ]
