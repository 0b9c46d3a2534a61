"""Evidence around each test: what happened is collected while it runs and handed over when it is over."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

import pytest

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
    """Begins before a test's set-up and finishes after its teardown, while the Allure result is still open."""

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
        """Hear the drivers' steps from now on."""
        self._stack.enter_context(self.recorder.subscribed())
        self._stack.enter_context(self.acts.subscribed())
        self.files = allure_files.install(session.config)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self) -> None:
        """No more steps."""
        self._stack.close()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        """One test's evidence; of one that is interrupted, the folder has what Allure no longer takes."""
        self._item = item
        self.recorder.begin(item.nodeid)
        try:
            return (yield)
        finally:
            self._finish(None)

    def pytest_runtest_logfinish(self) -> None:
        """The test is over; the Allure listener closes its result in the outer half of this very hook."""
        if self._item is not None:
            self._finish(self._item.config.pluginmanager.get_plugin("allure_listener"))

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_call(self) -> Generator[None, object, object]:
        """The test's own acts lie between its set-up and its teardown."""
        self.recorder.enter(Phase.ACTS)
        try:
            return (yield)
        finally:
            self.recorder.enter(Phase.TEARDOWN)

    def phase_ended(self, item: pytest.Item, call: pytest.CallInfo[None], report: pytest.TestReport) -> None:
        """Keep what was expected and seen: the ladder marks its message. After the acts, ask the base."""
        if call.excinfo is not None and isinstance(call.excinfo.value, ProductFailure):
            item.stash[EXPECTATION] = call.excinfo.value.expectation
        if self.base is not None and (report.when == "call" or (report.when == "setup" and report.failed)):
            self.base.acts_are_over(failed=report.failed, shown=self.recorder.worked_with("web"))

    def _of_the_base(self, start: float, end: float) -> tuple[list[Attachment], list[Entry]]:
        """What the base tells, as long as a profile is up."""
        return self.base.of_the_base(start, end) if self.base is not None else ([], [])

    @contextmanager
    def of_night(self, night: RigSession) -> Iterator[None]:
        """Follow the wire of a night; what it tells of the running test is taken before it ends."""
        with self.recorder.watching(night.wire, night.names):
            yield
            self._gather()

    @contextmanager
    def of_profile(self, under: ProfileSession) -> Iterator[None]:
        """Ask the base while this profile is up; what it tells of the running test is taken before it ends."""
        self.base = BaseLog(under.base)
        self.recorder.names = under.names
        yield
        self._gather()
        self.base = None

    def _gather(self) -> None:
        if self._item is not None:
            self.recorder.gather(self._item.stash.get(EXPECTATION, None))

    def _finish(self, listener: object) -> None:
        """Hand over what the running test left; a second call finds nothing more to do."""
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
