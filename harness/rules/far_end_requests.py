"""Requests of the far end in a call: each is answered, its dialog is known, and a 200 is repeated until its ACK."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from harness.rules.addresses import plain
from harness.rules.call_evidence import CallEvidence
from harness.rules.findings import Finding, broken, cannot_be_said, held, judged
from harness.rules.options import is_whole
from harness.rules.reactions import LOST, over_at
from harness.rules.registry import rule
from harness.rules.retransmission import T1_S, t1_of

if TYPE_CHECKING:
    from harness.capture.messages import SipMessage

WITHIN_S = 4.0
"""A request over UDP has been sent four times by then (RFC 3261 section 17.1.1.2)."""
WITH_A_ROW = ("ACK", "BYE", "OPTIONS", "UPDATE")
"""ACK has no answer; other rows judge the rest."""
OF_THE_DIALOG = ("INVITE", "UPDATE", "INFO", "MESSAGE", "REFER", "OPTIONS")
"""Requests that may not be refused with 481 in an existing dialog; others may be about a subscription or ringing."""
SENDS = 3
"""The number of intervals to wait for the repetition of a 200."""
LATE_S = 0.5


@rule("SIP-ANSWERED", reads=("sip", "acts", "dhcp"), timed=True)
def requests_within_a_call_are_answered(call: CallEvidence) -> Iterator[Finding]:
    """A request within a dialog gets an answer: an INVITE any, all others a final one."""
    for request in call.asked_of_the_base:
        if request.method in WITH_A_ROW or not request.to.tag or not is_whole(request):
            continue
        answers = call.responses_to(request)
        found = next((m for m in answers if m.status >= 200 or request.method == "INVITE"), None)
        if found is not None and found.at <= request.at + WITHIN_S:
            yield held(request, found)
        elif not _is_excused(call, request):
            yield _late(call, request, found)


def _is_excused(call: CallEvidence, request: SipMessage) -> bool:
    """Whether the base does not run, the call was over, or the answer may still come."""
    evidence, due = call.evidence, request.at + WITHIN_S
    is_no_call = not call.sent  # a request with a made-up tag
    ended = request.method != "CANCEL" and _is_over(call, due)
    return is_no_call or ended or evidence.settings.restarted(request.at, due) or evidence.sight.ends < due


def _is_over(call: CallEvidence, at: float) -> bool:
    """Whether the call had ended at a moment, or its end was asked for."""
    over = over_at(call, 0.0)
    return over is not None and over <= at


def _late(call: CallEvidence, request: SipMessage, found: SipMessage | None) -> Finding:
    evidence, expected = call.evidence, f"an answer within {WITHIN_S:g} s"
    claim = f"{request.method} of the far end is answered"
    if found is not None:
        return broken(request, found, expected=expected, seen=f"after {found.at - request.at:.1f} s", claim=claim)
    if not evidence.saw_all(request.at, request.at + WITHIN_S):
        return cannot_be_said(request, why=LOST, claim=claim)
    if evidence.acts is None and not evidence.alive_after(request.at):
        why = "no later packet of the base was seen: it may have been without power or network"
        return cannot_be_said(request, why=why, claim=claim)
    sends = sum(m.is_request and m.branch == request.branch and m.method == request.method for m in call.heard)
    seen = "none" if sends < 2 else f"none, though it was sent {sends} times"
    return broken(request, expected=expected, seen=seen, claim=claim)


@rule("SIP-ANSWERED", reads=("sip", "acts", "dhcp"), timed=True)
def no_call_is_forgotten(call: CallEvidence) -> Iterator[Finding]:
    """481 means that the call is not known; it is wrong within an existing call (RFC 3261 section 12.2.2)."""
    answer = call.answer
    if answer is None:
        return
    over = over_at(call, 0.0)
    known = {tag for m in call.messages if m.at <= answer.at for tag in (m.from_.tag, m.to.tag)}
    for request in call.asked_of_the_base:
        final = call.final(request)
        within = request.method in OF_THE_DIALOG and request.to.tag == call.own_tag and request.from_.tag in known
        if not within or final is None or request.at <= answer.at or (over is not None and over < final.at):
            continue
        if final.status == 481 and _may_have_restarted(call, answer.at, final.at):
            yield cannot_be_said(request, final, why="the base may have restarted since the call was answered")
            continue
        claim, source = "a request within a call finds its dialog", "RFC 3261 §12.2.2"
        good = final.status != 481
        yield judged(good, request, final, expected="not 481", seen=final.status, claim=claim, source=source)


def _may_have_restarted(call: CallEvidence, start: float, end: float) -> bool:
    """Whether the base restarted: from acts; in a foreign trace, from a registration with a new Call-ID."""
    evidence = call.evidence
    if evidence.settings.restarted(start, end):
        return True
    if evidence.acts is not None:
        return False
    registered = [one.request for one in evidence.asked_by_base if one.request.method == "REGISTER"]
    before = {request.call_id for request in registered if request.at <= start}
    return any(start < r.at <= end and r.call_id not in before and r.cseq.number <= 2 for r in registered)


@rule("SIP-FINAL", reads=("sip", "acts", "dhcp"), timed=True)
def success_waits_for_its_acknowledgement(call: CallEvidence) -> Iterator[Finding]:
    """A 2xx to INVITE is sent again, over any transport, until its ACK comes."""
    acked: dict[int, list[float]] = {}
    for ack in (m for m in call.heard if m.method == "ACK"):
        acked.setdefault(ack.cseq.number, []).append(ack.at)
    for response in call.responses:
        if response.cseq.method != "INVITE" or not 200 <= response.status < 300:
            continue
        until = response.at + (2**SENDS - 1) * (t1_of(call.evidence, response.at) or T1_S) + LATE_S
        if any(response.at <= at <= until for at in acked.get(response.cseq.number, ())):
            continue
        again = any(m.resend and m.branch == response.branch and m.status == response.status for m in call.sent)
        if again:
            yield held(response)
        elif not _may_stop(call, response, until):
            if not _hears_the_far_end(call, response):
                yield cannot_be_said(response, why="the ACK may have taken a way that the trace does not show")
                continue
            claim, source = "a 200 that is not acknowledged is sent again", "RFC 3261 §13.3.1.4"
            expected = f"the same within {until - response.at:.1f} s"
            yield broken(response, expected=expected, seen="once, and no ACK", claim=claim, source=source)


def _may_stop(call: CallEvidence, response: SipMessage, until: float) -> bool:
    """Whether the call ended before, the base did not run, or not all was seen."""
    evidence = call.evidence
    ended = _is_over(call, until) or evidence.settings.restarted(response.at, until)
    unseen = not evidence.saw_all(response.at, until)
    return ended or unseen or (evidence.acts is None and not evidence.alive_after(response.at))


def _hears_the_far_end(call: CallEvidence, response: SipMessage) -> bool:
    """Whether its ACK would have been seen: on a rig, if the far end sends directly or was seen again later."""
    request = call.request_of(response)
    direct = request is not None and plain(request.contact.host) == plain(request.src)
    return call.evidence.acts is not None or direct or any(m.at > response.at for m in call.asked_of_the_base)
