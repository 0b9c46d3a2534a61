"""The base's own requests: hop limit, sequence, branch, tags, route and target (RFC 3261)."""

from __future__ import annotations

from collections.abc import Iterator

from harness.capture.equality import is_copy, same_routes
from harness.capture.headers import number, parse_address
from harness.capture.messages import SipMessage
from harness.rules.acknowledgements import is_of_success
from harness.rules.call_evidence import CallEvidence
from harness.rules.conversation import Conversation
from harness.rules.dialogs import Told
from harness.rules.evidence import Evidence
from harness.rules.findings import Finding, broken, cannot_be_said, held, held_unless, judged
from harness.rules.registry import rule

MAGIC = "z9hG4bK"
MOST_HOPS = 255
WITHOUT_NUMBER = ("ACK", "CANCEL")
"""Methods that have the number of their INVITE."""
BEFORE_THE_TRACE = "the dialog was opened before the trace begins"


@rule("SIP-MAX-FORWARDS", of_one_packet=True)
def max_forwards(conversation: Conversation) -> Iterator[Finding]:
    """Each request limits its hops."""
    for request in conversation.requests:
        text = "".join(request.header("max-forwards"))
        hops = number(text)
        good = hops is not None and 0 < hops <= MOST_HOPS
        claim = f"{request.method} carries Max-Forwards"
        yield judged(good, request, expected=f"1 to {MOST_HOPS}", seen=text or "none", claim=claim)


@rule("SIP-CSEQ")
def sequence(conversation: Conversation) -> Iterator[Finding]:
    """CSeq in each dialog; the dialogs of a forked call count separately, each from the INVITE on."""
    opened: SipMessage | None = None
    dialogs: dict[str, SipMessage] = {}
    for request in conversation.requests:
        if request.cseq.method != request.method:
            yield broken(request, expected=request.method, seen=request.cseq, claim="CSeq names the method")
        if request.method in WITHOUT_NUMBER or request.method == "REGISTER":
            continue  # REG-CSEQ judges registrations: their numbers go on over restarts
        yield _number(conversation, dialogs.get(request.to.tag, opened), request)
        if request.to.tag:
            dialogs[request.to.tag] = request
        else:
            opened = request


def _number(conversation: Conversation, last: SipMessage | None, request: SipMessage) -> Finding:
    """The number of a request is higher than that of the one before it in its dialog."""
    if last is None:
        first = conversation.messages[0]
        inside = bool(request.to.tag) and bool(first.to.tag) and isinstance(conversation, CallEvidence)
        return cannot_be_said(request, why="no request before it was seen") if inside else held(request)
    step = request.cseq.number - last.cseq.number
    if step <= 0:
        claim = "each new request of a call has a higher CSeq"
        return broken(last, request, expected=f"more than {last.cseq.number}", seen=request.cseq, claim=claim)
    if step == 1 or not request.to.tag:
        return held(request)  # outside of a dialog an unsent request (no address, no connection) counts too
    if not conversation.evidence.saw_all(last.at, request.at):
        return cannot_be_said(last, request, why="the capture lost packets between the two")
    claim = "CSeq rises by one within a dialog"
    return broken(last, request, expected=last.cseq.number + 1, seen=request.cseq, claim=claim)


@rule("SIP-BRANCH")
def branches(evidence: Evidence) -> Iterator[Finding]:
    """Each transaction has its own branch, inside and outside of calls."""
    used: dict[str, SipMessage] = {}
    for conversation in evidence.conversations:
        for request in conversation.requests:
            yield from held_unless(_branch(conversation, request, used), request)


def _branch(conversation: Conversation, request: SipMessage, used: dict[str, SipMessage]) -> Iterator[Finding]:
    if not request.branch.startswith(MAGIC):
        claim = "a branch begins with the cookie of RFC 3261"
        yield broken(request, expected=f"{MAGIC}…", seen=request.branch or "no branch", claim=claim)
    if request.method == "CANCEL" or (request.method == "ACK" and not is_of_success(conversation, request)):
        return  # it has the branch of its INVITE
    before = used.setdefault(request.branch, request)
    once_more = before.method == request.method == "ACK" and before.cseq == request.cseq  # for the repeated answer
    if before is not request and not once_more:
        claim = f"{request.method} has a branch of its own"
        yield broken(before, request, expected="a branch not used before", seen=request.branch, claim=claim)


@rule("SIP-VIA", of_one_packet=True)
def one_via(conversation: Conversation) -> Iterator[Finding]:
    """A request has one Via, that of the base."""
    for request in conversation.requests:
        count = len(request.header("via"))
        yield judged(count == 1, request, expected=1, seen=count, claim="a request of the base has one Via, its own")


@rule("SIP-TAGS")
def own_tag(conversation: Conversation) -> Iterator[Finding]:
    """A request is recognised by the tag of its sender."""
    for request in conversation.requests:
        claim = "From of a request has a tag"
        yield judged(bool(request.from_.tag), request, expected=";tag=", seen="none", claim=claim)


@rule("SIP-TAGS")
def dialog_tags(call: CallEvidence) -> Iterator[Finding]:
    """Both tags of a request within a dialog are those of earlier messages."""
    for request, known in _within_dialogs(call):
        if known.opening is not None:
            yield held(request)
        elif call.begins_inside:
            yield cannot_be_said(request, why=BEFORE_THE_TRACE)
        else:
            seen = f"from {request.from_.tag}, to {request.to.tag}"
            claim = f"{request.method} names the tags of a dialog"
            yield broken(request, expected="tags that both sides have told", seen=seen, claim=claim)


@rule("SIP-ROUTE")
def follows_route(call: CallEvidence) -> Iterator[Finding]:
    """A request within a dialog has the recorded route, in its order."""
    for request, known in _within_dialogs(call):
        if known.opening is None:
            if call.begins_inside:
                yield cannot_be_said(request, why=BEFORE_THE_TRACE)
            continue
        routes = _route_set(known.opening)
        followed = request.header("route")
        claim = f"{request.method} follows the recorded route"
        yield judged(
            same_routes(followed, routes),
            known.opening,
            request,
            expected=", ".join(routes) or "no Route",
            seen=", ".join(followed) or "no Route",
            claim=claim,
        )


@rule("SIP-TARGET")
def goes_to_contact(call: CallEvidence) -> Iterator[Finding]:
    """A request within a dialog is for the latest Contact of the far end."""
    for request, known in _within_dialogs(call):
        if known.target is None:
            if call.begins_inside:
                yield cannot_be_said(request, why="the Contact of the far end was told before the trace begins")
            continue
        routes = _route_set(known.opening) if known.opening else request.header("route")
        if routes and "lr" not in parse_address(routes[0]).uri_params:
            continue  # the Request-URI names a strict router (RFC 3261 §12.2.1.1)
        wanted = known.target.contact.uri
        claim = f"{request.method} goes to the Contact of the far end"
        good = is_copy(request.request_uri, wanted)
        yield judged(good, known.target, request, expected=wanted, seen=request.request_uri, claim=claim)


def _within_dialogs(call: CallEvidence) -> Iterator[tuple[SipMessage, Told]]:
    """The base's requests within a dialog, with the dialog's state; an ACK of a refusal goes hop by hop."""
    for request in call.requests:
        hop_by_hop = request.method == "CANCEL" or (request.method == "ACK" and not is_of_success(call, request))
        if request.to.tag and not hop_by_hop:
            yield request, call.told_before(request)


def _route_set(opening: SipMessage) -> list[str]:
    recorded = opening.header("record-route")
    return recorded if opening.is_request else list(reversed(recorded))
