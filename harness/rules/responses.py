"""The base's answers: headers copied from the request, tags, route, order, repetition (RFC 3261, RFC 3581)."""

from __future__ import annotations

from collections.abc import Iterator

from harness.capture import headers
from harness.capture.equality import is_copy, same_addresses, same_routes, same_via
from harness.capture.messages import SipMessage
from harness.rules.call_evidence import CallEvidence
from harness.rules.conversation import Conversation
from harness.rules.findings import Finding, broken, cannot_be_said, held, held_unless, judged
from harness.rules.registry import rule

AFTER_ACK_S = 0.1
"""Seconds in which a repetition may cross its ACK on the wire."""
ADDED = ("received", "rport")
"""What an answer adds to the topmost Via (RFC 3261 section 18.2.1, RFC 3581 section 4)."""


@rule("SIP-VIA")
def copies_vias(conversation: Conversation) -> Iterator[Finding]:
    """An answer has the Vias of its request."""
    for response in conversation.responses:
        request = conversation.request_of(response)
        if request is not None:
            yield from held_unless(_vias(request, response), request, response)
        elif _is_before_the_trace(conversation, response):
            yield cannot_be_said(response, why="its request came before the trace begins, or the capture lost it")
        else:
            seen = response.branch or "no branch"
            claim = "an answer carries the Via of a request"
            yield broken(response, expected="a branch of the far end", seen=seen, claim=claim)


def _is_before_the_trace(conversation: Conversation, response: SipMessage) -> bool:
    """Whether the request of an answer may be missing in the trace: no request with its number is there."""
    asked = response.cseq in conversation.numbers_asked
    return not asked or not conversation.evidence.saw_all(conversation.began_at, response.at)


def _vias(request: SipMessage, response: SipMessage) -> Iterator[Finding]:
    wanted, seen = request.via, response.via
    added = [ADDED, *([()] * len(wanted))]
    if len(seen) != len(wanted) or not all(map(same_via, seen, wanted, added)):
        claim = "an answer has all Vias of its request in order"
        yield broken(request, response, expected=", ".join(wanted), seen=", ".join(seen), claim=claim)
    asked, given = (headers.parameters("".join(vias[:1]).partition(";")[2]).get("rport") for vias in (wanted, seen))
    if asked == "" and given != str(request.sport):
        claim = "rport is filled in"
        yield broken(request, response, expected=request.sport, seen=given or "none", claim=claim, source="RFC 3581 §4")


@rule("SIP-COPIES")
def copies_headers(conversation: Conversation) -> Iterator[Finding]:
    """An answer names the same dialog and request: From, To, CSeq, in any notation."""
    for response in conversation.responses:
        request = conversation.request_of(response)
        if request is not None:
            yield from held_unless(_headers(request, response), request, response)


def _headers(request: SipMessage, response: SipMessage) -> Iterator[Finding]:
    if response.cseq.number != request.cseq.number:
        claim = "an answer has the CSeq of its request"
        yield broken(request, response, expected=request.cseq, seen=response.cseq, claim=claim)
    wanted, seen = request.header("from"), response.header("from")
    if not same_addresses(seen, wanted):
        claim = "an answer has the From of its request"
        yield broken(request, response, expected=", ".join(wanted), seen=", ".join(seen) or "none", claim=claim)
    if not is_copy(response.to.uri, request.to.uri):
        claim = "an answer has the To of its request"
        yield broken(request, response, expected=request.to.uri, seen=response.to.uri, claim=claim)


@rule("SIP-TAGS")
def answer_tags(conversation: Conversation) -> Iterator[Finding]:
    """All answers to one request have one tag in To, inside a dialog the dialog's tag."""
    given: dict[tuple[str, str], SipMessage] = {}
    for response in conversation.responses:
        request = conversation.request_of(response)
        if request is not None and response.status != 100:
            yield from held_unless(_tag(request, response, given), response)


def _tag(request: SipMessage, response: SipMessage, given: dict[tuple[str, str], SipMessage]) -> Iterator[Finding]:
    if not response.to.tag:
        yield broken(response, expected=";tag=", seen="none", claim="an answer has a tag in To")
        return
    if request.to.tag and response.to.tag != request.to.tag:
        claim = "To of an answer has the tag of its request"
        yield broken(request, response, expected=request.to.tag, seen=response.to.tag, claim=claim)
    first = given.setdefault((response.branch, response.cseq.method), response)
    if first.to.tag != response.to.tag:
        claim = "all answers to a request have one tag in To"
        yield broken(first, response, expected=first.to.tag, seen=response.to.tag, claim=claim)


@rule("SIP-ROUTE")
def copies_route(call: CallEvidence) -> Iterator[Finding]:
    """An answer that opens a dialog copies the route for its requests."""
    for response in call.responses:
        request = call.request_of(response)
        if request is None or request.method != "INVITE" or request.to.tag or not 100 < response.status < 300:
            continue
        wanted, seen = request.header("record-route"), response.header("record-route")
        if wanted:
            claim = "an answer that opens a dialog copies Record-Route"
            good = same_routes(seen, wanted)
            expected, shown = ", ".join(wanted), ", ".join(seen) or "none"
            yield judged(good, request, response, expected=expected, seen=shown, claim=claim, source="RFC 3261 §12.1.1")


@rule("SIP-FINAL")
def one_final_answer(conversation: Conversation) -> Iterator[Finding]:
    """A request has one final answer and no other after it."""
    finals: dict[tuple[str, str], SipMessage] = {}
    for response in (m for m in conversation.sent if not m.is_request):
        key = (response.branch, response.cseq.method)
        final = finals.get(key)
        if response.status >= 200:
            finals.setdefault(key, response)
        if final is not None and response.status != final.status:
            claim = "a request has one final answer and nothing else after it"
            yield broken(final, response, expected=f"{final.status} at the end", seen=response.status, claim=claim)
        elif final is None and response.status >= 200:
            yield held(response)


@rule("SIP-FINAL", timed=True)
def silent_after_acknowledgement(call: CallEvidence) -> Iterator[Finding]:
    """A final answer to INVITE is repeated only until its ACK comes."""
    acks: dict[tuple[int, str], SipMessage] = {}
    for ack in call.asked_of_the_base:
        if ack.method == "ACK":
            acks.setdefault((ack.cseq.number, ack.to.tag), ack)
    for response in (m for m in call.sent if m.status >= 200 and m.cseq.method == "INVITE"):
        acked = acks.get((response.cseq.number, response.to.tag))
        if acked is None:
            continue
        if response.at > acked.at + AFTER_ACK_S:
            if call.evidence.acts is None:
                yield cannot_be_said(acked, response, why="the ACK may have been lost on its way from here to the base")
                continue
            claim = "an acknowledged answer is not repeated"
            source = "RFC 3261 §13.3.1.4, §17.2.1"
            yield broken(acked, response, expected="nothing after ACK", seen="once more", claim=claim, source=source)
        elif not response.resend:
            yield held(response)
