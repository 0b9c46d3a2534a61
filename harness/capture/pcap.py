"""Reads and writes classic pcap records: framing for the tee, offsets for slices, no protocols."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from harness.core.errors import UsageError

HEADER_LENGTH = 24
RECORD_LENGTH = 16
LARGEST_FRAME = 262_144
ETHERNET = 1

_MAGICS = {
    b"\xd4\xc3\xb2\xa1": ("<", 1_000_000),
    b"\xa1\xb2\xc3\xd4": (">", 1_000_000),
    b"\x4d\x3c\xb2\xa1": ("<", 1_000_000_000),
    b"\xa1\xb2\x3c\x4d": (">", 1_000_000_000),
}


@dataclass(frozen=True)
class PcapHeader:
    """The first 24 bytes of a capture: byte order, units of a second and the link type."""

    raw: bytes
    order: str
    units: int
    linktype: int

    @classmethod
    def parse(cls, raw: bytes) -> PcapHeader:
        """Read the header; raises UsageError for any other format."""
        known = _MAGICS.get(raw[:4])
        if known is None or len(raw) < HEADER_LENGTH:
            raise UsageError("not a pcap file", remedy="convert it: editcap -F pcap IN OUT")
        order, units = known
        (linktype,) = struct.unpack(order + "I", raw[20:24])
        return cls(raw[:HEADER_LENGTH], order, units, linktype & 0x0FFFFFFF)

    @classmethod
    def ethernet(cls) -> PcapHeader:
        """The header this harness writes: little endian, microseconds, Ethernet."""
        raw = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, LARGEST_FRAME, ETHERNET)
        return cls.parse(raw)


@dataclass(frozen=True)
class Record:
    """One captured frame: its time (epoch, in ns), its bytes, its record in a pcap, its length on the wire."""

    stamp: int
    frame: bytes
    raw: bytes
    length: int
    linktype: int = ETHERNET

    @property
    def at(self) -> float:
        """The time in epoch seconds."""
        return self.stamp / 1_000_000_000


def pack_record(header: PcapHeader, at: float, frame: bytes) -> bytes:
    """A record of a file with this header."""
    seconds = int(at)
    fraction = min(header.units - 1, round((at - seconds) * header.units))
    return struct.pack(header.order + "IIII", seconds, fraction, len(frame), len(frame)) + frame


class Splitter:
    """Cuts the byte stream of tcpdump into its header and records; pieces may have any size."""

    def __init__(self) -> None:
        self.header: PcapHeader | None = None
        self._pending = b""

    def feed(self, data: bytes) -> Iterator[Record]:
        """The records that this piece completes."""
        self._pending += data
        if self.header is None:
            if len(self._pending) < HEADER_LENGTH:
                return
            self.header = PcapHeader.parse(self._pending)
            self._pending = self._pending[HEADER_LENGTH:]
        position = 0
        unpack = struct.Struct(self.header.order + "IIII").unpack_from
        linktype, tick = self.header.linktype, 1_000_000_000 // self.header.units
        while len(self._pending) - position >= RECORD_LENGTH:
            seconds, fraction, length, whole = unpack(self._pending, position)
            end = position + RECORD_LENGTH + length
            if end > len(self._pending):
                break
            raw = self._pending[position:end]
            yield Record(seconds * 1_000_000_000 + fraction * tick, raw[RECORD_LENGTH:], raw, whole, linktype)
            position = end
        self._pending = self._pending[position:]


def udp_payload_offset(frame: bytes) -> int:
    """Where the UDP payload of an Ethernet frame begins (VLAN tags, IPv4 options), or 0 for any other frame.

    Only first fragments without IPv6 extension headers are read: RTP comes in these.
    """
    position = 12
    while frame[position : position + 2] in (b"\x81\x00", b"\x88\xa8"):
        position += 4
    kind = frame[position : position + 2]
    position += 2
    if kind == b"\x08\x00" and len(frame) >= position + 20:
        if frame[position + 9] != 17 or (frame[position + 6] & 0x1F) or frame[position + 7]:
            return 0
        position += (frame[position] & 0x0F) * 4
    elif kind == b"\x86\xdd" and len(frame) >= position + 40:
        if frame[position + 6] != 17:
            return 0
        position += 40
    else:
        return 0
    return position + 8 if len(frame) >= position + 8 else 0


def looks_like_rtp(frame: bytes) -> bool:
    """Whether a frame is RTP (not RTCP), which the live dissection leaves out.

    First byte 128..191 is RTP or RTCP (RFC 7983 §7), payload types 64..95 are RTCP (RFC 5761 §4); well-known ports
    carry neither, and a DNS id may look like it.
    """
    payload = udp_payload_offset(frame)
    return bool(payload) and is_rtp(frame, payload)


def is_rtp(frame: bytes, payload: int) -> bool:
    """As `looks_like_rtp`, for a frame whose UDP payload begins at `payload`."""
    if len(frame) < payload + 12:
        return False
    if frame[payload] & 0xC0 != 0x80 or 64 <= frame[payload + 1] & 0x7F <= 95:
        return False
    source, destination = struct.unpack_from("!HH", frame, payload - 8)
    return bool(source >= 1024 and destination >= 1024)
