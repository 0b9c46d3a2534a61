"""LDAP messages (RFC 4511) from the octets that tshark found and put together.

Read are binds, searches, what a search finds, and results. A filter is written as RFC 4515 has it, with every octet
escaped that has a meaning there, so that its text tells what it asks for. The password of a bind is not kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from harness.capture.messages import Packet

OPERATIONS = {
    0: "bind", 1: "bind result", 2: "unbind", 3: "search", 4: "entry", 5: "search result", 16: "abandon",
    19: "referral", 23: "extended", 24: "extended result",
}  # fmt: skip
"""By the number of the application tag (RFC 4511 section 4.2 and following)."""
SUCCESS, SIZE_LIMIT_EXCEEDED, INVALID_CREDENTIALS = 0, 4, 49
MOST_DEEP = 32
_APPLICATION, _CONTEXT, _NUMBER, _CONSTRUCTED = 0x40, 0x80, 0x1F, 0x20
_COMPARISONS = {3: "=", 5: ">=", 6: "<=", 8: "~="}
_SPECIAL = re.compile(r"[*()\\\0]")


@dataclass(frozen=True)
class LdapMessage(Packet):
    """One LDAP message; what it has depends on its `operation` (a value of OPERATIONS).

    `name` is the bind's name, the search's base or the entry's DN; `simple` whether a bind is by password,
    `passwordless` whether that is empty. `limit` is the size limit, `values` what an entry holds, by the attribute's
    name in lower case.
    """

    operation: str = ""
    id: int = 0
    version: int = 0
    name: str = ""
    simple: bool = False
    passwordless: bool = False
    scope: int = 0
    limit: int = 0
    time_limit: int = 0
    filter: str = ""
    attributes: tuple[str, ...] = ()
    result: int = -1
    values: dict[str, tuple[str, ...]] = field(default_factory=dict, compare=False)

    @property
    def connection(self) -> frozenset[tuple[str, int]]:
        """Both ends, in either direction."""
        return frozenset(((self.src, self.sport), (self.dst, self.dport)))

    @property
    def summary(self) -> str:
        """`LDAP search ou=people (cn=Ad*)`."""
        told = {"search": self.filter, "bind result": self.result, "search result": self.result}
        return " ".join(filter(None, ("LDAP", self.operation, self.name, str(told.get(self.operation, "")))))


class NotBer(ValueError):
    """Octets that are no LDAP message."""


Found = dict[str, Any]
"""Fields of a message."""
Element = tuple[int, bytes]
"""A tag and its content."""


def read(packet: Packet, octets: bytes) -> LdapMessage | None:
    """The message of these octets; None for what is none."""
    try:
        ((tag, inside),) = elements(octets)
        (_, number), (operation, content), *_ = elements(inside)
        if tag != 0x30 or operation & 0xC0 != _APPLICATION:
            return None
        kind = OPERATIONS.get(operation & _NUMBER, f"operation {operation & _NUMBER}")
        found = _READERS.get(kind, _nothing)(content)
    except (NotBer, ValueError):
        return None
    common = {name: getattr(packet, name) for name in Packet.__dataclass_fields__ if name != "fields"}
    return LdapMessage(**common, operation=kind, id=_integer(number), **found)


def elements(octets: bytes) -> list[Element]:
    """The elements of a BER sequence (X.690 section 8.1); raises NotBer for what is none."""
    return list(_elements(octets))


def _elements(octets: bytes) -> Iterator[Element]:
    at = 0
    while at < len(octets):
        tag, at = octets[at], at + 1
        if at >= len(octets) or tag & _NUMBER == _NUMBER:
            raise NotBer("a tag without a length")
        length, at = octets[at], at + 1
        if length & 0x80:
            count = length & 0x7F
            if not 1 <= count <= 4 or at + count > len(octets):
                raise NotBer("a length that is none")
            length, at = int.from_bytes(octets[at : at + count], "big"), at + count
        if at + length > len(octets):
            raise NotBer("an element that is cut")
        yield tag, octets[at : at + length]
        at += length


def _nothing(content: bytes) -> Found:
    return {}


def _bind(content: bytes) -> Found:
    (_, version), (_, name), (method, credentials) = elements(content)[:3]
    simple = method == _CONTEXT
    return {
        "version": _integer(version),
        "name": _text(name),
        "simple": simple,
        "passwordless": simple and not credentials,
    }


def _result(content: bytes) -> Found:
    return {"result": _integer(elements(content)[0][1])}


def _search(content: bytes) -> Found:
    base, scope, _, size, seconds, _, wanted, attributes = elements(content)[:8]
    return {
        "name": _text(base[1]),
        "scope": _integer(scope[1]),
        "limit": _integer(size[1]),
        "time_limit": _integer(seconds[1]),
        "filter": filter_text(wanted),
        "attributes": tuple(_text(value) for _, value in elements(attributes[1])),
    }


def _entry(content: bytes) -> Found:
    (_, name), (_, attributes) = elements(content)[:2]
    values: dict[str, tuple[str, ...]] = {}
    for _, one in elements(attributes):
        (_, kind), (_, several) = elements(one)[:2]
        values[_text(kind).lower()] = tuple(_text(value) for _, value in elements(several))
    return {"name": _text(name), "values": values}


_READERS = {
    "bind": _bind, "bind result": _result, "search": _search, "entry": _entry, "search result": _result,
}  # fmt: skip


def filter_text(element: Element, depth: int = 0) -> str:
    """A search filter in the notation of RFC 4515; raises NotBer for what is none."""
    tag, content = element
    if depth > MOST_DEEP or tag & 0xC0 != _CONTEXT:
        raise NotBer("a filter that is none")
    kind = tag & _NUMBER
    if kind in (0, 1):
        return f"({'&|'[kind]}{''.join(filter_text(one, depth + 1) for one in elements(content))})"
    if kind == 2:
        return f"(!{''.join(filter_text(one, depth + 1) for one in elements(content))})"
    if kind == 7:
        return f"({_text(content)}=*)"
    if kind == 4:
        (_, name), (_, parts) = elements(content)[:2]
        return f"({_text(name)}={_substrings(elements(parts))})"
    if kind in _COMPARISONS:
        (_, name), (_, value) = elements(content)[:2]
        return f"({_text(name)}{_COMPARISONS[kind]}{escaped(_text(value))})"
    return f"(filter {kind})"


def _substrings(parts: list[Element]) -> str:
    """The pieces of a substring assertion: 0 is the beginning, 1 any, 2 the end."""
    first = "".join(escaped(_text(value)) for tag, value in parts if tag & _NUMBER == 0)
    middle = [escaped(_text(value)) for tag, value in parts if tag & _NUMBER == 1]
    last = "".join(escaped(_text(value)) for tag, value in parts if tag & _NUMBER == 2)
    return "*".join([first, *middle, last])


def escaped(value: str) -> str:
    """A value as a filter has to write it (RFC 4515 section 3)."""
    return _SPECIAL.sub(lambda found: f"\\{ord(found[0]):02x}", value)


def _integer(octets: bytes) -> int:
    return int.from_bytes(octets, "big", signed=True)


def _text(octets: bytes) -> str:
    return octets.decode("utf-8", "backslashreplace")
