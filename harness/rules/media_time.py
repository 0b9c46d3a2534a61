"""When media of the base must begin and when they must stop (RFC 3264, RFC 3261 section 15)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from harness.rules.call_evidence import CallEvidence
from harness.rules.findings import Finding, broken, cannot_be_said, held
from harness.rules.media_flow import SILENCE, suppresses_silence, talked_in
from harness.rules.pieces import count, earliest
from harness.rules.reactions import LOST
from harness.rules.registry import rule
from harness.rules.session import DEAF, NULL_ADDRESSES, offers_null_address

if TYPE_CHECKING:
    from harness.capture.messages import SipMessage
    from harness.rules.pieces import Piece
    from harness.rules.spans import Span

BEGINS_WITHIN_S = 1.5
"""Seconds until the first packet: users speak at once after an answer or a resume, and a base may be busy."""
SETTLED_S = 0.2
"""Seconds in which packets sent before a change may still arrive."""
SHORTEST_SILENCE_S = 0.1
"""Seconds that a session must last beyond that, so that missing packets mean silence."""
NO_MEDIA = "no media of this call were captured"


@rule("RTP-BEGIN", reads=("sip", "rtp"), timed=True)
def audio_begins(call: CallEvidence) -> Iterator[Finding]:
    """The base sends soon after each answer that lets it send: after the call's, after a resume, after a refresh.

    A base that holds the far end has nothing to send, though the description allows it.
    """
    without = _without_media(call)
    if without is not None:
        yield without
        return
    for span in call.spans:
        if not span.session.base_may_send or span.session.base_holds:
            continue
        limit = span.begins + BEGINS_WITHIN_S
        if span.sent_between(span.begins, min(span.ends, limit)):
            yield held(span.cause)
        elif span.ends >= limit:
            yield _late(call, span, limit)


def _late(call: CallEvidence, span: Span, limit: float) -> Finding:
    """The finding if nothing came in time: a base may be allowed to send no packets during silence (RFC 3551 §4.1)."""
    if call.evidence.has_lost(span.begins, limit):
        return cannot_be_said(span.cause, why=LOST)
    if suppresses_silence(call) and not talked_in(call, span.begins, limit):
        return cannot_be_said(span.cause, why=SILENCE)
    late = earliest(span.sent)
    seen = f"the first after {late.first_at - span.begins:.2f} s, packet {late.first_frame}" if late else "none"
    finding = broken(span.cause, expected=f"an RTP packet of the base within {BEGINS_WITHIN_S:g} s", seen=seen)
    return replace(finding, level="inferred") if late and call.evidence.acts is None else finding


@rule("RTP-STOP", reads=("sip", "rtp"), timed=True)
def nothing_is_sent_unless_agreed(call: CallEvidence) -> Iterator[Finding]:
    """If the description of either side does not let the base send, it sends nothing."""
    for span in call.spans:
        if not span.session.base_may_send:
            claim = "nothing is sent to a far end that holds" if _far_is_deaf(span) else ""
            yield from _silence(call, span.cause, span.sent_between, _known_from(call, span), span.ends, claim)


@rule("RTP-STOP", reads=("sip", "rtp"), timed=True)
def media_end_with_the_call(call: CallEvidence) -> Iterator[Finding]:
    """After BYE and its answer the base sends nothing more."""
    bye, ended = call.bye, call.ended_at
    if bye is None or ended is None or not call.spans or not call.evidence.has_seen(bye.at, ended + SETTLED_S):
        return
    known = [stream for stream in call.base_streams or () if stream.first_at <= ended]
    last = replace(call.spans[-1], streams=tuple(known))
    yield from _silence(call, bye, last.sent_between, ended, ended + 60, "media end with the call", "RFC 3261 §15")


@rule("HLD-3", reads=("sip", "rtp"), timed=True)
def nothing_is_sent_to_the_null_address(call: CallEvidence) -> Iterator[Finding]:
    """During a hold in the old form the base sends no media."""
    for span in call.spans:
        if not span.session.by_base and offers_null_address(span.session.offer):
            claim = "nothing is sent to a far end that holds by the null address"
            yield from _silence(call, span.cause, span.sent_between, span.begins, span.ends, claim)


def _known_from(call: CallEvidence, span: Span) -> float:
    """When the base knew what was agreed: a foreign trace may show an answer long before the base received it.

    Then the base's ACK shows when it did.
    """
    if call.evidence.acts is not None or call.evidence.is_base(span.cause.src):
        return span.begins
    number = span.cause.cseq.number
    acks = (m.at for m in call.sent if m.method == "ACK" and m.cseq.number == number and m.at >= span.begins)
    return next(acks, span.begins)


def _far_is_deaf(span: Span) -> bool:
    far = span.session.far_audio
    return far is None or far.direction in DEAF or far.address in NULL_ADDRESSES


def _silence(
    call: CallEvidence, cause: SipMessage, sent_between: Sent, begins: float, ends: float, claim: str, source: str = ""
) -> Iterator[Finding]:
    """Whether the base was silent once packets under way had to have arrived."""
    start, seen_until = begins + SETTLED_S, min(ends, max(call.evidence.sight.ends, call.last_at))
    packets = sent_between(start, ends)
    first = earliest(packets)
    if first is not None:
        seen = f"{count(packets)} packets, the first is packet {first.first_frame}: {first.stream}"
        yield broken(cause, expected="no RTP packet of the base", seen=seen, claim=claim, source=source)
    elif seen_until - start >= SHORTEST_SILENCE_S:
        yield held(cause)


def _without_media(call: CallEvidence) -> Finding | None:
    """The finding if media were not captured, or did not pass the point of capture of a foreign trace."""
    if call.answer is None or (call.streams is not None and (call.streams or call.evidence.acts is not None)):
        return None
    return cannot_be_said(call.answer, why=NO_MEDIA)


if TYPE_CHECKING:
    from collections.abc import Callable

    Sent = Callable[[float, float], list[Piece]]
