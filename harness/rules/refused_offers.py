"""Offers of the base within a call that were refused: the call goes on, or is over (RFC 3261 section 14.1)."""

from __future__ import annotations

from collections.abc import Iterator

from harness.rules.call_evidence import CallEvidence
from harness.rules.findings import Finding, broken, held
from harness.rules.reactions import after, reaction
from harness.rules.registry import rule

LOST = (408, 481)
"""The far end does not know the call, or gives no answer."""
TRY_AGAIN = (401, 407, 422, 491)
"""Not the last word: the offer is made again."""
KEPT_S = 0.4
"""Seconds for which a call is watched after a refusal."""


@rule("CALL-REFUSED-OFFER", reads=("sip", "acts"), timed=True)
def a_refused_offer_leaves_the_call(call: CallEvidence) -> Iterator[Finding]:
    """After a refusal the call goes on as it was; after 408 or 481 it is ended by BYE."""
    for offer in (m for m in call.requests if m.method == "INVITE" and m.to.tag):
        final = call.final(offer)
        if final is None or final.status < 300 or final.status in TRY_AGAIN:
            continue
        bye = after(call.requests, final.at, lambda m: m.method == "BYE")
        if final.status in LOST:
            over = call.bye.at if call.bye is not None and bye is None else None
            claim = "a call that the far end has lost is ended"
            finding = reaction(call.evidence, final, bye, expected="BYE of the base", over=over, claim=claim)
            if finding is not None:
                yield finding
        elif bye is not None and bye.at <= final.at + KEPT_S and not _hung_up(call, offer.at, bye.at):
            claim = "a call whose offer was refused goes on"
            yield broken(final, bye, expected="no BYE of the base", seen="BYE", claim=claim)
        elif call.evidence.has_seen(final.at, final.at + KEPT_S):
            yield held(final)


def _hung_up(call: CallEvidence, start: float, end: float) -> bool:
    return any(start <= act.at <= end for act in call.acts("hang-up"))
