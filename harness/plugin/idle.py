"""After each test, when everything was given back: what base and handsets are like, for the rules of the idle state."""

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
"""How often it was looked, and what that cost, in the run's record."""
FAULTS = (Verdict.RIG_FAULT, Verdict.HARNESS_FAULT)


class Idle:
    """Looks while a profile is up, and notes what that cost."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._look: IdleLook | None = None

    @contextmanager
    def of_profile(self, under: ProfileSession) -> Iterator[None]:
        """Look after each test of this profile."""
        self._look = look = IdleLook(under)
        try:
            yield
        finally:
            self._look = None
            facts = self._plan.facts
            facts[LOOKS] = facts.get(LOOKS, 0) + len(look.seconds)
            facts[SECONDS] = round(facts.get(SECONDS, 0.0) + sum(look.seconds), 3)

    def after(self, item: pytest.Item) -> None:
        """The test has given everything back."""
        if self._look is None:
            return
        witness = evidence_of(item.config).base
        log = witness.take_log() if witness is not None else None
        read_at = witness.read_at if witness is not None else 0.0
        self._look.look(item.nodeid, log, read_at, anew=verdict_of(item) in FAULTS)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say what the looks cost."""
        looks = self._plan.facts.get(LOOKS, 0)
        if looks:
            each = self._plan.facts[SECONDS] / looks * 1000
            terminalreporter.write_line(f"m9: the idle state after {looks} tests, {each:.0f} ms each")


@pytest.fixture
def idle_afterwards(request: pytest.FixtureRequest, profile_night: Any, wire: Any) -> Iterator[None]:
    """What uses base, handsets or peers comes after this and ends before it: then the idle state is looked at."""
    yield
    idle_of(request.config).after(request.node)


def idle_of(config: pytest.Config) -> Idle:
    """The plugin of this run that looks."""
    plugin = config.pluginmanager.get_plugin(IDLE)
    assert isinstance(plugin, Idle)
    return plugin
