"""Reads the files that captures come in: classic pcap, pcapng with any number of interfaces, either of them gzipped."""

from __future__ import annotations

import gzip
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from harness.capture.pcap import HEADER_LENGTH, PcapHeader, Record, Splitter
from harness.errors import UsageError

PCAPNG = b"\x0a\x0d\x0d\x0a"
GZIP = b"\x1f\x8b"
_BIG, _LITTLE = b"\x1a\x2b\x3c\x4d", b"\x4d\x3c\x2b\x1a"
_INTERFACE, _OLD_PACKET, _SIMPLE, _PACKET = 1, 2, 3, 6
_TIME_RESOLUTION, _TIME_OFFSET = 9, 14
_BILLION = 1_000_000_000


def unpacked(data: bytes) -> bytes:
    """The bytes of a capture file without gzip; one that was cut off gives what is there."""
    if not data.startswith(GZIP):
        return data
    try:
        return gzip.decompress(data)
    except (EOFError, OSError, zlib.error):
        return zlib.decompressobj(wbits=31).decompress(data)


def records(data: bytes) -> list[Record]:
    """All frames of a capture file; a last one that was cut off is left out. Raises UsageError for any other file."""
    data = unpacked(data)
    if data.startswith(PCAPNG):
        return list(_pcapng(data))
    splitter = Splitter()
    found = list(splitter.feed(data))
    if splitter.header is None:
        raise UsageError("not a capture file", remedy="convert it: editcap -F pcap IN OUT")
    return found


def header(data: bytes) -> PcapHeader | None:
    """The header of a classic pcap; None for any other file."""
    try:
        return PcapHeader.parse(data[:HEADER_LENGTH])
    except UsageError:
        return None


@dataclass(frozen=True)
class _Interface:
    linktype: int
    snaplen: int
    units: int
    offset: int

    def record(self, high: int, low: int, length: int, frame: bytes) -> Record:
        ticks = (high << 32) | low
        stamp = ticks * _BILLION // self.units + self.offset * _BILLION
        return Record(stamp, frame, b"", length, self.linktype)


def _pcapng(data: bytes) -> Iterator[Record]:
    order, interfaces = "<", list[_Interface]()
    position = 0
    while position + 12 <= len(data):
        if data[position : position + 4] == PCAPNG:
            order = ">" if data[position + 8 : position + 12] == _BIG else "<"
            interfaces = []
        kind, length = struct.unpack_from(order + "II", data, position)
        if length < 12 or position + length > len(data):
            return
        body = data[position + 8 : position + length - 4]
        position += length
        try:
            if kind == _INTERFACE:
                interfaces.append(_interface(body, order))
            else:
                yield from _packet(kind, body, order, interfaces)
        except (struct.error, IndexError):
            continue


def _packet(kind: int, body: bytes, order: str, interfaces: list[_Interface]) -> Iterator[Record]:
    if kind == _PACKET:
        index, high, low, kept, length = struct.unpack_from(order + "IIIII", body)
    elif kind == _OLD_PACKET:
        index, _, high, low, kept, length = struct.unpack_from(order + "HHIIII", body)
    elif kind == _SIMPLE:
        (length,) = struct.unpack_from(order + "I", body)
        kept = min(length, interfaces[0].snaplen or length, len(body) - 4)
        yield interfaces[0].record(0, 0, length, body[4 : 4 + kept])
        return
    else:
        return
    yield interfaces[index].record(high, low, length, body[20 : 20 + kept])


def _interface(body: bytes, order: str) -> _Interface:
    linktype, _, snaplen = struct.unpack_from(order + "HHI", body)
    units, offset = 1_000_000, 0
    position = 8
    while position + 4 <= len(body):
        code, length = struct.unpack_from(order + "HH", body, position)
        value = body[position + 4 : position + 4 + length]
        if code == _TIME_RESOLUTION and value:
            units = 2 ** (value[0] & 0x7F) if value[0] & 0x80 else 10 ** value[0]
        elif code == _TIME_OFFSET and length == 8:
            (offset,) = struct.unpack(order + "q", value)
        position += 4 + length + -length % 4
    return _Interface(linktype, snaplen, units, offset)
