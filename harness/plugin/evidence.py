"""Evidence of each test: collected while it runs and written when it ends."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

import pytest

from harness.core import signals
from harness.core.errors import Expectation, ProductFailure
from harness.evidence.act_log import ActLog
from harness.evidence.attach import Attachment
from harness.evidence.base_log import BaseLog
from harness.evidence.phases import Phase
from harness.evidence.recorder import Recorder
from harness.evidence.timeline import Entry
from harness.plugin import allure_files
from harness.plugin.allure_files import TolerantFiles
from harness.plugin.plan import Plan

if TYPE_CHECKING:
    from harness.rig.profile_session import ProfileSession
    from harness.rig.rig_session import RigSession

EVIDENCE = "m9-evidence"
EXPECTATION = pytest.StashKey[Expectation]()


class Evidence:
    """Records from before a test's set-up until after its teardown, while the Allure result is open."""

    def __init__(self, plan: Plan) -> None:
        run = plan.files
        self.recorder = Recorder(run)
        self.acts = ActLog(run.acts)
        self._stack = ExitStack()
        self._item: pytest.Item | None = None
        self.files: TolerantFiles | None = None
        self.base: BaseLog | None = None
        self.recorder.add_source(self._of_the_base)

    def pytest_sessionstart(self, session: pytest.Session) -> None:
        """Receive the drivers' steps from now on; what ends the run is heard in any place of it."""
        self._stack.enter_context(signals.never_swallowed())  # after pytest has set its own hook for finalizers
        self._stack.enter_context(self.recorder.subscribed())
        self._stack.enter_context(self.acts.subscribed())
        self.files = allure_files.install(session.config)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self) -> None:
        """No more steps."""
        self._stack.close()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        """Record one test; if it is interrupted, the folder has the evidence that Allure no longer accepts."""
        self._item = item
        self.recorder.begin(item.nodeid)
        try:
            return (yield)
        finally:
            self._finish(None)

    def pytest_runtest_logfinish(self) -> None:
        """Finish the test's evidence; Allure's listener closes its result later in this same hook."""
        if self._item is not None:
            self._finish(self._item.config.pluginmanager.get_plugin("allure_listener"))

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_call(self) -> Generator[None, object, object]:
        """Note when the test's own acts begin, between set-up and teardown."""
        self.recorder.enter(Phase.ACTS)
        try:
            return (yield)
        finally:
            self.recorder.enter(Phase.TEARDOWN)

    def phase_ended(self, item: pytest.Item, call: pytest.CallInfo[None], report: pytest.TestReport) -> None:
        """Keep what was expected and seen, so that the ladder marks the message; after the acts, read the base."""
        if call.excinfo is not None and isinstance(call.excinfo.value, ProductFailure):
            item.stash[EXPECTATION] = call.excinfo.value.expectation
        if self.base is not None and (report.when == "call" or (report.when == "setup" and report.failed)):
            self.base.acts_are_over(failed=report.failed, shown=self.recorder.worked_with("web"))

    def _of_the_base(self, start: float, end: float) -> tuple[list[Attachment], list[Entry]]:
        """Read evidence from the base if a profile is up."""
        return self.base.of_the_base(start, end) if self.base is not None else ([], [])

    @contextmanager
    def of_rig_session(self, rig_session: RigSession) -> Iterator[None]:
        """Use this wire while the context lasts; the running test's evidence is collected before it ends."""
        with self.recorder.watching(rig_session.wire, rig_session.names):
            yield
            self._gather()

    @contextmanager
    def of_profile(self, under: ProfileSession) -> Iterator[None]:
        """Use the base's evidence while this profile is up; the running test's evidence is collected before it ends."""
        self.base = BaseLog(under.base)
        self.recorder.names = under.names
        yield
        self._gather()
        self.base = None

    def _gather(self) -> None:
        if self._item is not None:
            self.recorder.gather(self._item.stash.get(EXPECTATION, None))

    def _finish(self, listener: object) -> None:
        """Write the running test's evidence; a second call does nothing."""
        item, self._item = self._item, None
        if item is None:
            return
        verdict = str(dict(item.user_properties).get("verdict", ""))
        self.recorder.finish(verdict, expectation=item.stash.get(EXPECTATION, None), allure_listener=listener)


def evidence_of(config: pytest.Config) -> Evidence:
    """The evidence plugin of this run."""
    plugin = config.pluginmanager.get_plugin(EVIDENCE)
    assert isinstance(plugin, Evidence)
    return plugin
