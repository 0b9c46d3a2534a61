"""The six verdicts of a test, and how an error becomes one."""

from __future__ import annotations

import enum
from collections import Counter
from collections.abc import Iterable

from harness.core import errors


class Verdict(enum.Enum):
    """The verdict of a test; its value stands in reports and in `user_properties`."""

    PASSED = "passed"
    WARNING = "warning"
    PRODUCT_FAILURE = "product failure"
    RIG_FAULT = "rig fault"
    INVALID = "invalid"
    NOT_APPLICABLE = "not applicable"
    HARNESS_FAULT = "harness fault"

    @property
    def count_key(self) -> str:
        """Its key in the `counts` of a run."""
        return _COUNT_KEYS[self]


_COUNT_KEYS = {
    Verdict.PASSED: "passed",
    Verdict.WARNING: "warnings",
    Verdict.PRODUCT_FAILURE: "product_failures",
    Verdict.RIG_FAULT: "rig_faults",
    Verdict.INVALID: "invalid",
    Verdict.NOT_APPLICABLE: "not_applicable",
    Verdict.HARNESS_FAULT: "harness_faults",
}

_ONLY_IF_ANY = (Verdict.HARNESS_FAULT,)

EXIT_GOOD = 0
EXIT_PRODUCT = 10
EXIT_RIG = 11
EXIT_NOTHING_JUDGED = 12
EXIT_USAGE = 2
EXIT_INTERRUPTED = 130
EXIT_HARNESS = 70


def of_exception(error: BaseException) -> Verdict:
    """The verdict for an exception in a test's body; a bare assertion there is a product failure."""
    if isinstance(error, errors.RigFault):
        return Verdict.RIG_FAULT
    if isinstance(error, errors.InvalidTest):
        return Verdict.INVALID
    if isinstance(error, errors.NotApplicable):
        return Verdict.NOT_APPLICABLE
    if isinstance(error, AssertionError):
        return Verdict.PRODUCT_FAILURE
    return Verdict.HARNESS_FAULT


def counted(verdicts: Iterable[str]) -> dict[str, int]:
    """How many tests ended with which verdict (design, section 5); harness faults are named if there are any."""
    found = Counter(Verdict(verdict) for verdict in verdicts)
    return {
        key: found[verdict] for verdict, key in _COUNT_KEYS.items() if found[verdict] or verdict not in _ONLY_IF_ANY
    }


def exit_code(counts: dict[str, int]) -> int:
    """The exit code of a run with these counts (design, section 5)."""
    if counts.get("harness_faults"):
        return EXIT_HARNESS
    if counts.get("product_failures") or counts.get("invalid"):
        return EXIT_PRODUCT
    if counts.get("rig_faults"):
        return EXIT_RIG
    if counts.get("passed") or counts.get("warnings"):
        return EXIT_GOOD
    return EXIT_NOTHING_JUDGED


def exit_code_of_run(counts: dict[str, int], *, interrupted: bool = False, cut_off: bool = False) -> int:
    """The exit code of a run: one that was interrupted, or that its process left open, did not judge all."""
    if interrupted:
        return EXIT_INTERRUPTED
    return EXIT_HARNESS if cut_off else exit_code(counts)
