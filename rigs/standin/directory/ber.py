"""The basic encoding rules as LDAP uses them (X.690; RFC 4511 section 5.1): definite lengths, one octet a tag.

By hand, as it is little: of the libraries one has had no release for years, the other none for every Python we run on.
"""

from __future__ import annotations

from collections.abc import Iterator

SEQUENCE, SET, INTEGER, OCTETS, BOOLEAN, ENUMERATED = 0x30, 0x31, 0x02, 0x04, 0x01, 0x0A
LARGEST = 1 << 20
"""Octets of the largest message that is taken."""


class Malformed(ValueError):
    """Octets that are no BER, or no message that was expected."""


def element(tag: int, *parts: bytes) -> bytes:
    """One element of some parts."""
    content = b"".join(parts)
    size = len(content)
    if size < 0x80:
        return bytes([tag, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + content


def integer(value: int, tag: int = INTEGER) -> bytes:
    """A number that is not negative."""
    return element(tag, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def octets(text: str, tag: int = OCTETS) -> bytes:
    """A text in UTF-8."""
    return element(tag, text.encode("utf-8", "replace"))


def elements(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Tag and content of each element; Malformed at the first that is none."""
    at = 0
    while at < len(data):
        tag = data[at]
        start, length = _length(data, at + 1)
        if start + length > len(data):
            raise Malformed("an element that is cut")
        yield tag, data[start : start + length]
        at = start + length


def several(data: bytes, count: int) -> list[tuple[int, bytes]]:
    """At least so many elements; Malformed for fewer."""
    found = list(elements(data))
    if len(found) < count:
        raise Malformed(f"{len(found)} of {count} elements")
    return found


def size_of(data: bytes) -> int:
    """The octets of the message that begins here, head included; 0 while its head is not complete."""
    if len(data) < 2 or len(data) < 2 + (data[1] & 0x7F if data[1] & 0x80 else 0):
        return 0
    start, length = _length(data, 1)
    if data[0] != SEQUENCE or length > LARGEST:
        raise Malformed("no LDAP message, or one that is too large")
    return start + length


def number(content: bytes) -> int:
    """The value of an integer or an enumeration."""
    return int.from_bytes(content, "big", signed=True)


def _length(data: bytes, at: int) -> tuple[int, int]:
    """Where the content begins, and its length."""
    if at >= len(data):
        raise Malformed("a tag without a length")
    first = data[at]
    if first < 0x80:
        return at + 1, first
    count = first & 0x7F
    if not 1 <= count <= 4 or at + 1 + count > len(data):
        raise Malformed("a length that is none")
    return at + 1 + count, int.from_bytes(data[at + 1 : at + 1 + count], "big")
