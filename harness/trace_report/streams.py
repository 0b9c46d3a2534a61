"""The RTP streams of the base: which call, which codec, and how well they arrived."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from harness.capture import mos
from harness.capture.sdp import STATIC_TYPES
from harness.rules.spans import SETTLED_S
from harness.trace_report.model import StreamLine

if TYPE_CHECKING:
    from harness.capture.rtp import RtpStream
    from harness.rules.call_evidence import CallEvidence
    from harness.rules.evidence import Evidence

NO_AUDIO = ("CN", "TELEPHONE-EVENT", "H263", "H263-1998", "H264", "VP8", "JPEG")
_EARLY = 1.0
"""Media may come this long before the answer that describes it was seen, early media apart."""
Key = tuple[str, int, str, int, int, float]


def lines(evidence: Evidence, calls: Sequence[CallEvidence]) -> list[StreamLine]:
    """Every stream from or to the base, in the order of their first packets."""
    owner: dict[Key, tuple[int, CallEvidence | None]] = {}
    for number, call in enumerate(calls, 1):
        for stream in call.streams or ():
            owner.setdefault(_key(stream), (number, call))
    found = [_line(evidence, stream, *owner.get(_key(stream), (0, None))) for stream in evidence.streams or ()]
    return sorted(found, key=lambda line: line.first_at)


def _key(stream: RtpStream) -> Key:
    return stream.src, stream.sport, stream.dst, stream.dport, stream.ssrc, stream.first_at


def by_call(streams: Sequence[StreamLine]) -> dict[int, list[StreamLine]]:
    """The streams of each call by its number."""
    found: dict[int, list[StreamLine]] = {}
    for stream in streams:
        found.setdefault(stream.call, []).append(stream)
    return found


def codec_of_call(call: CallEvidence, streams: Sequence[StreamLine]) -> str:
    """What was sent, both ways; without media what was agreed."""
    audible = [name for s in streams if s.packets > 1 and s.codec for name in s.codec.split("/")]
    if audible:
        return "/".join(dict.fromkeys(audible))
    for session in reversed(call.sessions):
        audio = session.far_audio if session.by_base else session.own_audio
        if audio is not None and audio.names:
            return f"{audio.names[0]} agreed"
    return ""


def _line(evidence: Evidence, stream: RtpStream, number: int, call: CallEvidence | None) -> StreamLine:
    sent = evidence.is_base(stream.src)
    codec = _codec(stream)
    audible = codec.upper() not in NO_AUDIO and bool(codec)
    gap, gap_at = _longest_gap(stream)
    return StreamLine(
        call=number,
        way="sent" if sent else "heard",
        src=stream.src,
        sport=stream.sport,
        dst=stream.dst,
        dport=stream.dport,
        ssrc=f"{stream.ssrc:08x}",
        codec=codec or f"type {'/'.join(map(str, stream.payload_types))}",
        described=_described(call, stream, sent) if call else "",
        protection=stream.protection,
        first_at=stream.first_at,
        first_frame=stream.first_frame,
        duration=stream.duration,
        packets=stream.packets,
        lost=stream.lost,
        loss=stream.loss,
        jitter_ms=round(stream.jitter_ms, 2),
        max_gap_ms=round(gap, 1),
        gap_at=gap_at,
        ptime_ms=stream.ptime_ms,
        mos=round(mos.mos(stream, codec.upper()), 2) if audible else None,
        digits=stream.digits,
    )


def _described(call: CallEvidence, stream: RtpStream, sent: bool) -> str:
    """The directions that its sender described while it ran; media that came just before an answer are under that."""
    at = stream.first_at
    first = call.session_at(at) or next((s for s in call.sessions if s.at <= at + _EARLY), None)
    later = [s for s in call.sessions if at < s.at < stream.last_at - SETTLED_S]
    media = [s.own_audio if sent else s.far_audio for s in (first, *later) if s is not None]
    return "/".join(dict.fromkeys(one.direction for one in media if one))


def _codec(stream: RtpStream) -> str:
    """The encodings as the receiver described them (RFC 3264 section 6.1), else the static ones (RFC 3551)."""
    found = [_name(stream, kind) for kind in stream.audio_types or stream.payload_types]
    heard = [name for name in found if name and name.upper() not in NO_AUDIO] or found
    return "/".join(dict.fromkeys(name for name in heard if name))


def _name(stream: RtpStream, kind: int) -> str:
    described = stream.codecs.get(kind)
    return described.name if described else STATIC_TYPES.get(kind, ("", 0))[0]


def _longest_gap(stream: RtpStream) -> tuple[float, float]:
    """The longest time without a packet in ms, and when it began."""
    import numpy as np

    at = stream.arrivals[stream.heard]
    if len(at) < 2:
        return 0.0, stream.first_at
    gaps = np.diff(at)
    place = int(np.argmax(gaps))
    return float(gaps[place]) * 1000, float(at[place])
