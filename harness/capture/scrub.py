"""The capture a report may carry: secrets masked at the same length, checksums repaired, comments on marked packets."""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from harness.capture.pcap import PcapHeader, Record, Splitter, looks_like_rtp
from harness.redaction import redaction

Mask = Callable[[bytes], bytes]


@dataclass
class _Segment:
    """Where a frame's transport payload is."""

    index: int
    protocol: int
    ip: int
    six: bool
    transport: int
    payload: int
    end: int
    flow: tuple[bytes, bytes, bytes]
    whole: bool


def scrubbed(
    capture: bytes, *, comments: Mapping[int, str] | None = None, title: str = "", mask: Mask | None = None
) -> bytes:
    """A pcapng of the same packets for other eyes.

    `comments` go to packets by their number in this capture; a secret that is split over TCP segments is found too.
    """
    splitter = Splitter()
    records = list(splitter.feed(capture))
    frames = masked([record.frame for record in records], mask or redaction.mask_bytes)
    return pcapng(splitter.header or PcapHeader.ethernet(), records, frames, comments or {}, title)


def masked(frames: list[bytes], mask: Mask) -> list[bytes]:
    """The frames with every secret in their payloads masked."""
    buffers = [bytearray(frame) for frame in frames]
    segments = [s for s in (_segment(i, f) for i, f in enumerate(frames) if not looks_like_rtp(f)) if s is not None]
    flows: dict[tuple[bytes, bytes, bytes], list[_Segment]] = {}
    for segment in segments:
        if segment.protocol == 6 or not segment.whole:
            flows.setdefault(segment.flow, []).append(segment)
        else:
            _mask_run([segment], buffers, mask)
    for flow in flows.values():
        _mask_run(flow, buffers, mask)
        for segment in flow:
            _mask_run([segment], buffers, mask)
    for segment in segments:
        if buffers[segment.index] != frames[segment.index]:
            _repair(buffers[segment.index], segment)
    return [bytes(buffer) for buffer in buffers]


def pcapng(
    header: PcapHeader, records: list[Record], frames: list[bytes], comments: Mapping[int, str], title: str
) -> bytes:
    """These frames as a pcapng file with microsecond times."""
    section = struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1) + _options({1: title} if title else {})
    interface = struct.pack("<HHI", header.linktype, 0, 262_144)
    blocks = [_block(0x0A0D0D0A, section), _block(1, interface)]
    for number, (record, frame) in enumerate(zip(records, frames, strict=True), 1):
        stamp = round(record.at * 1_000_000)
        body = struct.pack("<IIIII", 0, stamp >> 32, stamp & 0xFFFFFFFF, len(frame), len(frame)) + _padded(frame)
        blocks.append(_block(6, body + _options({1: comments[number]} if number in comments else {})))
    return b"".join(blocks)


def _mask_run(segments: list[_Segment], buffers: list[bytearray], mask: Mask) -> None:
    """Mask the joined payloads of some segments and write them back."""
    joined = b"".join(bytes(buffers[s.index][s.payload : s.end]) for s in segments)
    hidden = mask(joined)
    if hidden == joined or len(hidden) != len(joined):
        return
    position = 0
    for s in segments:
        buffers[s.index][s.payload : s.end] = hidden[position : position + s.end - s.payload]
        position += s.end - s.payload


def _segment(index: int, frame: bytes) -> _Segment | None:
    position = 12
    while frame[position : position + 2] in (b"\x81\x00", b"\x88\xa8"):
        position += 4
    kind = frame[position : position + 2]
    ip = position + 2
    if kind == b"\x08\x00" and len(frame) >= ip + 20:
        return _four(index, frame, ip)
    if kind == b"\x86\xdd" and len(frame) >= ip + 40:
        (length,) = struct.unpack_from("!H", frame, ip + 4)
        ends = frame[ip + 8 : ip + 40]
        return _transport(index, frame, frame[ip + 6], ip, True, ip + 40, min(len(frame), ip + 40 + length), ends)
    return None


def _four(index: int, frame: bytes, ip: int) -> _Segment | None:
    length, identity, fragment = struct.unpack_from("!HHH", frame, ip + 2)
    transport = ip + (frame[ip] & 0x0F) * 4
    end = min(len(frame), ip + length)
    ends = frame[ip + 12 : ip + 20]
    if fragment & 0x3FFF:
        first = not fragment & 0x1FFF
        payload = transport + 8 if first and frame[ip + 9] == 17 else transport
        flow = (ends, struct.pack("!H", identity), b"fragment")
        return _Segment(index, frame[ip + 9] if first else 0, ip, False, transport, payload, end, flow, False)
    return _transport(index, frame, frame[ip + 9], ip, False, transport, end, ends)


def _transport(
    index: int, frame: bytes, protocol: int, ip: int, six: bool, transport: int, end: int, ends: bytes
) -> _Segment | None:
    if protocol == 17 and end >= transport + 8:
        payload = transport + 8
    elif protocol == 6 and end >= transport + 20:
        payload = transport + (frame[transport + 12] >> 4) * 4
    else:
        return None
    flow = (ends, frame[transport : transport + 4], bytes([protocol]))
    return _Segment(index, protocol, ip, six, transport, payload, max(payload, end), flow, True)


def _repair(frame: bytearray, s: _Segment) -> None:
    """Set the transport checksum right; a fragmented UDP datagram gets none, which IPv4 allows (RFC 768)."""
    place = s.transport + (6 if s.protocol == 17 else 16)
    if s.protocol not in (6, 17):
        return
    if not s.whole or (s.protocol == 17 and not s.six and frame[place : place + 2] == b"\0\0"):
        frame[place : place + 2] = b"\0\0"
        return
    frame[place : place + 2] = b"\0\0"
    ends = bytes(frame[s.ip + 8 : s.ip + 40] if s.six else frame[s.ip + 12 : s.ip + 20])
    length = s.end - s.transport
    pseudo = ends + (
        struct.pack("!IHBB", length, 0, 0, s.protocol) if s.six else struct.pack("!BBH", 0, s.protocol, length)
    )
    total = checksum(pseudo + bytes(frame[s.transport : s.end]))
    frame[place : place + 2] = struct.pack("!H", total or 0xFFFF if s.protocol == 17 else total)


def checksum(data: bytes) -> int:
    """The internet checksum (RFC 1071)."""
    if len(data) % 2:
        data += b"\0"
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def _block(kind: int, body: bytes) -> bytes:
    length = len(body) + 12
    return struct.pack("<II", kind, length) + body + struct.pack("<I", length)


def _options(texts: Mapping[int, str]) -> bytes:
    if not texts:
        return b""
    found = b""
    for code, text in texts.items():
        data = text.encode()[:65000]
        found += struct.pack("<HH", code, len(data)) + _padded(data)
    return found + struct.pack("<HH", 0, 0)


def _padded(data: bytes) -> bytes:
    return data + b"\0" * (-len(data) % 4)
