"""A handset that reacted to no key: the dongle is at fault then, and the test judged nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from harness.core.errors import InvalidTest, ProductFailure

if TYPE_CHECKING:
    from harness.handset.driver import Handset


def invalid_without_key_feedback(item: pytest.Item, error: BaseException | None) -> BaseException | None:
    """A product failure is invalid where a handset gave no feedback to any of the test's keys."""
    given: dict[str, Any] = getattr(item, "funcargs", {})
    if not isinstance(error, ProductFailure) or "context" not in given or "handsets" not in given:
        return error
    began: float = given["context"].began
    used: list[Handset] = given["handsets"].used
    for handset in used:
        if keys := handset.keys_without_feedback(began):
            return InvalidTest(
                f"a sign that handset {handset.number} felt its keys",
                f"no tone, no lamp, no change of its display after {keys} of them; and so: {error.text}",
                remedy="is the dongle's finger at the handset? press a key with AT+KEY and look at the display",
            )
    return error
