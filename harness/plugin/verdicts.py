"""How a test's end becomes one of the six verdicts; `verdict_pipeline` says in which order these are asked."""

from __future__ import annotations

import errno
import traceback
from pathlib import Path

import pytest

from harness.core import verdict as verdicts
from harness.core.errors import HarnessFault, NotApplicable, ProductFailure
from harness.core.redaction import redaction
from harness.core.verdict import Verdict
from harness.plugin.plan import plan_of
from harness.plugin.profiles import rules_of
from harness.plugin.selection import NOT_APPLICABLE, profile_of, rule_of

FULL = (errno.ENOSPC, errno.EDQUOT)
WARNED = pytest.StashKey[ProductFailure]()
ENDED = pytest.StashKey[Verdict]()

# steps over an error: what it is to the next step


def blame_the_harness(item: pytest.Item, error: BaseException | None) -> BaseException | None:
    """Where an assertion of ours does not hold, that is a fault of ours, to pytest and Allure too."""
    if error is not None and is_ours(error, item):
        return HarnessFault(f"an assertion of the harness does not hold: {error or 'see the traceback'}")
    return error


def not_applicable(item: pytest.Item, error: BaseException | None) -> BaseException | None:
    """What this rig cannot do is skipped, with the reason."""
    return pytest.skip.Exception(NOT_APPLICABLE + error.text) if isinstance(error, NotApplicable) else error


def only_warned(item: pytest.Item, error: BaseException | None) -> BaseException | None:
    """A broken rule that is only inferred is a warning, unless --strict-rules."""
    if not isinstance(error, ProductFailure) or plan_of(item.config).strict or not is_inferred(item):
        return error
    warn(item, error)
    return None


def warn(item: pytest.Item, failure: ProductFailure) -> None:
    """The test passes, and its report says what broke."""
    item.stash[WARNED] = failure
    item.add_report_section("call", "warning", str(failure))


# the verdict of a phase


def of_report(item: pytest.Item, call: pytest.CallInfo[None], report: pytest.TestReport) -> Verdict | None:
    """The verdict this phase decides, or None when it decides nothing: the first that did not pass decides."""
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
    """Remember the verdict for the phases to come."""
    item.stash[ENDED] = decided


def verdict_of(item: pytest.Item) -> Verdict | None:
    """The verdict until now; None while no phase has decided one."""
    return item.stash.get(ENDED, None)


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
    if report.skipped and isinstance(report.longrepr, tuple):
        return redaction.mask(report.longrepr[2].removeprefix("Skipped: ").removeprefix(NOT_APPLICABLE))
    if call.excinfo is not None:
        text = str(call.excinfo.value) or call.excinfo.typename
        return redaction.mask("\n".join(text.splitlines()[:12]))
    return redaction.mask(str(item.stash[WARNED])) if WARNED in item.stash else ""


def is_inferred(item: pytest.Item) -> bool:
    """Whether the rule that the test judges is only inferred (design, section 2: warning)."""
    profile, rule = profile_of(item), rule_of(item)
    if not profile or not rule:
        return False
    found = rules_of(profile).get(rule)
    return found is not None and found.level == "inferred"
