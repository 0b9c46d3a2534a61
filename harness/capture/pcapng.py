"""Finds the packets of a pcapng file: blocks, interfaces with their own clocks, counts of dropped packets.

The format is draft-ietf-opsawg-pcapng.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

MAGIC = b"\x0a\x0d\x0d\x0a"
_BIG, _LITTLE = b"\x1a\x2b\x3c\x4d", b"\x4d\x3c\x2b\x1a"
_INTERFACE, _OLD_PACKET, _SIMPLE, _STATISTICS, _PACKET, _SECRETS = 1, 2, 3, 5, 6, 10
_TIME_RESOLUTION, _TIME_OFFSET, _DROPPED = 9, 14, 5
_TLS_KEYS = 0x544C534B
_BILLION = 1_000_000_000


class Place(NamedTuple):
    """One packet: epoch in ns, offset of its octets, captured and original length, link type."""

    stamp: int
    start: int
    kept: int
    length: int
    linktype: int


@dataclass(frozen=True)
class _Interface:
    linktype: int
    snaplen: int
    units: int
    offset: int

    def place(self, high: int, low: int, start: int, kept: int, length: int) -> Place:
        stamp: int = ((high << 32) | low) * _BILLION // self.units + self.offset * _BILLION
        return Place(stamp, start, kept, length, self.linktype)


@dataclass
class Blocks:
    """The packets of a file, one after the other; afterwards `damaged`, `dropped` and `keys` are set."""

    data: bytes | memoryview
    damaged: str = ""
    dropped: int = 0
    keys: list[bytes] = field(default_factory=list)

    def __iter__(self) -> Iterator[Place]:
        order, interfaces, position, end = "<", list[_Interface](), 0, len(self.data)
        while position + 12 <= end:
            if self.data[position : position + 4] == MAGIC:
                order = ">" if self.data[position + 8 : position + 12] == _BIG else "<"
                interfaces = []
            kind, length = struct.unpack_from(order + "II", self.data, position)
            if length < 12 or position + length > end:
                self.damaged = f"the block at octet {position} claims {length} octets, {end - position} are there"
                return
            try:
                if kind == _INTERFACE:
                    interfaces.append(_interface(self.data[position + 8 : position + length - 4], order))
                elif kind in (_PACKET, _OLD_PACKET, _SIMPLE):
                    place = _packet(kind, self.data, position + 8, position + length - 4, order, interfaces)
                    if place.start + place.kept > position + length - 4:
                        raise IndexError
                    yield place
                elif kind in (_STATISTICS, _SECRETS):
                    self._other(kind, bytes(self.data[position + 8 : position + length - 4]), order)
            except (struct.error, IndexError):
                self.damaged = f"the block at octet {position} is damaged"
            position += length
        if position < end:
            self.damaged = f"the last {end - position} octets are no block"

    def _other(self, kind: int, body: bytes, order: str) -> None:
        if kind == _STATISTICS:
            for code, value in _options(body[12:], order):
                if code == _DROPPED and len(value) == 8:
                    self.dropped += struct.unpack(order + "Q", value)[0]
        elif struct.unpack_from(order + "I", body)[0] == _TLS_KEYS:
            (length,) = struct.unpack_from(order + "I", body, 4)
            self.keys.append(body[8 : 8 + length])


def _packet(kind: int, data: bytes | memoryview, at: int, end: int, order: str, interfaces: list[_Interface]) -> Place:
    if kind == _PACKET:
        index, high, low, kept, length = struct.unpack_from(order + "IIIII", data, at)
    elif kind == _OLD_PACKET:
        index, _, high, low, kept, length = struct.unpack_from(order + "HHIIII", data, at)
    else:
        (length,) = struct.unpack_from(order + "I", data, at)
        kept = min(length, interfaces[0].snaplen or length, end - at - 4)
        return interfaces[0].place(0, 0, at + 4, kept, length)
    interface: _Interface = interfaces[index]
    return interface.place(high, low, at + 20, kept, length)


def _interface(body: bytes | memoryview, order: str) -> _Interface:
    linktype, _, snaplen = struct.unpack_from(order + "HHI", body)
    units: int = 1_000_000
    offset: int = 0
    for code, value in _options(bytes(body[8:]), order):
        if code == _TIME_RESOLUTION and value:
            units = (2 if value[0] & 0x80 else 10) ** (value[0] & 0x7F)
        elif code == _TIME_OFFSET and len(value) == 8:
            (offset,) = struct.unpack(order + "q", value)
    return _Interface(linktype, snaplen, units, offset)


def _options(body: bytes, order: str) -> Iterator[tuple[int, bytes]]:
    position = 0
    while position + 4 <= len(body):
        code, length = struct.unpack_from(order + "HH", body, position)
        yield code, body[position + 4 : position + 4 + length]
        position += 4 + length + -length % 4
