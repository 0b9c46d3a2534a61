"""Finds the RTP streams, RTCP reports, STUN and DTLS packets of a capture among its UDP packets.

Packets to or from a described end are RTP; without a description, packets whose numbers and timestamps fit RTP.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np

from harness.capture import rtcp
from harness.capture.frames import Integers, Words
from harness.capture.layers import UDP
from harness.capture.messages import Packet, RtcpReport
from harness.capture.naming import Descriptions, named, renamings
from harness.capture.packets import Flow, Packets
from harness.capture.rtp import Protection, RtpStream
from harness.capture.rtp_columns import RtpColumns
from harness.capture.rtp_figures import unwrapped

HEADER = 12
SHORTEST = 4
"""The number of consecutive packets that make an undescribed stream."""
_TYPES, _GOOD_STEPS, _LONGEST_STEP = 3, 0.75, 20
_FIRST_PORT = 1024
_COOKIE = 0x2112A442
_CLASSIC = (0x0001, 0x0101, 0x0111, 0x0002, 0x0102, 0x0112)
_DTLS, _FIRST_RECORD, _LAST_RECORD = (0xFEFF, 0xFEFD, 0xFEFC), 20, 26
# Octets a tick of codecs whose packets have a fixed length for their time (RFC 3551 section 4.5).
_OCTETS = {"PCMU": 1.0, "PCMA": 1.0, "G722": 1.0, "G726-32": 0.5, "GSM": 33 / 160, "G729": 10 / 80}
_TAGS = (4, 10, 16)
"""Authentication tags of SRTP: 32 and 80 bits (RFC 3711), AEAD (RFC 7714)."""
_SURE = 0.9
_PAUSE = 1.0
"""Seconds without a packet between two calls on the same ports."""


@dataclass
class MediaFound:
    """The media of a capture, in order, and the indices of media packets."""

    streams: list[RtpStream] = field(default_factory=list)
    rtcp: list[RtcpReport] = field(default_factory=list)
    others: list[Packet] = field(default_factory=list)
    indices: list[Integers] = field(default_factory=list)


def media_of(packets: Packets, descriptions: Descriptions) -> MediaFound:
    """All media; a stream has one pair of ends, one source identifier and one call."""
    found = MediaFound()
    udp, first = packets.protocol == UDP, packets.head[:, 0]
    types = first >> 16 & 0xFF
    media = udp & (first >> 30 == 2)
    # RTCP on the port of RTP is told by these types (RFC 5761 section 4).
    reports = media & (types >= rtcp.FIRST_TYPE) & (types <= rtcp.LAST_TYPE)
    rtp = media & (packets.kept >= HEADER) & ~((types & 0x7F >= 64) & (types & 0x7F <= 95))
    for indices in groups(packets.key, np.flatnonzero(rtp)):
        found.streams += _streams(packets, indices, descriptions, found)
    found.streams.sort(key=lambda stream: (stream.first_at, stream.first_frame))
    for index in np.flatnonzero(reports).tolist():
        found.rtcp += _reports(packets, index, descriptions)
    for index in np.flatnonzero(udp & _is_stun(packets)).tolist():
        found.others += _neighbour(packets, index, "stun", descriptions)
    for index in np.flatnonzero(
        udp & np.isin(first >> 24, range(20, 27)) & np.isin(first >> 8 & 0xFFFF, _DTLS)
    ).tolist():
        found.others += _neighbour(packets, index, "dtls", descriptions)
    return found


def groups(keys: Integers, indices: Integers) -> Iterator[Integers]:
    """Indices of one key each, in order within a group."""
    of_these = keys[indices]
    if not len(of_these):
        return
    if (of_these == of_these[0]).all():
        yield indices
        return
    order = np.argsort(of_these, kind="stable")
    yield from np.split(indices[order], np.flatnonzero(np.diff(of_these[order])) + 1)


def _streams(packets: Packets, indices: Integers, descriptions: Descriptions, found: MediaFound) -> Iterator[RtpStream]:
    """The streams of one flow."""
    flow = packets.flow(int(indices[0]))
    described = descriptions.knows(flow.dst, flow.dport) or descriptions.knows(flow.src, flow.sport)
    if not described and min(flow.sport, flow.dport) < _FIRST_PORT:
        return
    begin, end = float(packets.at[indices[0]]), float(packets.at[indices[-1]])
    starts = descriptions.starts(flow.src, flow.sport, begin, end)
    starts = sorted({*starts, *descriptions.starts(flow.dst, flow.dport, begin, end)})
    for of_source in groups(packets.head[:, 2], indices):
        if not described and not _counts_on(packets, of_source):
            continue
        found.indices.append(of_source)
        for part in np.split(of_source, _cuts(packets, of_source, starts)):
            yield from _parts(packets, part, flow, descriptions, described)


def _cuts(packets: Packets, indices: Integers, starts: list[tuple[float, bool]]) -> Integers:
    """Where a source begins another call: it pauses or restarts its numbers; else its packets are of the last call.

    Where the end of the call before was not seen only new numbers tell: a source may pause during a call.
    """
    at = packets.at[indices]
    known = dict(zip(np.searchsorted(at, [start for start, _ in starts]).tolist(), (s for _, s in starts), strict=True))
    places = np.array([place for place in sorted(known) if 0 < place < len(indices)], dtype=np.int64)
    over = np.array([known[place] for place in places.tolist()], dtype=bool)
    numbers = packets.head[indices, 0] & 0xFFFF
    steps = (numbers[places].astype(np.int64) - numbers[places - 1]) % 0x10000
    found: Integers = places[((at[places] - at[places - 1] >= _PAUSE) & over) | (steps > _LONGEST_STEP)]
    return found


def _counts_on(packets: Packets, indices: Integers) -> bool:
    """Whether packets without a description continue like those of one source."""
    if len(indices) < SHORTEST:
        return False
    first = packets.head[indices, 0]
    steps = np.diff(unwrapped(first & 0xFFFF, 16))
    good = ((steps > 0) & (steps <= _LONGEST_STEP)).sum() >= _GOOD_STEPS * len(steps)
    return bool(good) and len(np.unique(first >> 16 & 0x7F)) <= _TYPES


def _parts(
    packets: Packets, indices: Integers, flow: Flow, descriptions: Descriptions, described: bool
) -> Iterator[RtpStream]:
    """A stream, in parts where the meaning of a payload type changes."""
    ends = (flow.src, flow.sport, flow.dst, flow.dport)
    whole = RtpStream(*ends, int(packets.head[indices[0], 2]), _columns(packets, indices), described=described)
    for part in whole.cut_at(renamings(whole, descriptions)):
        stream = replace(part, codecs=named(part, descriptions))
        yield replace(stream, protection=_protection(stream, descriptions))


def _columns(packets: Packets, indices: Integers) -> RtpColumns:
    first = packets.head[indices, 0]
    payload, kept = packets.payload[indices], packets.kept[indices].astype(np.int64)
    header = HEADER + 4 * (first >> 24 & 0x0F).astype(np.int64)
    words = Words(packets.frames.data)
    extended = np.flatnonzero((first >> 28 & 1).astype(bool) & (header + 4 <= kept))
    header[extended] += 4 + 4 * words.two(payload[extended] + header[extended] + 2).astype(np.int64)
    length = packets.length[indices] - header
    padded = np.flatnonzero((first >> 29 & 1).astype(bool) & (packets.length[indices] == kept) & (length > 0))
    length[padded] -= words.one[payload[padded] + kept[padded] - 1]
    length = np.maximum(length, 0)
    return RtpColumns(
        frame=packets.number[indices],
        at=packets.at[indices],
        sequence=(first & 0xFFFF).astype(np.int32),
        timestamp=packets.head[indices, 1].astype(np.int64),
        payload_type=(first >> 16 & 0x7F).astype(np.uint8),
        marker=(first >> 23 & 1).astype(bool),
        offset=payload + header,
        length=length.astype(np.int32),
        kept=np.clip(kept - header, 0, length).astype(np.int32),
        tos=packets.tos[indices].astype(np.int16),
        data=packets.frames.data,
    )


def _protection(stream: RtpStream, descriptions: Descriptions) -> Protection:
    """Whether the payload is encrypted: by the descriptions of both sides, and without them by the lengths.

    Keys with a plain profile are an offer that the other side may decline: they count if both sides have them. Cipher
    text looks like audio, but with a codec of fixed rate the length shows the authentication tag.
    """
    ends = ((stream.dst, stream.dport), (stream.src, stream.sport))
    known = [found for end in ends if (found := descriptions.of(*end, stream.first_at)) is not None]
    if known:
        secure = any("SAVP" in one.media.proto.upper() for one in known)
        return "srtp" if secure or (len(known) == 2 and all(one.encrypted for one in known)) else "none"
    return _by_length(stream)


def _by_length(stream: RtpStream) -> Protection:
    steps = np.diff(stream.timestamps)
    lengths = stream.columns.length[stream.heard][:-1]
    kinds = stream.columns.payload_type[stream.heard][:-1]
    consecutive = np.diff(stream.sequences[stream.heard]) == 1
    for kind, codec in stream.codecs.items():
        chosen = consecutive & (kinds == kind) & (steps > 0)
        if codec.name.upper() not in _OCTETS or not chosen.any():
            continue
        surplus = lengths[chosen] - steps[chosen] * _OCTETS[codec.name.upper()]
        for size in (0, *_TAGS):
            if (surplus == size).mean() >= _SURE:
                return "srtp" if size else "none"
    return "unknown"


def _base(packets: Packets, index: int, protocol: str) -> Packet:
    flow = packets.flow(index)
    ends = (flow.src, flow.sport, flow.dst, flow.dport)
    return Packet(int(packets.number[index]), float(packets.at[index]), *ends, "udp", protocol)


def _reports(packets: Packets, index: int, descriptions: Descriptions) -> Iterator[RtcpReport]:
    """The reports of one packet: on a described end, or if the whole packet has the form of RTCP."""
    octets = packets.octets(index)
    base = _base(packets, index, "udp:rtcp")
    ends = ((base.dst, base.dport), (base.src, base.sport))
    described = any(descriptions.knows_reports(*end) for end in ends)
    whole = rtcp.is_compound(octets) and min(base.sport, base.dport) >= _FIRST_PORT
    if described or whole:
        known = [found for end in ends if (found := descriptions.of_reports(*end, base.at)) is not None]
        secure = any("SAVP" in one.media.proto.upper() for one in known)
        yield from rtcp.reports(base, octets, encrypted=secure)


def _is_stun(packets: Packets) -> Integers:
    """STUN by its cookie (RFC 8489), or the older form without cookie by type and length on a media port (RFC 3489)."""
    kind, length = packets.head[:, 0] >> 16, packets.head[:, 0] & 0xFFFF
    classic = np.isin(kind, _CLASSIC) & (length + 20 == packets.length)
    found: Integers = (packets.head[:, 0] >> 30 == 0) & ((packets.head[:, 1] == _COOKIE) | classic)
    return found


def _neighbour(packets: Packets, index: int, protocol: str, descriptions: Descriptions) -> Iterator[Packet]:
    """Whether a packet on a port of media is STUN; without the cookie only on a described port."""
    base = _base(packets, index, f"udp:{protocol}")
    ends = ((base.dst, base.dport), (base.src, base.sport))
    if packets.head[index, 1] == _COOKIE or protocol == "dtls" or any(descriptions.knows_reports(*e) for e in ends):
        yield base
