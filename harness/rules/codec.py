"""The codec that is offered, answered and sent, and the length of its packets (RFC 3264 section 6.1, RFC 3551)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from harness.rules.call_evidence import CallEvidence
from harness.rules.findings import Finding, cannot_be_said, judged
from harness.rules.reactions import SAVED_S
from harness.rules.registry import Expect, rule
from harness.rules.session import ANSWERED_TWICE, codecs_of

if TYPE_CHECKING:
    from harness.capture.messages import SipMessage

SLOTS = tuple(f"codec{number}_name" for number in range(1, 8))
PACKET_LENGTH = "packet_length"
G726 = ("G726-32", "AAL2-G726-32")


class G726Expect(Expect):
    """RTP-3: octets of a packet of 20 ms."""

    payload_bytes: int


@rule("RTP-1", reads=("sip", "acts"))
def offers_as_it_was_set(call: CallEvidence) -> Iterator[Finding]:
    """The first offer of a call lists the codecs in the order that was set for the identity."""
    offer = call.opening
    if offer is None or call.incoming or offer.sdp_or_none is None or not offer.sdp.media:
        return
    wanted = [name for name in _set_codecs(call, offer) if name in codecs_of(offer)]  # a slot may name one it lacks
    listed = [name for name in codecs_of(offer) if name in wanted]
    if len(wanted) > 1:
        claim, seen = "order of the offered codecs", " ".join(codecs_of(offer))
        good = listed == wanted and codecs_of(offer)[:1] == wanted[:1]
        yield judged(good, offer, expected=" ".join(wanted), seen=seen, claim=claim)


@rule("RTP-1")
def answers_in_the_order_of_the_offer(call: CallEvidence) -> Iterator[Finding]:
    """An answer of the base keeps the order in which the far end prefers its codecs."""
    for session in call.sessions:
        own, far = session.own_audio, session.far_audio
        if session.by_base or own is None or far is None:
            continue
        wanted = [name for name in far.names if name in own.names]
        seen = [name for name in own.names if name in wanted]
        claim = "an answer keeps the order of the offered codecs"
        yield judged(
            seen == wanted, session.offer, session.answer, expected=" ".join(wanted), seen=" ".join(seen), claim=claim
        )


@rule("RTP-1", reads=("sip", "rtp"))
def sends_what_was_agreed(call: CallEvidence) -> Iterator[Finding]:
    """The codec that is sent is one that both sides described."""
    for span in call.spans:
        own, kind = span.session.own_audio, span.payload_type
        if own is None or kind is None or not span.session.base_may_send:
            continue
        described = [name for name in span.session.types_to_send.values() if name in own.names]
        claim, expected = "a codec that both sides described is sent", " or ".join(described)
        seen = f"payload type {kind} ({span.codec or 'not known'}): {span.last_stream}"
        if span.codec not in described and span.session.disputed:
            yield cannot_be_said(span.cause, why=ANSWERED_TWICE, claim=claim)
            continue
        yield judged(span.codec in described, span.cause, expected=expected, seen=seen, claim=claim)


@rule("RTP-2", reads=("sip", "rtp", "acts"))
def packets_have_the_length_that_was_set(call: CallEvidence) -> Iterator[Finding]:
    """Packets have the length that was set for the identity, unless the far end's description asks for another."""
    for span in call.spans:
        far, milliseconds = span.session.far_audio, span.packet_ms
        text = _setting(call, PACKET_LENGTH, span.begins)
        if far is None or far.ptime is not None or milliseconds is None or not text or not text.isdigit():
            continue
        seen = f"{milliseconds:g} ms: {span.last_stream}"
        yield judged(round(milliseconds) == int(text), span.cause, expected=f"{text} ms", seen=seen)


@rule("RTP-3", reads=("sip", "rtp"))
def g726_packets_have_their_length(call: CallEvidence, expect: G726Expect) -> Iterator[Finding]:
    """A packet of G.726 at 32 kbit/s has four bits for each sample."""
    for span in call.spans:
        milliseconds = span.packet_ms
        if span.codec in G726 and milliseconds is not None:
            wanted = round(milliseconds * expect.payload_bytes / 20)
            claim, seen = "octets of a packet of G.726", f"{span.payload_length} for {milliseconds:g} ms"
            yield judged(span.payload_length == wanted, span.cause, expected=wanted, seen=seen, claim=claim)


def _set_codecs(call: CallEvidence, offer: SipMessage) -> list[str]:
    """The codecs of the identity's first slots, as far as they were set by acts of this session."""
    found: list[str] = []
    for slot in SLOTS:
        value = _setting(call, slot, offer.at)
        if not value:
            break
        found.append(value.upper())
    return list(dict.fromkeys(found))


def _setting(call: CallEvidence, name: str, at: float) -> str:
    settings = call.evidence.settings
    identity = call.identity(at)
    return (settings.value(name, identity, at=at + SAVED_S) or "") if identity else ""
