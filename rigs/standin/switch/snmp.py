"""One SNMPv2c GET as bytes: what the supervisor asks the agent to know that it answers (RFC 3416)."""

from __future__ import annotations


def _element(tag: int, content: bytes) -> bytes:
    length = len(content)
    size = bytes([length]) if length < 128 else bytes([0x82]) + length.to_bytes(2, "big")
    return bytes([tag]) + size + content


def _arc(number: int) -> bytes:
    groups = [number & 0x7F]
    while number := number >> 7:
        groups.append(0x80 | number & 0x7F)
    return bytes(reversed(groups))


def object_identifier(text: str) -> bytes:
    """An OID in BER; ValueError for another text."""
    first, second, *rest = (int(part) for part in text.strip(".").split("."))
    return _element(0x06, bytes([40 * first + second]) + b"".join(_arc(number) for number in rest))


def get_request(community: str, oid: str) -> bytes:
    """A GetRequest for one OID with request id 1."""
    null = _element(0x05, b"")
    bindings = _element(0x30, _element(0x30, object_identifier(oid) + null))
    zero = _element(0x02, b"\0")
    pdu = _element(0xA0, _element(0x02, b"\1") + zero + zero + bindings)
    return _element(0x30, _element(0x02, b"\1") + _element(0x04, community.encode()) + pdu)
