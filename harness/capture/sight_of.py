"""Finds the limits of a stored capture from the results of its readers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from harness.capture.frames import Frames
from harness.capture.messages import endpoint
from harness.capture.repeats import Repeats
from harness.capture.rtp import RtpStream
from harness.capture.sight import Sight
from harness.capture.sip_flows import SipFound


def sight_of(frames: Frames, strange: int, twice: Repeats, signalling: SipFound, streams: Sequence[RtpStream]) -> Sight:
    """The limits of a capture: when it ran, what is missing or unreadable; `strange` frames have unknown links."""
    if not len(frames):
        return Sight(damaged=frames.damaged, notes=("the file holds no packet",))
    cut = frames.kept < frames.length
    secret = [
        f"SRTP {endpoint(s.src, s.sport)} → {endpoint(s.dst, s.dport)}" for s in streams if s.protection == "srtp"
    ]
    return Sight(
        begins=int(frames.stamp.min()) / 1_000_000_000,
        ends=int(frames.stamp.max()) / 1_000_000_000,
        short_snaplen=int(frames.kept[cut].max()) if cut.any() else 0,
        lost_segments=tuple(signalling.lost),
        lost_packets=frames.dropped,
        damaged=frames.damaged,
        unsorted=frames.unsorted,
        mirror=bool(len(twice)),
        encrypted=tuple(dict.fromkeys([*signalling.encrypted, *secret])),
        notes=tuple(_notes(strange, twice, signalling, streams)),
    )


def _notes(strange: int, twice: Repeats, signalling: SipFound, streams: Sequence[RtpStream]) -> Iterator[str]:
    """Limits without a field of their own in `Sight`."""
    if twice.routed:
        yield f"{twice.routed} packets came once more behind a router (time to live one less): each counts once"
    if any(stream.is_cut for stream in streams):
        yield "RTP packets were cut: lengths are those of the UDP headers, audio cannot be decoded"
    if strange:
        yield f"{strange} frames have a link type that only tshark reads: their SIP is judged, their media is not"
    if any(stream.protection == "unknown" for stream in streams):
        yield "some RTP is not described: whether its payload is encrypted cannot be told"
    yield from signalling.notes
