"""DNS messages as the base's resolver needs them (RFC 1035, 2782, 3403): one question out, records in."""

from __future__ import annotations

import ipaddress
import struct
from dataclasses import dataclass

TYPES = {"A": 1, "CNAME": 5, "SOA": 6, "AAAA": 28, "SRV": 33, "NAPTR": 35}
NAMES = {number: name for name, number in TYPES.items()}


class MalformedMessage(ValueError):
    """A datagram that is no DNS message, or one that points outside itself."""


@dataclass(frozen=True)
class Service:
    """A SRV record."""

    priority: int
    weight: int
    port: int
    target: str

    def __str__(self) -> str:
        return f"{self.priority} {self.weight} {self.port} {self.target}"


@dataclass(frozen=True)
class Pointer:
    """A NAPTR record."""

    order: int
    preference: int
    flags: str
    service: str
    regexp: str
    replacement: str

    def __str__(self) -> str:
        return f"{self.order} {self.preference} {self.flags} {self.service} {self.regexp or self.replacement}"


@dataclass(frozen=True)
class Record:
    """One resource record; `ttl` in seconds, `value` after its type (an SOA's is its minimum in seconds)."""

    name: str
    type: str
    ttl: int
    value: str | int | Service | Pointer


@dataclass(frozen=True)
class Answer:
    """What a server said: response code, truncation, answers, and the SOA that bounds a negative answer."""

    ident: int
    code: int
    truncated: bool
    records: tuple[Record, ...]
    negative_ttl: int


def question(ident: int, name: str, kind: str) -> bytes:
    """A recursive query; ValueError for a name DNS cannot carry."""
    return struct.pack("!6H", ident, 0x0100, 1, 0, 0, 0) + _labels(name) + struct.pack("!HH", TYPES[kind], 1)


def parse(data: bytes) -> Answer:
    """Reads a response; MalformedMessage for anything else."""
    try:
        return _parse(data)
    except (struct.error, IndexError, UnicodeDecodeError) as error:
        raise MalformedMessage(str(error)) from error


def _parse(data: bytes) -> Answer:
    ident, flags, questions, answers, authorities, _ = struct.unpack_from("!6H", data)
    if not flags & 0x8000:
        raise MalformedMessage("not a response")
    offset = 12
    for _ in range(questions):
        _name, offset = _name_at(data, offset)
        offset += 4
    records: list[Record] = []
    for _ in range(answers):
        record, offset = _record_at(data, offset)
        if record:
            records.append(record)
    negative = 0
    for _ in range(authorities):
        record, offset = _record_at(data, offset)
        if record and record.type == "SOA" and isinstance(record.value, int):
            negative = min(record.ttl, record.value)
    return Answer(ident, flags & 15, bool(flags & 0x0200), tuple(records), negative)


def _labels(name: str) -> bytes:
    wire = b""
    for label in name.rstrip(".").split("."):
        encoded = label.encode("idna") if not label.isascii() else label.encode()
        if not 0 < len(encoded) < 64:
            raise ValueError(f"{name!r} is no host name")
        wire += bytes([len(encoded)]) + encoded
    return wire + b"\0"


def _name_at(data: bytes, offset: int) -> tuple[str, int]:
    labels: list[str] = []
    after = -1
    for _ in range(128):
        length = data[offset]
        if length == 0:
            return ".".join(labels), offset + 1 if after < 0 else after
        if length & 0xC0 == 0xC0:
            after = offset + 2 if after < 0 else after
            offset = struct.unpack_from("!H", data, offset)[0] & 0x3FFF
            continue
        labels.append(data[offset + 1 : offset + 1 + length].decode("ascii"))
        offset += 1 + length
    raise MalformedMessage("a name that never ends")


def _record_at(data: bytes, offset: int) -> tuple[Record | None, int]:
    name, offset = _name_at(data, offset)
    kind, _class, ttl, length = struct.unpack_from("!HHIH", data, offset)
    offset += 10
    end = offset + length
    if end > len(data):
        raise MalformedMessage("a record that is cut off")
    if kind not in NAMES:
        return None, end
    return Record(name.lower(), NAMES[kind], ttl, _value(data, offset, NAMES[kind], length)), end


def _value(data: bytes, offset: int, kind: str, length: int) -> str | int | Service | Pointer:
    if kind in {"A", "AAAA"}:
        try:
            return str(ipaddress.ip_address(data[offset : offset + length]))
        except ValueError as error:
            raise MalformedMessage(str(error)) from error
    if kind == "CNAME":
        return _name_at(data, offset)[0].lower()
    if kind == "SOA":
        return int(struct.unpack_from("!I", data, offset + length - 4)[0])
    if kind == "SRV":
        priority, weight, port = struct.unpack_from("!3H", data, offset)
        return Service(priority, weight, port, _name_at(data, offset + 6)[0].lower())
    order, preference = struct.unpack_from("!2H", data, offset)
    texts: list[str] = []
    offset += 4
    for _ in range(3):
        size = data[offset]
        texts.append(data[offset + 1 : offset + 1 + size].decode("ascii"))
        offset += 1 + size
    flags, service, regexp = texts
    return Pointer(order, preference, flags, service, regexp, _name_at(data, offset)[0].lower())
