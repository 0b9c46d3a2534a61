"""Remarks on the streams of a call: one direction only, loss, jitter, gaps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from harness.capture.messages import clock_text
from harness.trace_report.model import Where
from harness.trace_report.wording import seconds

if TYPE_CHECKING:
    from harness.rules.call_evidence import CallEvidence
    from harness.trace_report.model import StreamLine

TALK_S = 2.0
"""A shorter call may have had no time for audio in both directions."""
LOSS = 0.01
JITTER_MS = 30.0
GAP_MS = 500.0
POOR_MOS = 3.6
FEW_PACKETS = 50


def media_places(number: int, call: CallEvidence, streams: Sequence[StreamLine]) -> Iterator[tuple[str, Where]]:
    """The kinds of `remarks.yaml` that one call's streams show, and where."""
    yield from _ways(number, call, streams)
    for stream in streams:
        if stream.packets < FEW_PACKETS:
            continue
        at = f"{stream.way} by the base, {stream.codec}"
        if stream.loss >= LOSS:
            yield "loss", _at(number, stream, f"{stream.loss:.1%} of {stream.packets + stream.lost:,} packets, {at}")
        if stream.jitter_ms >= JITTER_MS:
            yield "jitter", _at(number, stream, f"jitter {stream.jitter_ms:.0f} ms, {at}")
        if stream.max_gap_ms >= GAP_MS and not stream.lost and _was_to_be_sent(call, stream):
            words = f"{seconds(stream.max_gap_ms / 1000)} without a packet from {clock_text(stream.gap_at)} on, {at}"
            yield "gap", _at(number, stream, words)
        if stream.mos is not None and stream.mos < POOR_MOS:
            yield "quality", _at(number, stream, f"MOS {stream.mos:.1f}, {at}")


def _ways(number: int, call: CallEvidence, streams: Sequence[StreamLine]) -> Iterator[tuple[str, Where]]:
    answer = call.answer
    if answer is None or call.last_at - answer.at < TALK_S or not _two_way(call):
        return
    ways = {stream.way for stream in streams if stream.packets > 1}
    if not ways:
        yield "no_audio", Where(number, answer.at, answer.frame, f"up for {seconds(call.last_at - answer.at)}")
    elif len(ways) == 1:
        words = "the base sent, nothing came back" if ways == {"sent"} else "the base heard, it sent nothing"
        yield "one_way", Where(number, answer.at, answer.frame, words)


def _two_way(call: CallEvidence) -> bool:
    """Whether every description of the call allowed audio both ways."""
    media = [m for session in call.sessions for m in (session.own_audio, session.far_audio)]
    return bool(media) and all(m is not None and m.direction == "sendrecv" for m in media)


def _was_to_be_sent(call: CallEvidence, stream: StreamLine) -> bool:
    """Whether the directions agreed allowed audio this way all through the gap."""
    over = stream.gap_at + stream.max_gap_ms / 1000
    if any(stream.gap_at <= session.at <= over for session in call.sessions):
        return False
    session = call.session_at(stream.gap_at)
    sender, receiver = (session.own_audio, session.far_audio) if session else (None, None)
    if stream.way == "heard":
        sender, receiver = receiver, sender
    if sender is None or receiver is None:
        return False
    return sender.direction in ("sendrecv", "sendonly") and receiver.direction in ("sendrecv", "recvonly")


def _at(number: int, stream: StreamLine, words: str) -> Where:
    return Where(number, stream.first_at, stream.first_frame, words)
