"""Turns the end of a test into one of the six verdicts; `verdict_pipeline` has the order of these steps."""

from __future__ import annotations

import errno
import traceback
from dataclasses import replace
from pathlib import Path

import pytest

from harness.core import verdict as verdicts
from harness.core.errors import HarnessFault, NotApplicable, ProductFailure
from harness.core.redaction import redaction
from harness.core.verdict import Verdict
from harness.plugin.plan import plan_of
from harness.plugin.selection import NOT_APPLICABLE, words
from harness.signoff import catalogue
from harness.signoff.catalogue import IN_USE

FULL = (errno.ENOSPC, errno.EDQUOT)
WARNED = pytest.StashKey[ProductFailure]()
ENDED = pytest.StashKey[Verdict]()

# steps over an error: each returns the error for the next step


def blame_the_harness(item: pytest.Item, error: BaseException | None) -> BaseException | None:
    """A failed assertion in the harness's code is a harness fault, for pytest and Allure too."""
    if error is not None and is_ours(error, item):
        return HarnessFault(f"an assertion of the harness does not hold: {error or 'see the traceback'}")
    return error


def not_applicable(item: pytest.Item, error: BaseException | None) -> BaseException | None:
    """Skip a test that is not applicable to this rig, with the reason."""
    return pytest.skip.Exception(NOT_APPLICABLE + error.text) if isinstance(error, NotApplicable) else error


def name_the_feature(item: pytest.Item, error: BaseException | None) -> BaseException | None:
    """A failure without a rule names the features of its test, and the slides that promise them."""
    if isinstance(error, ProductFailure) and not error.expectation.rule:
        named = words(item, "feature")
        promised = [one.slide for one in catalogue.load().features if one.id in named and one.slide != IN_USE]
        source = f"product presentation: {'; '.join(dict.fromkeys(promised))}" if promised else ""
        told = error.expectation
        error.expectation = replace(told, features=", ".join(named), source=told.source or source)
    return error


def only_warned(item: pytest.Item, error: BaseException | None) -> BaseException | None:
    """A broken inferred rule is a warning, unless --strict-rules is set."""
    inferred = isinstance(error, ProductFailure) and error.expectation.level == "inferred"
    if not isinstance(error, ProductFailure) or not inferred or plan_of(item.config).strict:
        return error
    warn(item, error)
    return None


def warn(item: pytest.Item, failure: ProductFailure) -> None:
    """Note the warning: the test passes, and its report says what broke."""
    item.stash[WARNED] = failure
    item.add_report_section("call", "warning", str(failure))


# the verdict of each phase


def of_report(item: pytest.Item, call: pytest.CallInfo[None], report: pytest.TestReport) -> Verdict | None:
    """The verdict of this phase, None if an earlier one decided: the first phase that did not pass decides."""
    decided = verdict_of(item)
    if report.skipped:
        return Verdict.NOT_APPLICABLE if decided is None else None
    if report.failed:
        settled = decided not in (None, Verdict.PASSED, Verdict.WARNING, Verdict.NOT_APPLICABLE)
        return None if settled or call.excinfo is None else of_exception(call.excinfo.value, item)
    if report.when != "call":
        return None
    return Verdict.WARNING if WARNED in item.stash else Verdict.PASSED


def keep(item: pytest.Item, decided: Verdict) -> None:
    """Remember the verdict for the later phases."""
    item.stash[ENDED] = decided


def verdict_of(item: pytest.Item) -> Verdict | None:
    """The verdict until now; None while no phase has decided one."""
    return item.stash.get(ENDED, None)


def is_ours(error: BaseException, item: pytest.Item) -> bool:
    """Whether an assertion stands outside the test's own file: only a ProductFailure judges the product from there."""
    if not isinstance(error, AssertionError) or isinstance(error, ProductFailure):
        return False
    files = [frame.f_code.co_filename for frame, _ in traceback.walk_tb(error.__traceback__)]
    return bool(files) and Path(files[-1]).resolve() != item.path.resolve()


def of_exception(error: BaseException, item: pytest.Item) -> Verdict:
    """As in core.verdict; `pytest.fail` is a product failure, a time-out of pytest-timeout and a full disk are not.

    An assertion outside the test's own file is not a product failure either.
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
    """The error of a teardown with several: first a rig fault, which explains the others, then a harness fault."""
    order = [Verdict.RIG_FAULT, Verdict.HARNESS_FAULT, Verdict.PRODUCT_FAILURE, Verdict.INVALID]
    return next((verdict for verdict in order if verdict in found), Verdict.HARNESS_FAULT)


def reason(item: pytest.Item, call: pytest.CallInfo[None], report: pytest.TestReport) -> str:
    """The reason in a few lines, with secrets masked; empty if the test passed."""
    if report.skipped and isinstance(report.longrepr, tuple):
        return redaction.mask(report.longrepr[2].removeprefix("Skipped: ").removeprefix(NOT_APPLICABLE))
    if call.excinfo is not None:
        text = str(call.excinfo.value) or call.excinfo.typename
        return redaction.mask("\n".join(text.splitlines()[:12]))
    return redaction.mask(str(item.stash[WARNED])) if WARNED in item.stash else ""


def broken_rule(item: pytest.Item, call: pytest.CallInfo[None]) -> str:
    """The rule that broke, without its profile; empty for a claim that is no rule of the profile."""
    failure = call.excinfo.value if call.excinfo is not None else item.stash.get(WARNED, None)
    if not isinstance(failure, ProductFailure):
        return ""
    return failure.expectation.rule.partition("-")[2]
