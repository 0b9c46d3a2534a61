"""If no handset reacted to any key, the dongle is at fault: the failure is reported as invalid."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from harness.core.errors import InvalidTest, ProductFailure

if TYPE_CHECKING:
    from harness.handset.driver import Handset


def invalid_without_key_feedback(item: pytest.Item, error: BaseException | None) -> BaseException | None:
    """A product failure becomes invalid if a handset gave no feedback to any of the test's keys."""
    given: dict[str, Any] = getattr(item, "funcargs", {})
    if not isinstance(error, ProductFailure) or "context" not in given or "handsets" not in given:
        return error
    began: float = given["context"].began
    used: list[Handset] = given["handsets"].used
    for handset in used:
        if keys := handset.keys_without_feedback(began):
            return InvalidTest(
                f"feedback of handset {handset.number} to a key",
                f"no tone, no lamp and no change of the display after {keys} keys; the failure was: {error.text}",
                remedy="press a key with AT+KEY and watch the display; if it does not change, check the dongle",
            )
    return error
