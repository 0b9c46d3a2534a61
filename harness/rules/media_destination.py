"""Where the base's audio goes: to the address and port that the far end described last (RFC 3264 section 5.1)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from harness.rules.addresses import is_literal, plain
from harness.rules.call_evidence import CallEvidence
from harness.rules.findings import Finding, broken, cannot_be_said, held
from harness.rules.pieces import earliest
from harness.rules.registry import rule
from harness.rules.session import ANSWERED_TWICE

if TYPE_CHECKING:
    from harness.rules.evidence import End
    from harness.rules.pieces import Piece
    from harness.rules.spans import Span

SETTLED_S = 0.5
"""Seconds in which packets may still go to the old address after the far end named another."""
BY_ICE = "candidates were described: ICE chooses where media go (RFC 8445)"
BY_SOURCE = "it is not what the far end described, but its packets come from there (symmetric RTP)"
BY_NAME = "the far end described a host name"


@rule("RTP-8", reads=("sip", "rtp"), timed=True)
@rule("RTP-DESTINATION", reads=("sip", "rtp"), timed=True)
def audio_goes_where_it_is_received(call: CallEvidence) -> Iterator[Finding]:
    """Audio goes to the address and port in force, and to none that the far end has left (RFC 3264 section 8.3.1)."""
    left: set[End] = set()
    line: End | None = None
    since = call.began_at
    for span in call.spans:
        new = span.session.far_line
        if new is None:
            continue
        if line is not None and new != line:
            left, since = (left | {line}) - {new}, span.begins
        line = new
        sent = _audio(span) if span.session.base_may_send else []
        if sent:
            yield _judged(call, span, sent, line, left, since)


def _judged(call: CallEvidence, span: Span, sent: list[Piece], line: End, left: set[End], since: float) -> Finding:
    astray = earliest([piece for piece in sent if _goes_to(piece) != line])
    if astray is None:
        return held(span.cause)
    far = span.session.far_audio
    if far is not None and any(attribute.startswith("candidate:") for attribute in far.attributes):
        return cannot_be_said(span.cause, why=BY_ICE)
    if not is_literal(line[0]):
        return cannot_be_said(span.cause, why=BY_NAME)
    place = _goes_to(astray)
    answered = _comes_from(call, span, place, since, astray.first_at)
    if answered and place not in left:
        return cannot_be_said(span.cause, why=BY_SOURCE)
    if span.session.disputed:
        return cannot_be_said(span.cause, why=ANSWERED_TWICE)
    expected = f"packets to {line[0]} port {line[1]}"
    seen = f"packet {astray.first_frame}: {astray.stream}"
    claim = "audio follows the far end to another address or port" if place in left else ""
    finding = broken(span.cause, expected=expected, seen=seen, claim=claim)
    # A base that follows the packets of the far end is misled if it moved and goes on sending from the old address.
    return replace(finding, level="inferred") if answered and call.evidence.acts is None else finding


def _audio(span: Span) -> list[Piece]:
    """What the base sent once the change had to be in effect, without the ports of its other media lines."""
    own = span.session.own_audio
    others = {media.port for media in span.session.own.media if media is not own}
    sent = span.sent_between(span.begins + SETTLED_S, span.ends)
    return [piece for piece in sent if piece.stream.sport not in others]


def _goes_to(piece: Piece) -> End:
    return plain(piece.stream.dst), piece.stream.dport


def _comes_from(call: CallEvidence, span: Span, place: End, since: float, until: float) -> bool:
    """Whether packets of the far end came from an address and port between two moments."""
    own = span.session.own_audio
    return any(
        (plain(stream.src), stream.sport) == place
        and call.evidence.is_base(stream.dst)
        and (own is None or stream.dport == own.port)
        and stream.first_at <= until
        and stream.last_at >= since
        for stream in call.streams or ()
    )
