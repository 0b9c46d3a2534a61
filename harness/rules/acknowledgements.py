"""ACK and CANCEL: the two requests that belong to an INVITE (RFC 3261 sections 9.1, 13.2.2.4 and 17.1.1.3)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence

from harness.capture.equality import is_copy, same_addresses, same_routes
from harness.capture.messages import SipMessage
from harness.rules.call_evidence import CallEvidence
from harness.rules.conversation import Conversation
from harness.rules.findings import Finding, broken, cannot_be_said, held, held_unless
from harness.rules.registry import rule

PROMPT_S = 0.5
"""A later ACK may still be on its way."""
ANY = -1
"""Key of an ACK whose number fits no INVITE: the wrong number is reported, not a missing ACK."""
Judged = Callable[[CallEvidence, SipMessage, SipMessage], Iterator[Finding]]
OF_REFUSAL, OF_CANCEL = "RFC 3261 §17.1.1.3", "RFC 3261 §9.1"


def is_of_success(conversation: Conversation, ack: SipMessage) -> bool:
    """Whether an ACK of the base acknowledges a 2xx."""
    invite = conversation.own_invite(ack.cseq.number)
    if invite is None:
        return False
    return any(200 <= m.status < 300 and m.at <= ack.at for m in conversation.responses_to(invite))


@rule("SIP-ACK")
def acknowledgement(call: CallEvidence) -> Iterator[Finding]:
    """Each ACK belongs to an INVITE of the base and to a final answer to it."""
    yield from _each_with_its_invite(call, "ACK", _acknowledgement)


def _each_with_its_invite(call: CallEvidence, method: str, judged: Judged) -> Iterator[Finding]:
    """The findings of each request of this method, judged beside the INVITE with its number."""
    for request in (m for m in call.requests if m.method == method):
        invite = call.own_invite(request.cseq.number)
        if invite is not None:
            yield from held_unless(judged(call, request, invite), request)
        elif call.begins_inside:
            yield cannot_be_said(request, why="its INVITE was sent before the trace begins")
        else:
            claim = f"{method} carries the number of its INVITE"
            yield broken(request, expected="the CSeq of an INVITE of the base", seen=request.cseq, claim=claim)


def _acknowledgement(call: CallEvidence, ack: SipMessage, invite: SipMessage) -> Iterator[Finding]:
    finals = [m for m in call.responses_to(invite) if m.status >= 200 and m.at <= ack.at]
    tags = {m.to.tag for m in finals}
    if finals and ack.to.tag not in tags:
        wanted, seen = " or ".join(sorted(tags)), ack.to.tag or "no tag"
        yield broken(finals[-1], ack, expected=wanted, seen=seen, claim="To of ACK is that of the answer")
    if ack.from_.tag != invite.from_.tag:
        claim = "From of ACK is that of its INVITE"
        yield broken(invite, ack, expected=invite.from_.tag, seen=ack.from_.tag, claim=claim)
    if finals and not is_of_success(call, ack):
        yield from _hop_by_hop(ack, invite, OF_REFUSAL)


@rule("SIP-ACK", timed=True)
def every_answer_is_acknowledged(call: CallEvidence) -> Iterator[Finding]:
    """Each final answer to an INVITE of the base is acknowledged, once more when it comes once more."""
    acks: dict[int, list[SipMessage]] = {}
    for ack in (m for m in call.sent if m.method == "ACK"):
        acks.setdefault(ack.cseq.number if call.own_invite(ack.cseq.number) else ANY, []).append(ack)
    for invite in (m for m in call.requests if m.method == "INVITE"):
        finals = [m for m in call.responses_to(invite) if m.status >= 200]
        meant = [*acks.get(invite.cseq.number, ()), *acks.get(ANY, ())]
        last = _last_by_tag(meant, {final.to.tag for final in finals})
        yield from (_acknowledged(call, final, last.get(final.to.tag, 0.0)) for final in finals)


def _last_by_tag(acks: Sequence[SipMessage], tags: Collection[str]) -> dict[str, float]:
    """When each answer was acknowledged last; an ACK with an unknown tag counts for all: only its tag is reported."""
    found: dict[str, float] = {}
    for ack in acks:
        for tag in [ack.to.tag] if ack.to.tag in tags else tags:
            found[tag] = max(ack.at, found.get(tag, 0.0))
    return found


def _acknowledged(call: CallEvidence, final: SipMessage, acked_at: float) -> Finding:
    if acked_at >= final.at:
        return held(final)
    claim = f"{final.status} is acknowledged"
    until = final.at + PROMPT_S
    if not call.evidence.saw_all(final.at, until):
        return cannot_be_said(final, why="the trace ends or lost packets before an ACK had to be there", claim=claim)
    if any(final.at <= act.at <= until for act in call.evidence.acts_of("power-off", "reboot")):
        return cannot_be_said(final, why="the base was switched off", claim=claim)
    return broken(final, expected=f"ACK within {PROMPT_S:g} s", seen="none", claim=claim)


@rule("SIP-CANCEL")
def cancellation(call: CallEvidence) -> Iterator[Finding]:
    """Each CANCEL belongs to an INVITE of the base that was answered provisionally."""
    yield from _each_with_its_invite(call, "CANCEL", _cancellation)


def _cancellation(call: CallEvidence, cancel: SipMessage, invite: SipMessage) -> Iterator[Finding]:
    yield from _hop_by_hop(cancel, invite, OF_CANCEL)
    for name in ("from", "to"):
        wanted, seen = invite.header(name), cancel.header(name)
        if not same_addresses(wanted, seen):
            claim = f"CANCEL has the {name.title()} of its INVITE"
            yield broken(invite, cancel, expected=_text(wanted), seen=_text(seen), claim=claim)
    if not any(m.status < 200 and m.at <= cancel.at for m in call.responses_to(invite)):
        claim = "CANCEL waits for a provisional answer"
        yield broken(invite, cancel, expected="a 1xx before it", seen="none", claim=claim)


def _hop_by_hop(request: SipMessage, invite: SipMessage, source: str) -> Iterator[Finding]:
    """An ACK of a refusal and a CANCEL take the way of their INVITE."""
    same = f"{request.method} has the {{}} of its INVITE"
    for what, wanted, seen, kept in (
        ("branch", invite.branch, request.branch, invite.branch == request.branch),
        ("Request-URI", invite.request_uri, request.request_uri, is_copy(request.request_uri, invite.request_uri)),
    ):
        if not kept:
            yield broken(invite, request, expected=wanted, seen=seen, claim=same.format(what), source=source)
    wanted_route, route = invite.header("route"), request.header("route")
    if not same_routes(wanted_route, route):
        claim = same.format("Route")
        yield broken(invite, request, expected=_text(wanted_route), seen=_text(route), claim=claim, source=source)


def _text(values: Sequence[str]) -> str:
    return ", ".join(values) or "none"
