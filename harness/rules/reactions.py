"""Judges a message that is due after a cause: in time, late, missing, or not known."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from harness.rules.findings import Finding, Occasion, broken, cannot_be_said, held

if TYPE_CHECKING:
    from harness.capture.messages import SipMessage
    from harness.rules.acts import Act
    from harness.rules.call_evidence import CallEvidence
    from harness.rules.evidence import Evidence

WITHIN_S = 5.0
"""Seconds for a reaction to a key; after a longer time a person presses again."""
SAVED_S = 0.2
"""What was saved on a page so short before may count already: the page answers before or after the base obeys it."""
RINGS_S = 2.0
"""Seconds to the 180, with a lookup of the caller under way or not: much less than any time limit of a lookup."""
NO_FEEDBACK = "the handset gave no feedback to the key"
NO_ACT = "no acts are known: the packets do not show whether a user asked for it"
LOST = "packets may be missing from the capture"


def reaction(
    evidence: Evidence,
    cause: Occasion,
    found: SipMessage | None,
    *,
    expected: str,
    within: float = WITHIN_S,
    over: float | None = None,
    claim: str = "",
    source: str = "",
) -> Finding | None:
    """Judge a message that is due after a cause; None while it may still come, or where the end of the call came first.

    `over` is when the call ended for another reason.
    """
    limit = cause.at + within
    if found is not None and found.at <= limit:
        return held(cause, found)
    if found is None and over is not None and over <= limit:
        return None
    if evidence.has_lost(cause.at, limit):
        return cannot_be_said(cause, why=LOST)
    if found is None and not evidence.has_seen(cause.at, limit):
        return None
    wanted = f"{expected} within {within:g} s"
    if found is None:
        return broken(cause, expected=wanted, seen=f"no {expected}", claim=claim, source=source)
    return broken(cause, found, expected=wanted, seen=f"after {found.at - cause.at:.1f} s", claim=claim, source=source)


def unfelt(act: Act) -> Finding | None:
    """A key without feedback of its handset is no occasion to judge the base."""
    return cannot_be_said(act, why=NO_FEEDBACK) if act.felt is False else None


def after(
    messages: Iterable[SipMessage], at: float, fits: Callable[[SipMessage], bool] = lambda _: True
) -> SipMessage | None:
    """The first message from a moment on that fits."""
    return next((message for message in messages if message.at >= at and fits(message)), None)


def over_at(call: CallEvidence, at: float) -> float | None:
    """When the call was over, or its end was asked for, after a moment; None while it goes on."""
    ends = [m.at for m in (call.bye,) if m is not None and m.at >= at]
    ends += [call.ended_at] if call.ended_at is not None and call.ended_at >= at else []
    return min(ends, default=None)


def rung(call: CallEvidence, invite: SipMessage) -> Iterator[Finding]:
    """Judge that a call rings at once, whatever is looked up for its caller."""
    answer = next((m for m in call.responses_to(invite) if m.status > 100), None)
    cancelled = next((m.at for m in call.heard if m.method == "CANCEL"), None)
    finding = reaction(call.evidence, invite, answer, expected="180 Ringing", within=RINGS_S, over=cancelled)
    if finding is not None:
        yield finding
