"""The base's own requests: sequence, branches, tags, routes, targets, ACK and CANCEL (RFC 3261)."""

from __future__ import annotations

from collections.abc import Iterator

from harness.capture import headers
from harness.capture.messages import SipMessage
from harness.capture.rules.talk import Talk, broken, same_list, same_uri
from harness.errors import Expectation

MAGIC = "z9hG4bK"
PROMPT_S = 0.5
"""An ACK that is younger may still be on its way."""


def broken_requests(talk: Talk) -> list[Expectation]:
    """Everything that the requests of one call break."""
    return [
        fault for rule in (_shape, _branches, _numbers, _acknowledgements, _cancels, _dialogs) for fault in rule(talk)
    ]


def _shape(talk: Talk) -> Iterator[Expectation]:
    for request in talk.requests:
        if request.cseq.method != request.method:
            yield broken("CSeq names the method", request.method, request.cseq, "RFC 3261 §8.1.1.5", request)
        if not request.from_.tag:
            yield broken("From of a request has a tag", ";tag=", "none", "RFC 3261 §8.1.1.3", request)
        hops = "".join(request.header("max-forwards"))
        if not headers.number(hops, 255):
            yield broken("a request carries Max-Forwards", "1 to 255", hops or "none", "RFC 3261 §8.1.1.6", request)
        if len(request.via) != 1:
            claim = "a request of the base has one Via, its own"
            yield broken(claim, 1, len(request.via), "RFC 3261 §8.1.1.7", request)


def _branches(talk: Talk) -> Iterator[Expectation]:
    used: dict[str, SipMessage] = {}
    for request in talk.requests:
        if not request.branch.startswith(MAGIC):
            claim = "a branch begins with the cookie of RFC 3261"
            yield broken(claim, f"{MAGIC}…", request.branch or "no branch", "RFC 3261 §8.1.1.7", request)
        before = used.get(request.branch)
        if before is not None and before.method == request.method == "ACK" and before.cseq == request.cseq:
            continue  # once more, as the answer came once more
        of_its_invite = request.method == "CANCEL" or (request.method == "ACK" and not _of_success(talk, request))
        if before is not None and not of_its_invite:
            claim = f"{request.method} has a branch of its own"
            yield broken(claim, "a branch not used before", request.branch, "RFC 3261 §8.1.1.7", before, request)
        if not of_its_invite:
            used[request.branch] = request


def _numbers(talk: Talk) -> Iterator[Expectation]:
    """CSeq of each dialog; where a call was forked its dialogs count apart, each from the INVITE on."""
    opened: SipMessage | None = None
    dialogs: dict[str, SipMessage] = {}
    for request in talk.requests:
        if request.method in ("ACK", "CANCEL"):
            continue
        last = dialogs.get(request.to.tag, opened)
        if last is not None and request.cseq.number <= last.cseq.number:
            claim = "each new request of a call has a higher CSeq"
            yield broken(claim, f"more than {last.cseq.number}", request.cseq, "RFC 3261 §12.2.1.1", last, request)
        elif last is not None and request.to.tag and request.cseq.number != last.cseq.number + 1:
            claim = "CSeq rises by one within a dialog"
            yield broken(claim, last.cseq.number + 1, request.cseq, "RFC 3261 §12.2.1.1", last, request)
        if request.to.tag:
            dialogs[request.to.tag] = request
        else:
            opened = request


def _acknowledgements(talk: Talk) -> Iterator[Expectation]:
    for ack in (m for m in talk.requests if m.method == "ACK"):
        invite = talk.invite_numbered(ack.cseq.number)
        if invite is None:
            claim = "ACK carries the number of its INVITE"
            yield broken(claim, "the CSeq of an INVITE of the base", ack.cseq, "RFC 3261 §13.2.2.4, §17.1.1.3", ack)
            continue
        finals = [m for m in talk.answers_to(invite) if m.status >= 200 and m.at <= ack.at]
        tags = {m.to.tag for m in finals}
        if finals and ack.to.tag not in tags:
            claim = "To of ACK is that of the answer"
            yield broken(
                claim, " or ".join(sorted(tags)), ack.to.tag or "no tag", "RFC 3261 §17.1.1.3", finals[-1], ack
            )
        if ack.from_.tag != invite.from_.tag:
            claim = "From of ACK is that of its INVITE"
            yield broken(claim, invite.from_.tag, ack.from_.tag, "RFC 3261 §17.1.1.3", invite, ack)
        if finals and not _of_success(talk, ack):
            yield from _hop_by_hop(ack, invite)
    yield from _unacknowledged(talk)


def _unacknowledged(talk: Talk) -> Iterator[Expectation]:
    for invite in (m for m in talk.requests if m.method == "INVITE"):
        acks = [m for m in talk.sent if m.method == "ACK" and m.cseq.number == invite.cseq.number]
        for final in talk.answers_to(invite):
            if (
                final.status >= 200
                and final.at < talk.messages[-1].at - PROMPT_S
                and not any(ack.at >= final.at for ack in acks)
            ):
                yield broken(
                    "every final answer is acknowledged", "ACK", "none", "RFC 3261 §13.2.2.4, §17.1.1.3", final
                )


def _hop_by_hop(request: SipMessage, invite: SipMessage) -> Iterator[Expectation]:
    """An ACK of a failure and a CANCEL belong to their INVITE."""
    source = "RFC 3261 §9.1" if request.method == "CANCEL" else "RFC 3261 §17.1.1.3"
    same = f"{request.method} has the {{}} of its INVITE"
    if request.branch != invite.branch:
        yield broken(same.format("branch"), invite.branch, request.branch, source, invite, request)
    if request.request_uri != invite.request_uri:
        yield broken(same.format("Request-URI"), invite.request_uri, request.request_uri, source, invite, request)
    if not same_list(request.header("route"), invite.header("route")):
        yield broken(same.format("Route"), invite.header("route"), request.header("route"), source, invite, request)


def _cancels(talk: Talk) -> Iterator[Expectation]:
    for cancel in (m for m in talk.requests if m.method == "CANCEL"):
        invite = talk.invite_numbered(cancel.cseq.number)
        if invite is None:
            claim = "CANCEL carries the number of its INVITE"
            yield broken(claim, "the CSeq of an INVITE of the base", cancel.cseq, "RFC 3261 §9.1", cancel)
            continue
        yield from _hop_by_hop(cancel, invite)
        for name in ("from", "to"):
            if not same_list(cancel.header(name), invite.header(name)):
                claim = f"CANCEL has the {name.title()} of its INVITE"
                yield broken(claim, invite.header(name), cancel.header(name), "RFC 3261 §9.1", invite, cancel)
        if not any(m.status < 200 and m.at <= cancel.at for m in talk.answers_to(invite)):
            claim = "CANCEL waits for a provisional answer"
            yield broken(claim, "a 1xx before it", "none", "RFC 3261 §9.1", invite, cancel)


def _dialogs(talk: Talk) -> Iterator[Expectation]:
    """Requests within a dialog: tags, route set and remote target as the messages before them say."""
    for request in talk.requests:
        if request.method == "CANCEL" or not request.to.tag:
            continue
        if request.method == "ACK" and not _of_success(talk, request):
            continue
        opening = _opening(talk, request)
        if opening is None:
            claim = f"{request.method} names the tags of a dialog"
            seen = f"from {request.from_.tag}, to {request.to.tag}"
            yield broken(claim, "tags that both sides have told", seen, "RFC 3261 §12.2.1.1", request)
            continue
        routes = opening.header("record-route")
        routes = routes if opening.is_request else list(reversed(routes))
        if not same_list(request.header("route"), routes):
            claim = f"{request.method} follows the recorded route"
            yield broken(claim, routes, request.header("route"), "RFC 3261 §12.2.1.1", opening, request)
        told = _target(talk, request)
        strict = bool(routes) and ";lr" not in routes[0].lower()
        if told is not None and not strict and not same_uri(request.request_uri, told.contact.uri):
            claim = f"{request.method} goes to the Contact of the far end"
            yield broken(claim, told.contact.uri, request.request_uri, "RFC 3261 §12.2.1.1", told, request)


def _opening(talk: Talk, request: SipMessage) -> SipMessage | None:
    """The message of the far end that opened the dialog of a request: its INVITE, or its first answer with that tag."""
    for message in talk.heard:
        if message.at > request.at:
            break
        if message.is_request and message.method == "INVITE" and not message.to.tag:
            answered = {m.to.tag for m in talk.sent if m.branch == message.branch and m.at <= request.at}
            if message.from_.tag == request.to.tag and request.from_.tag in answered:
                return message
        elif 100 < message.status < 300 and message.cseq.method == "INVITE" and _same_tags(message, request):
            return _confirming(talk, message, request)
    return None


def _same_tags(one: SipMessage, other: SipMessage) -> bool:
    return (one.from_.tag, one.to.tag) == (other.from_.tag, other.to.tag)


def _confirming(talk: Talk, first: SipMessage, request: SipMessage) -> SipMessage:
    """The 2xx of the same dialog where it came before the request: its route set replaces the early one (§13.2.2.4)."""
    return next(
        (
            m
            for m in talk.heard
            if 200 <= m.status < 300 and m.to.tag == first.to.tag and m.branch == first.branch and m.at <= request.at
        ),
        first,
    )


def _target(talk: Talk, request: SipMessage) -> SipMessage | None:
    """The Contact the far end told last in this dialog: in an INVITE or UPDATE that was accepted, or a 2xx to ours."""
    told = None
    for message in talk.heard:
        if message.at > request.at:
            break
        method = message.cseq.method
        if method not in ("INVITE", "UPDATE") or not message.header("contact"):
            continue
        if message.is_request:
            opens = not message.to.tag
            if message.from_.tag == request.to.tag and (opens or _accepted(talk, message, request.at)):
                told = message
        elif 100 < message.status < 300 and message.to.tag == request.to.tag:
            told = message
    return told


def _accepted(talk: Talk, request: SipMessage, until: float) -> bool:
    return any(m.branch == request.branch and 200 <= m.status < 300 and m.at <= until for m in talk.sent)


def _of_success(talk: Talk, ack: SipMessage) -> bool:
    """Whether an ACK of the base acknowledges a 2xx."""
    invite = talk.invite_numbered(ack.cseq.number)
    finals = [m for m in talk.answers_to(invite) if m.status >= 200 and m.at <= ack.at] if invite else []
    return any(m.status < 300 for m in finals)
