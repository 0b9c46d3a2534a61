"""Hold and resume: what is offered, answered and sent (RFC 3264 section 8.4)."""

from __future__ import annotations

from collections.abc import Iterator

from harness.rules.call_evidence import CallEvidence
from harness.rules.findings import Finding, broken, cannot_be_said, held
from harness.rules.registry import Expect, rule

OFFER_WITHIN_S = 5.0
"""A base that is asked to hold offers the change in this time; a person would press again."""


class HoldExpect(Expect):
    """HLD-1."""

    direction: frozenset[str]


@rule("HLD-1", reads=("sip", "acts"))
def hold_offer(call: CallEvidence, expect: HoldExpect) -> Iterator[Finding]:
    """The held party is offered what the platform wants; the occasion is the key, never the offer that is judged."""
    for act in call.acts("hold"):
        offer = next(
            (m for m in call.requests if m.at >= act.at and m.method in ("INVITE", "UPDATE") and m.sdp_or_none), None
        )
        session = call.session_at(act.at)
        far = session.far_audio if session else None
        far_holds = far is not None and far.direction in ("sendonly", "inactive")
        allowed = expect.direction | ({"inactive"} if far_holds else set())  # RFC 3264 §8.4: it hears nothing anyway
        wanted = " or ".join(sorted(allowed))
        if act.felt is False:
            yield cannot_be_said(act, why="the handset gave no feedback to the key")
        elif offer is None or offer.at > act.at + OFFER_WITHIN_S:
            yield broken(act, expected=f"an offer with {wanted} within {OFFER_WITHIN_S:g} s", seen="no offer")
        elif offer.sdp.audio.direction in allowed:
            yield held(act, offer)
        else:
            yield broken(act, offer, expected=wanted, seen=offer.sdp.audio.direction)
