"""If no handset reacted to any key, the dongle is at fault: the failure is reported as invalid."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from harness.core.errors import InvalidTest, ProductFailure
from harness.evidence.act_log import shown_by
from harness.rules.acts import Act, with_feedback

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
        if keys := keys_without_feedback(handset, began):
            return InvalidTest(
                f"feedback of handset {handset.number} to a key",
                f"no tone, no lamp and no change of the display after {keys} keys; the failure was: {error.text}",
                remedy="press a key with AT+KEY and watch the display; if it does not change, check the dongle",
            )
    return error


def keys_without_feedback(handset: Handset, since: float) -> int:
    """The number of keys pressed since a moment if the handset gave no feedback to any; else 0.

    What feedback is, and how soon it comes, is decided in `harness.rules.acts`. A dongle without events tells of none.
    """
    number, dongle = handset.number, handset.dongle
    if "SUBSCRIBE" not in dongle.caps(number):
        return 0
    pressed = [Act("key", at, let_go, handset=number) for at, let_go in handset.pressed if at >= since]
    told = [one for event in dongle.events.snapshot() if (one := shown_by(event)) is not None]
    return 0 if any(act.felt for act in with_feedback(pressed, told, {number})) else len(pressed)
