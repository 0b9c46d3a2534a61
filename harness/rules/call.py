"""Setting a call up, from both sides (RFC 3261 section 13)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import unquote

from harness.rules.call_evidence import CallEvidence
from harness.rules.evidence import Evidence
from harness.rules.findings import Finding, Result, broken, cannot_be_said, held, judged
from harness.rules.reactions import NO_ACT, WITHIN_S, after, reaction, unfelt
from harness.rules.registry import Expect, rule

if TYPE_CHECKING:
    from harness.capture.messages import SipMessage
    from harness.rules.acts import Act

EARLY_S = 0.02
"""How far a handset's ring may appear before the INVITE: its clock differs from the capture's."""
RINGS_BY = ("ring", "beep", "change", "display", "lamp")
"""With the ringer off, display and lamps still show a call."""


class DialExpect(Expect):
    """CAL-1."""

    uri_parameters_absent: tuple[str, ...]


@rule("CAL-1", reads=("sip", "acts"))
def dialled_number_is_called(evidence: Evidence, expect: DialExpect) -> Iterator[Finding]:
    """The dialled number is the user part of the base's INVITE, without forbidden parameters."""
    if evidence.acts is None:
        for call in evidence.calls:
            if call.opening is not None and not call.incoming:
                yield cannot_be_said(call.opening, why=NO_ACT)
    for act, invite in _dialled(evidence):
        claim = "a dialled number is called"
        finding = unfelt(act) or reaction(evidence, act, invite, expected="INVITE of the base", claim=claim)
        if finding is not None and finding.result is Result.HELD and invite is not None:
            finding = _number(act, invite, expect.uri_parameters_absent)
        if finding is not None:
            yield finding


@rule("CALL-IDENTITY", reads=("sip", "acts"))
def the_identity_of_the_handset_calls(evidence: Evidence) -> Iterator[Finding]:
    """A handset calls as the identity it is bound to: From names its account."""
    for act, invite in _dialled(evidence):
        account = act.detail.get("account", "")
        if account and invite is not None and act.felt is not False:
            yield judged(invite.from_.user == account, act, invite, expected=account, seen=invite.from_.user)


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


@rule("CALL-RINGING", reads=("sip", "acts", "shown"))
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


@rule("CALL-ANSWER", reads=("sip", "acts"))
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


def _dialled(evidence: Evidence) -> Iterator[tuple[Act, SipMessage | None]]:
    """Each dialling with the base's INVITE that followed it: that of its number before that of another."""
    acts = evidence.acts_of("dial")
    if not acts:
        return
    openings = [call.opening for call in evidence.calls if call.opening is not None and not call.incoming]
    for number, act in enumerate(acts):
        until = min(act.at + 2 * WITHIN_S, acts[number + 1].at if number + 1 < len(acts) else float("inf"))
        near = [m for m in openings if act.at <= m.at <= until]
        named = [m for m in openings if act.call_id and m.call_id == act.call_id]
        wanted = act.detail.get("number", "")
        found = named or [m for m in near if _user_of(m) == wanted] or near
        yield act, next(iter(found), None)


def _number(act: Act, invite: SipMessage, absent: tuple[str, ...]) -> Finding:
    wanted, seen = act.detail.get("number", ""), _user_of(invite)
    if wanted and seen != wanted:
        return broken(act, invite, expected=wanted, seen=seen, claim="the number that is called")
    carried = [part.partition("=")[0].lower() for part in invite.request_uri.split(";")[1:]]
    found = [name for name in absent if name.lower() in carried]
    claim = "parameters of the number that is called"
    return judged(not found, act, invite, expected=f"no {', '.join(absent)}", seen=invite.request_uri, claim=claim)


def _user_of(invite: SipMessage) -> str:
    return unquote(invite.request_uri.partition(":")[2].partition("@")[0])
