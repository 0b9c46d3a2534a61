"""OPTIONS of a server is answered at once, in a call and outside, with the base's methods (RFC 3261 section 11.2)."""

from __future__ import annotations

from collections.abc import Iterator

from harness.capture.equality import canonical
from harness.capture.messages import SipMessage
from harness.rules.binding import asks_for_a_binding
from harness.rules.evidence import Evidence
from harness.rules.findings import Finding, broken, cannot_be_said, held_unless, judged
from harness.rules.registry import Expect, rule
from harness.rules.transactions import Transaction

BUSY = (480, 486, 600, 603)
"""Statuses that are no refusal: OPTIONS is answered as an INVITE would be, so a busy phone may answer 486."""
METHODS = frozenset({"ACK", "BYE", "CANCEL", "INVITE"})
"""The methods of a call: an Allow names at least these."""
WITHIN_S = 2.0


class PingExpect(Expect):
    """REG-9: seconds until the answer."""

    within: float


@rule("REG-9", reads=("sip", "acts", "dhcp"), timed=True)
def pings_are_answered(evidence: Evidence, expect: PingExpect) -> Iterator[Finding]:
    """OPTIONS outside any dialog is answered in time, and not refused if it is for a Contact of the base."""
    contacts: set[str] = set()
    registered = iter(evidence.asked_by_base)
    pending = next(registered, None)
    for one in evidence.asked_of_base:
        while pending is not None and pending.at < one.at:
            if pending.request.method == "REGISTER" and asks_for_a_binding(pending.request):
                contacts.add(canonical(pending.request.contact.uri))
            pending = next(registered, None)
        if one.request.method == "OPTIONS" and not one.request.to.tag:
            known = canonical(one.request.request_uri) in contacts
            yield from answered(evidence, one, expect.within, welcome=known)


def answered(evidence: Evidence, one: Transaction, within: float, *, welcome: bool) -> Iterator[Finding]:
    """Whether a request of a server got a final answer in time; if it is `welcome`, one that does not refuse it."""
    request, final = one.request, one.final
    claim = f"{request.method} of the server is answered"
    if not is_whole(request):
        return  # a damaged request needs no answer
    due = request.at + within
    if final is not None and final.at <= due:
        good = not welcome or final.status < 300 or final.status in BUSY
        yield judged(good, request, final, expected="a 2xx", seen=final.status, claim=claim)
    elif not _is_excused(evidence, request, due):
        yield _too_late(evidence, request, final, within, claim)


def is_whole(request: SipMessage) -> bool:
    """Whether a request has what RFC 3261 section 8.1.1 requires; without it an answer cannot be routed back."""
    named = request.via and request.call_id and request.from_.uri and request.to.uri
    return bool(named) and request.cseq.method == request.method


def _is_excused(evidence: Evidence, request: SipMessage, due: float) -> bool:
    """Whether the base is off, or the answer may still come."""
    starts = evidence.is_up(request.at) is False or evidence.settings.restarted(request.at, due)
    return starts or evidence.sight.ends < due


def _too_late(evidence: Evidence, request: SipMessage, final: SipMessage | None, within: float, claim: str) -> Finding:
    expected = f"an answer within {within:g} s"
    if final is not None:
        seen = f"after {final.at - request.at:.1f} s"
        return broken(request, final, expected=expected, seen=seen, claim=claim)
    if not evidence.saw_all(request.at, request.at + within):
        return cannot_be_said(request, why="the answer may be missing in the capture", claim=claim)
    if evidence.is_up(request.at) is None:
        return cannot_be_said(request, why="nothing shows that the base runs", claim=claim)
    return broken(request, expected=expected, seen="none", claim=claim)


@rule("SIP-OPTIONS", reads=("sip", "acts", "dhcp"), timed=True)
def answers_tell_what_the_base_can(evidence: Evidence) -> Iterator[Finding]:
    """The answer has a tag in To and an Allow with the methods of a call; inside a call it is answered too."""
    for one in evidence.asked_of_base:
        if one.request.method != "OPTIONS":
            continue
        if one.request.to.tag:
            yield from answered(evidence, one, WITHIN_S, welcome=False)
        final = one.final
        if final is not None:
            yield from held_unless(_faults(one.request, final), one.request, final)


def _faults(request: SipMessage, final: SipMessage) -> Iterator[Finding]:
    if not final.to.tag:
        claim, source = "the answer to OPTIONS has a To tag", "RFC 3261 §8.2.6.2"
        yield broken(request, final, expected=";tag=", seen="none", claim=claim, source=source)
    allowed = {method.upper() for method in final.header("allow")}
    if final.status < 300 and not allowed >= METHODS:
        claim, source = "Allow in the answer to OPTIONS names what calls are made of", "RFC 3261 §11.2"
        seen = ", ".join(sorted(allowed)) or "no Allow"
        yield broken(request, final, expected=", ".join(sorted(METHODS)), seen=seen, claim=claim, source=source)
