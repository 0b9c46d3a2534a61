"""Evidence around each test: what happened is collected while it runs and handed over when it is over."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from harness.clock import WaitExpired
from harness.errors import Expectation, M9Error, ProductFailure
from harness.evidence.attach import Attachment
from harness.evidence.recorder import Recorder
from harness.evidence.run import RunFolder
from harness.evidence.timeline import Entry
from harness.plugin import allure_files
from harness.plugin.allure_files import TolerantFiles
from harness.plugin.rigged import Plan

if TYPE_CHECKING:
    from harness.rig.profilenight import ProfileNight

EVIDENCE = "m9-evidence"
EXPECTATION = pytest.StashKey[Expectation]()


class Evidence:
    """Begins before a test's set-up and finishes after its teardown, while the Allure result is still open."""

    def __init__(self, plan: Plan) -> None:
        self.recorder = Recorder(RunFolder(plan.folder))
        self._stack = ExitStack()
        self._item: pytest.Item | None = None
        self._log = ""
        self.files: TolerantFiles | None = None
        self.under: ProfileNight | None = None
        self.recorder.add_source(self._of_the_base)

    def pytest_sessionstart(self, session: pytest.Session) -> None:
        """Hear the drivers' steps from now on."""
        self._stack.enter_context(self.recorder.subscribed())
        self.files = allure_files.install(session.config)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self) -> None:
        """No more steps."""
        self._stack.close()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        """One test's evidence; of one that is interrupted, the folder has what Allure no longer takes."""
        self._item = item
        self._log = ""
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
        self.recorder.acts()
        try:
            return (yield)
        finally:
            self.recorder.rests()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Keep what was expected and seen: the ladder marks its message."""
        if call.excinfo is not None and isinstance(call.excinfo.value, ProductFailure):
            item.stash[EXPECTATION] = call.excinfo.value.expectation
        report = yield
        if report.when == "call" and report.failed:  # only then: reading it is a page load
            self._log = self._base_log()
        return report

    def _of_the_base(self, start: float, end: float) -> tuple[list[Attachment], list[Entry]]:
        """Requests to the base's web server, and its own log if it was read."""
        attached = [Attachment.text("base log", self._log)] if self._log else []
        if self.under is None:
            return attached, []
        found = self.under.base.web.door.exchanges.snapshot()
        exchanges = [exchange for exchange in found if start <= exchange.at <= end]
        if exchanges:
            text = "\n\n".join(f"{exchange.request}\n{exchange.body}\n{exchange.answer}" for exchange in exchanges)
            attached.append(Attachment.text("web requests", text))
        return attached, [Entry(one.at, "web request", str(one), took=one.seconds) for one in exchanges]

    def _base_log(self) -> str:
        """The base's own log, or why it is not to be had."""
        if self.under is None:
            return ""
        try:
            self.under.base.web.answers(1.0)
            return "\n".join(str(entry) for entry in self.under.base.log())
        except (M9Error, WaitExpired, OSError) as error:
            return f"not to be had: {error}"

    def gather(self) -> None:
        """Take the running test's evidence now: the parts that tell it are about to be stopped."""
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


def recorder_of(config: pytest.Config) -> Recorder:
    """The recorder of this run."""
    return evidence_of(config).recorder
