"""From an exception in a test to its stored, redacted result: all steps in their order.

1. **Meaning.** `SET_UP` and `BODY` are lists of steps. Each step gets the exception, or None if the test passed, and
   returns the exception for the next step.
2. **Second try.** A test whose far end may have been killed by the base runs again with the other softphone.
3. **Report.** `_told` makes the report of a phase: redacted, judged, labelled; then the evidence is collected.
4. **Storage.** `run_record.Record` writes the properties of the report to the run's folder, in the process that
   the user started; with pytest-xdist the report comes there from a worker.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager

import pytest

from harness.plugin import allure_files, health, host, key_feedback, properties, redact_reports, verdicts
from harness.plugin.evidence import evidence_of
from harness.rig.liveness import PeerKilled

Step = Callable[[pytest.Item, BaseException | None], BaseException | None]

SET_UP: Sequence[Step] = (
    verdicts.blame_the_harness,  # an assertion outside the test's own file
    host.blame_the_host,
    verdicts.not_applicable,
)
BODY: Sequence[Step] = (
    key_feedback.invalid_without_key_feedback,
    verdicts.blame_the_harness,
    host.blame_the_host,
    health.blame_a_dead_part,  # for a test that passed, too
    verdicts.not_applicable,
    verdicts.name_the_feature,
    verdicts.only_warned,  # last: no later step may turn a warning into an error
)


class VerdictPipeline:
    """Calls the steps from pytest's hooks; nothing else in the plugin decides a verdict or changes a report."""

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> Generator[None, object, object]:
        """Set-up: a fixture may find that the rig cannot run the test, or it may fail itself."""
        with _following(item, SET_UP):
            return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_pyfunc_call(self, pyfuncitem: pytest.Function) -> Generator[None, object, object]:
        """The test's own body."""
        with _following(pyfuncitem, BODY):
            return (yield)
        return True  # then pytest calls no other plugin for the function

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, object, object]:
        """Run the body again if the far end died (design, law 8)."""
        try:
            return (yield)
        except PeerKilled as death:
            if not isinstance(item, pytest.Function):
                raise
            raise health.with_the_other_softphone(item, death) from death

    @pytest.hookimpl(wrapper=True, trylast=True)  # innermost: Allure and the terminal get this report
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """The report of set-up, body or teardown."""
        return _told(item, call, (yield))

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_make_collect_report(self) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
        """Mask the traceback of a module that cannot be collected."""
        return redact_reports.redacted_collection((yield))


@contextmanager
def _following(item: pytest.Item, steps: Sequence[Step]) -> Iterator[None]:
    """Raise the error that remains after all steps; None raises nothing."""
    try:
        yield
    except Exception as error:
        outcome = _folded(item, steps, error)
        if outcome is error:
            raise
        if outcome is not None:
            raise outcome from outcome.__cause__
    else:
        outcome = _folded(item, steps, None)
        if outcome is not None:
            raise outcome


def _folded(item: pytest.Item, steps: Sequence[Step], error: BaseException | None) -> BaseException | None:
    for step in steps:
        found = step(item, error)
        if found is not None and found is not error:
            found.__cause__ = error
        error = found
    return error


def _told(item: pytest.Item, call: pytest.CallInfo[None], report: pytest.TestReport) -> pytest.TestReport:
    """The report of a phase: redaction comes before every step that keeps a copy."""
    redact_reports.redact(report)
    decided = verdicts.of_report(item, call, report)
    if decided is not None:
        verdicts.keep(item, decided)
        properties.note(item, "verdict", decided.value)
        properties.note(item, "phase", report.when or "")
        properties.note(item, "reason", verdicts.reason(item, call, report))
        properties.note(item, "broken", verdicts.broken_rule(item, call))
    if report.when == "teardown":
        allure_files.label(item)
    report.user_properties = list(item.user_properties)
    evidence_of(item.config).phase_ended(item, call, report)
    return report
