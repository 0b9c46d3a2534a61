"""The RTP streams of the base: which call, which codec, and how well they arrived."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from harness.capture import mos
from harness.capture.sdp import STATIC_TYPES
from harness.trace_report.model import StreamLine

if TYPE_CHECKING:
    from harness.capture.rtp import RtpStream
    from harness.capture.sdp import Media
    from harness.rules.call_evidence import CallEvidence
    from harness.rules.evidence import Evidence
    from harness.rules.session import Session

NO_AUDIO = ("CN", "TELEPHONE-EVENT", "H263", "H263-1998", "H264", "VP8", "JPEG")
_EARLY = 1.0
"""Media may come this long before the answer that describes it was seen, early media apart."""


def lines(evidence: Evidence, calls: Sequence[CallEvidence]) -> list[StreamLine]:
    """Every stream from or to the base, in the order of their first packets."""
    owner: dict[int, tuple[int, CallEvidence | None]] = {}
    for number, call in enumerate(calls, 1):
        for stream in call.streams or ():
            owner.setdefault(id(stream), (number, call))
    found = []
    for stream in evidence.streams or ():
        found.append(_line(evidence, stream, *owner.get(id(stream), (0, None))))
    return sorted(found, key=lambda line: line.first_at)


def by_call(streams: Sequence[StreamLine]) -> dict[int, list[StreamLine]]:
    """The streams of each call by its number."""
    found: dict[int, list[StreamLine]] = {}
    for stream in streams:
        found.setdefault(stream.call, []).append(stream)
    return found


def codec_of_call(call: CallEvidence, streams: Sequence[StreamLine]) -> str:
    """What was sent, both ways; without media what was agreed."""
    audible = [s.codec for s in streams if s.packets > 1 and s.codec]
    if audible:
        return "/".join(dict.fromkeys(audible))
    for session in reversed(call.sessions):
        audio = session.far_audio if session.by_base else session.own_audio
        if audio is not None and audio.names:
            return f"{audio.names[0]} agreed"
    return ""


def _line(evidence: Evidence, stream: RtpStream, number: int, call: CallEvidence | None) -> StreamLine:
    sent = evidence.is_base(stream.src)
    session = _session(call, stream) if call else None
    codec = _codec(stream, sent, session)
    audible = codec.upper() not in NO_AUDIO and bool(codec)
    media = (session.own_audio if sent else session.far_audio) if session else None
    return StreamLine(
        call=number,
        way="sent" if sent else "heard",
        src=stream.src,
        sport=stream.sport,
        dst=stream.dst,
        dport=stream.dport,
        ssrc=f"{stream.ssrc:08x}",
        codec=codec or f"type {'/'.join(map(str, stream.payload_types))}",
        described=media.direction if media else "",
        first_at=stream.first_at,
        first_frame=stream.first_frame,
        duration=stream.duration,
        packets=stream.packets,
        lost=stream.lost,
        loss=stream.loss,
        jitter_ms=round(stream.jitter_ms, 2),
        max_gap_ms=round(stream.max_gap_ms, 1),
        ptime_ms=stream.ptime_ms,
        mos=round(mos.mos(stream, codec.upper()), 2) if audible else None,
        digits=stream.digits,
    )


def _session(call: CallEvidence, stream: RtpStream) -> Session | None:
    """What was agreed when the stream began; media that came just before an answer are under that answer."""
    at = stream.first_at
    return call.session_at(at) or next((s for s in call.sessions if s.at <= at + _EARLY), None)


def _codec(stream: RtpStream, sent: bool, session: Session | None) -> str:
    """The encoding as its receiver described it (RFC 3264 section 6.1), else the static type (RFC 3551 section 6)."""
    receiver = (session.far_audio if sent else session.own_audio) if session else None
    names = _names(receiver)
    types = stream.audio_types or stream.payload_types
    found = [names.get(kind) or STATIC_TYPES.get(kind, ("", 0))[0] for kind in types]
    heard = [name for name in found if name and name.upper() not in NO_AUDIO] or found
    return "/".join(dict.fromkeys(name for name in heard if name))


def _names(media: Media | None) -> Mapping[int, str]:
    return {codec.payload: codec.name for codec in media.codecs} if media else {}
