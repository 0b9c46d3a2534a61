"""How a test's end becomes one of the six verdicts, in pytest, in Allure and in `user_properties`."""

from __future__ import annotations

import errno
import traceback
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from harness.core import verdict as verdicts
from harness.core.errors import HarnessFault, NotApplicable, ProductFailure
from harness.core.verdict import Verdict
from harness.plugin.rigged import Plan
from harness.plugin.selection import NOT_APPLICABLE, profile_of, rule_of

FULL = (errno.ENOSPC, errno.EDQUOT)
WARNED = pytest.StashKey[ProductFailure]()
ENDED = pytest.StashKey[Verdict]()


class Verdicts:
    """Gives every test its verdict; the first phase that did not pass decides."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> Generator[None, object, object]:
        """A fixture that finds the rig unable makes the test not applicable."""
        try:
            with asserting(item):
                return (yield)
        except NotApplicable as error:
            pytest.skip(NOT_APPLICABLE + error.text)

    @pytest.hookimpl(wrapper=True)
    def pytest_pyfunc_call(self, pyfuncitem: pytest.Function) -> Generator[None, object, object]:
        """A broken rule that is only inferred is a warning, unless --strict-rules."""
        try:
            with asserting(pyfuncitem):
                return (yield)
        except NotApplicable as error:
            pytest.skip(NOT_APPLICABLE + error.text)
        except ProductFailure as error:
            if self.plan.strict or not is_inferred(pyfuncitem):
                raise
            pyfuncitem.stash[WARNED] = error
            pyfuncitem.add_report_section("call", "warning", str(error))
            return True

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Note the verdict with its phase and first lines, for reports and for Allure."""
        report = yield
        found = of_report(item, call, report)
        if found is not None:
            item.stash[ENDED] = found
            note(item, "verdict", found.value)
            note(item, "phase", report.when or "")
            note(item, "reason", reason(item, call, report))
        if report.when == "teardown":
            _label(item)
        report.user_properties = list(item.user_properties)
        return report


def of_report(item: pytest.Item, call: pytest.CallInfo[None], report: pytest.TestReport) -> Verdict | None:
    """The verdict this phase decides, or None when it decides nothing."""
    decided = item.stash.get(ENDED, None)
    if report.skipped:
        return Verdict.NOT_APPLICABLE if decided is None else None
    if report.failed:
        settled = decided not in (None, Verdict.PASSED, Verdict.WARNING, Verdict.NOT_APPLICABLE)
        return None if settled or call.excinfo is None else of_exception(call.excinfo.value, item)
    if report.when != "call":
        return None
    return Verdict.WARNING if WARNED in item.stash else Verdict.PASSED


@contextmanager
def asserting(item: pytest.Item) -> Iterator[None]:
    """Where an assertion of ours does not hold, that is a fault of ours, to pytest and Allure too."""
    try:
        yield
    except AssertionError as error:
        if is_ours(error, item):
            raise HarnessFault(f"an assertion of the harness does not hold: {error or 'see the traceback'}") from error
        raise


def is_ours(error: BaseException, item: pytest.Item) -> bool:
    """Whether an assertion is not the test's: its file and our rules judge the product, what we assume does not."""
    if not isinstance(error, AssertionError) or isinstance(error, ProductFailure):
        return False
    files = [frame.f_code.co_filename for frame, _ in traceback.walk_tb(error.__traceback__)]
    return bool(files) and Path(files[-1]).resolve() != item.path.resolve()


def of_exception(error: BaseException, item: pytest.Item) -> Verdict:
    """As core.verdict has it; `pytest.fail` is the product's, pytest-timeout's time-out and a full disk are not.

    Nor is an assertion in any other file than the test's own.
    """
    if is_ours(error, item):
        return Verdict.HARNESS_FAULT
    if isinstance(error, pytest.fail.Exception):
        return Verdict.HARNESS_FAULT if str(error).startswith("Timeout") else Verdict.PRODUCT_FAILURE
    if isinstance(error, OSError) and error.errno in FULL:
        return Verdict.RIG_FAULT
    if isinstance(error, BaseExceptionGroup):
        return _worst([of_exception(part, item) for part in error.exceptions])
    return verdicts.of_exception(error)


def _worst(found: list[Verdict]) -> Verdict:
    """Of several errors of one teardown: a rig fault explains the rest, a fault of ours comes before the product."""
    order = [Verdict.RIG_FAULT, Verdict.HARNESS_FAULT, Verdict.PRODUCT_FAILURE, Verdict.INVALID]
    return next((verdict for verdict in order if verdict in found), Verdict.HARNESS_FAULT)


def reason(item: pytest.Item, call: pytest.CallInfo[None], report: pytest.TestReport) -> str:
    """Why, in few lines and with secrets masked; empty when the test passed."""
    from harness.core.redaction import redaction

    if WARNED in item.stash:
        return redaction.mask(str(item.stash[WARNED]))
    if report.skipped and isinstance(report.longrepr, tuple):
        return redaction.mask(report.longrepr[2].removeprefix("Skipped: ").removeprefix(NOT_APPLICABLE))
    if call.excinfo is None:
        return ""
    text = str(call.excinfo.value) or call.excinfo.typename
    return redaction.mask("\n".join(text.splitlines()[:12]))


def is_inferred(item: pytest.Item) -> bool:
    """Whether the rule that the test judges is only inferred (design, section 2: warning)."""
    profile, rule = profile_of(item), rule_of(item)
    if not profile or not rule:
        return False
    from harness.plugin.profiles import rules_of

    found = rules_of(profile).get(rule)
    return found is not None and found.level == "inferred"


def note(item: pytest.Item, key: str, value: str) -> None:
    """Set one of the test's properties, in place of what it was."""
    item.user_properties[:] = [pair for pair in item.user_properties if pair[0] != key]
    if value:
        item.user_properties.append((key, value))


def _area(item: pytest.Item) -> str:
    """The area of the product: the folder of the suite."""
    return item.path.parent.name


def _label(item: pytest.Item) -> None:
    """Labels of the Allure result; it is open until the end of pytest_runtest_protocol."""
    if item.config.pluginmanager.get_plugin("allure_listener") is None:
        return
    import allure

    dynamic: Any = allure.dynamic
    properties: dict[str, Any] = dict(item.user_properties)
    dynamic.label("verdict", properties.get("verdict", ""))
    for key in ("worker", "rig"):
        if key in properties:
            dynamic.label(key, properties[key])
    if profile_of(item):
        dynamic.label("profile", profile_of(item))
    dynamic.epic(_area(item))
    for feature in str(properties.get("features", "")).split(","):
        if feature:
            dynamic.feature(feature)
