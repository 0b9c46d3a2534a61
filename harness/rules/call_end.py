"""The end of a call: BYE and CANCEL from both sides, and no requests afterwards (RFC 3261 sections 9 and 15)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from harness.rules.call_evidence import CallEvidence
from harness.rules.findings import Finding, Result, broken, judged
from harness.rules.reactions import after, over_at, reaction, unfelt
from harness.rules.registry import rule
from harness.rules.second_calls import being_joined, held_beside, joins_by_hanging_up

if TYPE_CHECKING:
    from harness.capture.messages import SipMessage

AFTER_THE_END_S = 0.02
"""Packets that cross the last answer on the wire are not faults."""
GOES_ON = ("ACK", "NOTIFY")
"""Requests after the end: a subscription outlives the call that it began in (RFC 6665 section 4.5.2)."""
OVER_S = 0.4
"""Seconds for which a call is watched after its end."""


@rule("CALL-BYE", reads=("sip", "acts"), timed=True)
def on_hook_sends_bye(call: CallEvidence) -> Iterator[Finding]:
    """Putting the handset on hook ends an answered call with BYE."""
    for act in call.acts("hang-up"):
        if call.answer is None or call.answer.at > act.at or (over_at(call, 0.0) or act.at) < act.at:
            continue
        if being_joined(call, act.at) or (held_beside(call, act) and joins_by_hanging_up(call, act) is not False):
            continue  # XFR-3 and XFR-6 judge what becomes of two calls
        bye = after(call.requests, act.at, lambda m: m.method == "BYE")
        claim = "hanging up sends BYE"
        over = over_at(call, act.at)
        finding = unfelt(act) or reaction(call.evidence, act, bye, expected="BYE of the base", over=over, claim=claim)
        if finding is not None:
            yield finding


@rule("CALL-BYE", timed=True)
def bye_is_answered(call: CallEvidence) -> Iterator[Finding]:
    """The far end's BYE is answered with 200; one that crosses the base's own may find its dialog gone."""
    own = next((m for m in call.requests if m.method == "BYE"), None)
    for bye in (m for m in call.asked_of_the_base if m.method == "BYE" and m.to.tag):
        final = call.final(bye)
        if final is None or 200 <= final.status < 300:
            finding = reaction(call.evidence, bye, final, expected="200 to BYE", claim="BYE is answered")
            if finding is not None:
                yield finding
        elif final.status not in (401, 407):
            known = call.opening is not None and call.answer is not None and call.bye is bye
            if known and (own is None or own.at > final.at):
                yield broken(bye, final, expected=200, seen=final.status, claim="BYE is answered")


@rule("CALL-RELEASE", timed=True)
def an_ended_call_is_over(call: CallEvidence) -> Iterator[Finding]:
    """After BYE and its answer the base sends no more requests in this call, but news of a subscription."""
    bye, ended = call.bye, call.ended_at
    if bye is None or ended is None or not call.evidence.has_seen(ended, ended + OVER_S):
        return
    late = after(
        call.requests, ended + AFTER_THE_END_S, lambda m: m.method not in GOES_ON and m.to.tag == bye_far_tag(bye, call)
    )
    seen = "nothing" if late is None else late.method
    yield judged(late is None, bye, *([late] if late else []), expected="no request of the base", seen=seen)


def bye_far_tag(bye: SipMessage, call: CallEvidence) -> str:
    """The far end's tag of the dialog that a BYE ended."""
    return bye.to.tag if call.evidence.is_base(bye.src) else bye.from_.tag


@rule("CALL-CANCEL", reads=("sip", "acts"), timed=True)
def on_hook_cancels(call: CallEvidence) -> Iterator[Finding]:
    """Hanging up before the answer cancels the call, as soon as a provisional answer allows it."""
    for act in call.acts("hang-up"):
        invites = [m for m in call.requests if m.method == "INVITE" and not m.to.tag and m.at <= act.at]
        if not invites or (call.answer is not None and call.answer.at <= act.at):
            continue
        provisional = next((m for m in call.responses_to(invites[-1]) if 100 <= m.status < 200), None)
        final = call.final(invites[-1])
        over = final.at if final is not None else None
        if provisional is None or (over is not None and over <= act.at):
            continue
        cause = act if act.at >= provisional.at else provisional
        cancel = after(call.requests, act.at, lambda m: m.method in ("CANCEL", "BYE"))
        claim = "hanging up before the answer cancels the call"
        finding = unfelt(act) or reaction(call.evidence, cause, cancel, expected="CANCEL", over=over, claim=claim)
        if finding is not None:
            yield finding


@rule("CALL-CANCEL", timed=True)
def cancel_is_obeyed(call: CallEvidence) -> Iterator[Finding]:
    """CANCEL is answered with 200, and the INVITE that it cancels ends with 487."""
    for cancel in (m for m in call.asked_of_the_base if m.method == "CANCEL"):
        answer = call.final(cancel)
        finding = reaction(call.evidence, cancel, answer, expected="200 to CANCEL", claim="CANCEL is answered")
        if finding is not None:
            yield finding
        invite = next((m for m in call.asked_of_the_base if m.method == "INVITE" and m.branch == cancel.branch), None)
        final = call.final(invite) if invite is not None else None
        if invite is None or (final is not None and final.at <= cancel.at):
            continue
        claim = "an INVITE that was cancelled ends with 487"
        finding = reaction(call.evidence, cancel, final, expected="487", claim=claim)
        if finding is not None and finding.result is Result.HELD and final is not None and final.status >= 300:
            finding = judged(final.status == 487, cancel, final, expected=487, seen=final.status, claim=claim)
        if finding is not None:
            yield finding
