"""LDAP messages as octets, written by hand from RFC 4511 for the self-tests."""

from __future__ import annotations

from harness.capture.messages import Packet

PACKET = Packet(7, 12.5, "192.0.2.50", 40000, "192.0.2.1", 389, "tcp", "eth:ip:tcp:ldap")


def ber(tag: int, *parts: bytes | str) -> bytes:
    content = b"".join(part.encode() if isinstance(part, str) else part for part in parts)
    size = len(content)
    length = bytes([size]) if size < 128 else b"\x82" + size.to_bytes(2, "big")
    return bytes([tag]) + length + content


def number(value: int, tag: int = 2) -> bytes:
    return ber(tag, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def message(id_: int, operation: bytes) -> bytes:
    return ber(0x30, number(id_), operation)


def bind(id_: int, name: str = "", password: str = "") -> bytes:
    return message(id_, ber(0x60, number(3), ber(4, name), ber(0x80, password)))


def equal(name: str, value: str) -> bytes:
    return ber(0xA3, ber(4, name), ber(4, value))


def search(id_: int, base: str, wanted: bytes, *attributes: str, limit: int = 50) -> bytes:
    asked = ber(0x30, *(ber(4, name) for name in attributes))
    head = (ber(4, base), number(2, 10), number(0, 10), number(limit), number(5), ber(1, b"\0"))
    return message(id_, ber(0x63, *head, wanted, asked))


def result(id_: int, code: int, tag: int = 0x65) -> bytes:
    return message(id_, ber(tag, number(code, 10), ber(4), ber(4)))


def entry(id_: int, name: str, **values: str) -> bytes:
    told = [ber(0x30, ber(4, kind), ber(0x31, ber(4, value))) for kind, value in values.items()]
    return message(id_, ber(0x64, ber(4, name), ber(0x30, *told)))
