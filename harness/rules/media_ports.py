"""The ports that the base receives media at and sends them from."""

from __future__ import annotations

from collections.abc import Iterator

from harness.rules.call_evidence import CallEvidence
from harness.rules.findings import Finding, cannot_be_said, judged
from harness.rules.nat import beyond_nat, media_lead_here
from harness.rules.reactions import SAVED_S
from harness.rules.registry import rule

FIRST, LAST = "rtp_port_start", "rtp_port_end"


@rule("RTP-PORTS", reads=("sip", "acts"))
def a_media_port_is_of_the_range(call: CallEvidence) -> Iterator[Finding]:
    """The port that the base describes is even (RFC 3550 section 11) and in the range that was set."""
    for message in call.descriptions:
        if not call.evidence.is_base(message.src):
            continue
        low, high = (_number(call, name) for name in (FIRST, LAST))
        for media in message.sdp.media:
            if media.port:
                known = low is not None and high is not None
                good = media.port % 2 == 0 and (not known or (low or 0) <= media.port <= (high or 0))
                expected = f"an even port from {low} to {high}" if known else "an even port"
                yield judged(good, message, expected=expected, seen=media.port, claim="media port")


@rule("RTP-PORTS", reads=("sip", "rtp"))
def media_are_sent_from_where_they_are_received(call: CallEvidence) -> Iterator[Finding]:
    """The base sends from the port that it describes (RFC 4961): answers to its packets arrive there."""
    for span in call.spans:
        own = span.session.own_audio
        if own is None or not span.audio:
            continue
        told = span.session.offer if span.session.by_base else span.session.answer
        if media_lead_here(call) or beyond_nat(call.evidence, told, own.address):
            yield cannot_be_said(span.cause, why=f"c= tells {own.address}, which a NAT stands for")
            continue
        stream = span.last_stream
        claim = "port the base sends from"
        yield judged(
            stream.sport == own.port, span.cause, expected=own.port, seen=f"{stream.sport}: {stream}", claim=claim
        )


def _number(call: CallEvidence, name: str) -> int | None:
    """A setting as it was when the call began: ports are chosen then."""
    at = call.began_at + SAVED_S
    text = call.evidence.settings.value(name, at=at) if call.evidence.settings.known else None
    return int(text) if text and text.isascii() and text.isdigit() else None
