"""Setting a call up, from both sides (RFC 3261 section 13)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from harness.rules.call_evidence import CallEvidence
from harness.rules.findings import Finding, broken, cannot_be_said, held
from harness.rules.reactions import WITHIN_S, after, reaction, unfelt
from harness.rules.registry import rule

if TYPE_CHECKING:
    pass

EARLY_S = 0.02
"""How far a handset's ring may appear before the INVITE: its clock differs from the capture's."""
RINGS_BY = ("ring", "beep", "change", "display", "lamp")
"""With the ringer off, display and lamps still show a call."""


@rule("CALL-RINGING")
def ringing_is_told(call: CallEvidence) -> Iterator[Finding]:
    """An incoming call is soon answered with 180 or with a final answer."""
    invite = call.opening
    if invite is None or not call.incoming:
        return
    answers = [m for m in call.responses_to(invite) if m.status > 100]
    final = call.final(invite)
    if final is not None and final.status < 300 and answers[0] is final and call.acts("answer"):
        yield broken(invite, final, expected="180 Ringing before the answer", seen="none")
        return
    cancelled = next((m.at for m in call.heard if m.method == "CANCEL"), None)
    finding = reaction(call.evidence, invite, answers[0] if answers else None, expected="180 Ringing", over=cancelled)
    if finding is not None:
        yield finding


@rule("CALL-RINGING", reads=("sip", "acts", "shown"), timed=True)
def the_handset_rings(call: CallEvidence) -> Iterator[Finding]:
    """The handset of the called identity rings, sounds the waiting tone or shows the call."""
    invite, index = call.opening, call.evidence.index
    for act in call.acts("called"):
        if invite is None or call.evidence.shown is None:
            return
        if act.handset not in index.handsets:
            yield cannot_be_said(act, why=f"handset {act.handset} sends no events")
            continue
        final = call.final(invite)
        limit = invite.at + WITHIN_S
        seen = [index.shown_between(kind, act.handset, invite.at - EARLY_S, limit) for kind in RINGS_BY]
        if any(seen):
            yield held(invite)
        elif (final is None or final.at > limit) and call.evidence.has_seen(invite.at, limit):
            claim = "the handset of the identity that is called rings"
            yield broken(act, invite, expected=f"a ring at handset {act.handset}", seen="nothing", claim=claim)


@rule("CALL-ANSWER", reads=("sip", "acts"), timed=True)
def off_hook_answers(call: CallEvidence) -> Iterator[Finding]:
    """Taking the handset off hook answers the call with 200."""
    invite = call.opening
    for act in call.acts("answer"):
        if invite is None or not call.incoming:
            continue
        answer = after(call.responses_to(invite), act.at, lambda m: 200 <= m.status < 300)
        gone = after(call.heard, call.began_at, lambda m: m.method == "CANCEL")
        finding = unfelt(act) or reaction(call.evidence, act, answer, expected="200", over=gone.at if gone else None)
        if finding is not None:
            yield finding
