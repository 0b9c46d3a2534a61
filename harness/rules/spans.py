"""The times of a call in which one session was in force, and what the base sent in each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from harness.rules.pieces import Piece, between

if TYPE_CHECKING:
    from harness.capture.messages import SipMessage
    from harness.capture.rtp import RtpStream
    from harness.rules.call_evidence import CallEvidence
    from harness.rules.session import Session

SETTLED_S = 0.1
"""Seconds in which packets of the previous session may still be sent: the base has some ready when the answer comes."""
FEWEST_PACKETS = 3
"""Packets that a packet time needs."""


@dataclass(frozen=True)
class Span:
    """From the moment a session was agreed in an answered call to the next offer, or to the call's end.

    `cause` is the message that put it in force: the answer, or the 2xx that made an early answer final.
    """

    session: Session
    begins: float
    ends: float
    cause: SipMessage
    streams: tuple[RtpStream, ...] = field(repr=False)
    """What the base sent in the whole call."""

    @property
    def at(self) -> float:
        """Its beginning; makes it an occasion."""
        return self.begins

    def sent_between(self, start: float, end: float) -> list[Piece]:
        """The base's packets between two moments, both included, of all streams."""
        return between(self.streams, start, end)

    @cached_property
    def sent(self) -> list[Piece]:
        """The base's packets during the session."""
        return self.sent_between(self.begins, self.ends)

    @cached_property
    def audio(self) -> list[Piece]:
        """The packets without telephone events, once the base must use the new session."""
        settled = self.sent_between(self.begins + SETTLED_S, self.ends)
        return [audio for piece in settled if len(audio := piece.without(self.session.event_types))]

    @property
    def last_stream(self) -> RtpStream:
        """The stream of the last packet of audio; there is one where `audio` is not empty."""
        return max(self.audio, key=lambda piece: piece.last_at).stream

    @cached_property
    def payload_type(self) -> int | None:
        """The payload type in force: the most frequent one; None without audio."""
        return _usual([piece.column("payload_type") for piece in self.audio])

    @property
    def codec(self) -> str:
        """The codec in force by its name; empty if no audio was sent or its type was not described."""
        kind = self.payload_type
        return "" if kind is None else self.session.types_to_send.get(kind, "")

    @cached_property
    def payload_length(self) -> int:
        """The usual length of the base's audio payloads in octets; 0 without audio."""
        of_type = [piece.column("length")[piece.column("payload_type") == self.payload_type] for piece in self.audio]
        return _usual(of_type) or 0

    @cached_property
    def packet_ms(self) -> float | None:
        """The packet time in ms by the timestamps of the audio; None if there is too little."""
        import numpy as np

        steps: list[Any] = []
        for piece in self.audio:
            of_type = piece.column("payload_type") == self.payload_type
            stamps, marked = piece.column("timestamp")[of_type], piece.column("marker")[of_type]
            follows = (np.diff(piece.places[of_type]) == 1) & ~marked[1:]  # no digit between, and no pause
            steps.append((np.diff(stamps) % 2**32)[follows])
        known = np.concatenate(steps) if steps else np.zeros(0)
        kind = self.payload_type
        if kind is None or len(known) + 1 < FEWEST_PACKETS:
            return None
        return float(np.median(known)) * 1000 / self.last_stream.rate_of(kind)


def _usual(columns: Sequence[Any]) -> int | None:
    """The most frequent value of some columns."""
    import numpy as np

    values, counts = np.unique(np.concatenate(columns) if columns else np.zeros(0, dtype=int), return_counts=True)
    return int(values[np.argmax(counts)]) if len(values) else None


def spans_of(call: CallEvidence) -> list[Span]:
    """The spans of an answered call, in order; empty if media were not captured or its beginning is not known."""
    answer, streams = call.answer, call.base_streams
    if answer is None or streams is None:
        return []
    kept = [one for one in call.sessions if one.is_with(answer)]
    if not kept:
        return []
    first = max((n for n, one in enumerate(kept) if one.at <= answer.at), default=0)
    kept = kept[first:]
    over = min((at for at in (call.bye.at if call.bye else None, call.ended_at) if at is not None), default=None)
    end = call.evidence.sight.ends if over is None else over
    sent = tuple(sorted(streams, key=lambda stream: stream.first_at))
    found = []
    for number, session in enumerate(kept):
        cause = session.answer if session.at >= answer.at else answer
        offers = [later.offer.at for later in kept[number + 1 : number + 2]]
        ends = min([end, *offers])
        if ends >= cause.at:
            found.append(Span(session, cause.at, ends, cause, sent))
    return found
