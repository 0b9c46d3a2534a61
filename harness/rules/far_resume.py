"""A far end that resumes after a hold: the base answers sendrecv (RFC 3264 section 8.4)."""

from __future__ import annotations

from collections.abc import Iterator

from harness.rules.call_evidence import CallEvidence
from harness.rules.findings import Finding, cannot_be_said, judged
from harness.rules.hold import base_holds_at, far_offers, holds
from harness.rules.registry import rule
from harness.rules.session import direction_of, offers_null_address


@rule("CALL-RESUMED", reads=("sip", "acts"), timed=True)
def a_far_end_that_resumes_is_talked_with(call: CallEvidence) -> Iterator[Finding]:
    """After a hold of the far end an offer of sendrecv is answered with sendrecv, unless the handset holds."""
    held_by_far_end = False
    for offer, answer in far_offers(call):
        resumes = held_by_far_end and direction_of(offer) == "sendrecv" and not offers_null_address(offer)
        if answer is None:
            continue
        held_by_far_end = holds(offer)
        if not resumes or base_holds_at(call, offer.at):
            continue
        seen = direction_of(answer)
        if call.evidence.acts is None and seen == "sendonly":
            yield cannot_be_said(offer, answer, why="its handset may have put the call on hold at the same time")
        else:
            yield judged(seen == "sendrecv", offer, answer, expected="sendrecv", seen=seen)
