"""Registering identities of the base: pages and server act, waits follow the wire, rules judge."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.core import clock
from harness.core.clock import wait_until
from harness.procedures.judging import judge_rules
from harness.procedures.registration.base_identities import BaseIdentities
from harness.procedures.registration.expectations import BindingExpectations
from harness.procedures.registration.mailbox import Mailbox
from harness.procedures.registration.notify import NotifyExpectations
from harness.procedures.registration.presence import Presence
from harness.procedures.registration.readings import Readings
from harness.procedures.registration.registrar import Registrar
from harness.procedures.registration.requirements import RegistrationRequirements
from harness.procedures.registration.state import RegistrationState

if TYPE_CHECKING:
    from harness.procedures.context import TestContext
    from harness.profiles.model import Rule

TIMEOUT_T1 = 64
"""A transaction without an answer ends after this many T1 (RFC 3261 section 17.1.2.2)."""


class RegistrationProcedure:
    """The base's bindings at the PBX of the profile; joins the parts of the procedure."""

    def __init__(self, context: TestContext) -> None:
        self._context = context
        self._state = state = RegistrationState(context)
        self.server = Registrar(context)
        self.base = BaseIdentities(state, self.server)
        self.expect = BindingExpectations(state)
        self.require = RegistrationRequirements(state, self.expect)
        self.read = Readings(state)
        self.notify = NotifyExpectations(state, self.read)
        self.presence = Presence(state, self.server)
        self.mailbox = Mailbox(state, self.server)

    def judge(self, rule: Rule, *others: str) -> None:
        """Judge the test's rule, and others by their ids; each must have been exercised."""
        __tracebackhide__ = True
        judge_rules(self._context, [rule, *(self._context.profile.rule(other) for other in others)])

    # until the evidence contains this time

    def wait(self, seconds: float) -> None:
        """Wait until this time has passed since the last final answer, or since the binding was removed."""
        state = self._state
        over = max((m.at for m in state.answers() if m.status >= 200), default=state.began) + seconds
        wait_until(lambda: clock.now() > over, what=f"{seconds:g} s of silence", within=seconds + 5)

    def wait_after_notice(self, seconds: float) -> None:
        """Wait until this time has passed since the NOTIFY, and read the uptime."""
        over = self._state.wire.default_since + seconds
        wait_until(lambda: clock.now() > over, what=f"{seconds:g} s without a restart", within=seconds + 5)
        self.read.uptime()

    def wait_for_timeout(self, t1: float) -> None:
        """Wait until the transaction of the unanswered request must be over."""
        over = self._state.await_first_request().at + TIMEOUT_T1 * t1 + 1
        wait_until(lambda: clock.now() > over, what="the end of the transaction", within=TIMEOUT_T1 * t1 + 5)
