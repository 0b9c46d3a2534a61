"""Secrets of protocols that are no text (LDAP, SNMP), and logins of old text protocols by their port."""

from __future__ import annotations

import re
from collections.abc import Callable

FTP, TELNET, SMTP, POP3, IMAP = 21, 23, (25, 587), 110, 143
_BIND = re.compile(rb"\x60(?=[\x08-\x7f]|[\x81-\x84])", re.DOTALL)
"""The tag of a bind request (RFC 4511 section 4.2)."""
_VERSION = re.compile(rb"\x02\x01[\x01-\x03]\x04")
_SIMPLE, _SASL, _OCTETS, _SEQUENCE, _INTEGER = 0x80, 0xA3, 0x04, 0x30, 0x02
_LOGIN = re.compile(rb"(?im)^PASS[ \t]{1,8}([^\r\n]+)")
_AUTH = re.compile(rb"(?im)^AUTH[ \t]{1,8}(?:PLAIN|LOGIN)[ \t]{1,8}([^\r\n]+)|^([A-Za-z0-9+/]{4,400}={0,2})\r?$")
_IMAP = re.compile(rb"(?im)^[^ \r\n]{1,20} LOGIN [^ \r\n]{1,200} ([^\r\n]+)")
_PRINTABLE = re.compile(rb"[\x21-\x7e]")
Hide = Callable[[bytes], bytes]


def hidden(data: bytes, sport: int, dport: int) -> bytes:
    """The same octets with the secrets of these protocols masked; ports are those of the packet or stream."""
    data = community(binds(data))
    if dport == TELNET:
        # Characters come one by one and without names: what a person types at a login is among them.
        return _PRINTABLE.sub(b"*", data)
    if dport in (FTP, POP3):
        return _LOGIN.sub(_masked, data)
    if dport in SMTP:
        return _AUTH.sub(_masked, data)
    return _IMAP.sub(_masked, data) if dport == IMAP else data


def binds(data: bytes) -> bytes:
    """The passwords of LDAP binds, simple ones and those of SASL, on any port."""
    found = bytearray(data)
    for tag in _BIND.finditer(data):
        inside = _length(data, tag.start() + 1)
        if inside is None or not _VERSION.match(data, inside[0]):
            continue
        name = _length(data, inside[0] + 4)
        secret = None if name is None else name[0] + name[1]
        if secret is None or secret >= len(data) or data[secret] not in (_SIMPLE, _SASL):
            continue
        begin = _length(data, secret + 1)
        if begin is not None and begin[0] + begin[1] == inside[0] + inside[1]:
            _hide(found, begin[0], begin[1], of_sasl=data[secret] == _SASL)
    return bytes(found)


def _hide(data: bytearray, begin: int, length: int, *, of_sasl: bool) -> None:
    if of_sasl:  # the name of the mechanism stays
        mechanism = _length(data, begin + 1)
        credentials = None if mechanism is None else _length(data, sum(mechanism) + 1)
        if credentials is None:
            return
        begin, length = credentials
    end = min(len(data), begin + length)
    data[begin:end] = b"*" * (end - begin)


def community(data: bytes) -> bytes:
    """The community of an SNMP message of version 1 or 2c, on any port (RFC 3416)."""
    if data[:1] != bytes([_SEQUENCE]):
        return data
    inside = _length(data, 1)
    if inside is None or not re.match(rb"\x02\x01[\x00\x01]\x04", data[inside[0] : inside[0] + 4]):
        return data
    name = _length(data, inside[0] + 4)
    if name is None or sum(name) >= len(data) or not 0xA0 <= data[sum(name)] <= 0xA8:
        return data
    return data[: name[0]] + b"*" * name[1] + data[sum(name) :]


def _length(data: bytes | bytearray, at: int) -> tuple[int, int] | None:
    """Where a value of BER begins, and its length; None where the octets do not tell it."""
    if at >= len(data):
        return None
    first = data[at]
    if first < 0x80:
        return at + 1, first
    count = first & 0x7F
    if not 1 <= count <= 4 or at + 1 + count > len(data):
        return None
    return at + 1 + count, int.from_bytes(data[at + 1 : at + 1 + count], "big")


def _masked(match: re.Match[bytes]) -> bytes:
    whole, offset = match.group(0), match.start(0)
    start, end = next(match.span(number) for number in range(1, match.re.groups + 1) if match.group(number) is not None)
    return whole[: start - offset] + b"*" * (end - start) + whole[end - offset :]
