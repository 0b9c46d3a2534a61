"""Reads the state of base and handsets after each test's teardown, for the rules of the idle state."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from harness.core.verdict import Verdict
from harness.plugin.evidence import evidence_of
from harness.plugin.plan import Plan
from harness.plugin.verdicts import verdict_of
from harness.procedures.idle.look import IdleLook

if TYPE_CHECKING:
    from harness.rig.profile_session import ProfileSession

IDLE = "m9-idle"
LOOKS, SECONDS = "idle_looks", "idle_seconds"
"""The key of the run's record for the number of reads and their time."""
FAULTS = (Verdict.RIG_FAULT, Verdict.HARNESS_FAULT)


class Idle:
    """Reads while a profile is up, and notes the time that it takes."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._look: IdleLook | None = None

    @contextmanager
    def of_profile(self, under: ProfileSession) -> Iterator[None]:
        """Read after each test of this profile."""
        self._look = look = IdleLook(under)
        try:
            yield
        finally:
            self._look = None
            facts = self._plan.facts
            facts[LOOKS] = facts.get(LOOKS, 0) + len(look.seconds)
            facts[SECONDS] = round(facts.get(SECONDS, 0.0) + sum(look.seconds), 3)

    def after(self, item: pytest.Item) -> None:
        """Read the state after the test's teardown."""
        if self._look is None:
            return
        base_log = evidence_of(item.config).base
        log = base_log.take_log() if base_log is not None else None
        read_at = base_log.read_at if base_log is not None else 0.0
        self._look.look(item.nodeid, log, read_at, anew=verdict_of(item) in FAULTS)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print the time that the reads took."""
        looks = self._plan.facts.get(LOOKS, 0)
        if looks:
            each = self._plan.facts[SECONDS] / looks * 1000
            terminalreporter.write_line(f"m9: the idle state after {looks} tests, {each:.0f} ms each")


@pytest.fixture
def idle_afterwards(request: pytest.FixtureRequest, profile_session: Any, wire: Any) -> Iterator[None]:
    """Fixtures with base, handsets or peers start after this one and end before it; then the idle state is read."""
    yield
    idle_of(request.config).after(request.node)


def idle_of(config: pytest.Config) -> Idle:
    """The plugin of this run that reads the idle state."""
    plugin = config.pluginmanager.get_plugin(IDLE)
    assert isinstance(plugin, Idle)
    return plugin
