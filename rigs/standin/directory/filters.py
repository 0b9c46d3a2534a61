"""Search filters: the text that is set, a value in the place of its `%`, and the octets that are sent (RFC 4515)."""

from __future__ import annotations

import re

from rigs.standin.directory.ber import OCTETS, SEQUENCE, element, octets

PLACE = "%"
"""Stands in a filter for what is searched (presentation, LDAP tab)."""
MOST_DEEP = 16
_SPECIAL = re.compile(r"[*()\\\0]")
_ITEM = re.compile(r"([^()=~<>*\\]+?)(=|~=|>=|<=)((?:[^()\\]|\\[0-9a-fA-F]{2})*)")
_TAGS = {"=": 0xA3, ">=": 0xA5, "<=": 0xA6, "~=": 0xA8}
_SETS = {"&": 0xA0, "|": 0xA1, "!": 0xA2}


class NotAFilter(ValueError):
    """A text that is no filter; its words say where."""


def escaped(value: str) -> str:
    """A value in which no character has a meaning of its own."""
    return _SPECIAL.sub(lambda found: f"\\{ord(found[0]):02x}", value)


def filled(template: str, value: str, ending: str = "") -> str:
    """The filter that is set, with a value for each `%`; `ending` is `*` where it is but the beginning of one."""
    return template.replace(PLACE, escaped(value) + ending)


def encoded(text: str) -> bytes:
    """The octets of a filter; NotAFilter if it is none."""
    found, rest = _filter(text.strip(), 0)
    if rest.strip():
        raise NotAFilter(f"{rest!r} behind the filter")
    return found


def _filter(text: str, depth: int) -> tuple[bytes, str]:
    if not text.startswith("(") or depth > MOST_DEEP:
        raise NotAFilter(f"no filter begins at {text[:20]!r}")
    rest = text[1:].lstrip()
    sign = rest[:1]
    if sign not in _SETS:
        return _closed(*_item(rest))
    parts, rest = [], rest[1:].lstrip()
    while rest.startswith("("):
        part, rest = _filter(rest, depth + 1)
        parts.append(part)
        rest = rest.lstrip()
    if not parts or (sign == "!" and len(parts) > 1):
        raise NotAFilter(f"{sign} with {len(parts)} filters")
    return _closed(element(_SETS[sign], *parts), rest)


def _closed(found: bytes, rest: str) -> tuple[bytes, str]:
    if not rest.startswith(")"):
        raise NotAFilter(f"no ) before {rest[:20]!r}")
    return found, rest[1:]


def _item(text: str) -> tuple[bytes, str]:
    """One comparison up to its closing bracket."""
    match = _ITEM.match(text)
    if match is None:
        raise NotAFilter(f"no comparison in {text[:20]!r}")
    name, sign, value = match[1].strip(), match[2], match[3]
    rest = text[match.end() :]
    if sign == "=" and re.fullmatch(r"\*+", value):
        return octets(name, 0x87), rest
    if sign != "=" or "*" not in value:
        return element(_TAGS[sign], octets(name), element(OCTETS, _plain(value))), rest
    first, *middle, last = value.split("*")
    pieces = [element(0x80, _plain(first))] * bool(first)
    pieces += [element(0x81, _plain(one)) for one in middle if one]
    pieces += [element(0x82, _plain(last))] * bool(last)
    return element(0xA4, octets(name), element(SEQUENCE, *pieces)), rest


def _plain(value: str) -> bytes:
    """The octets that an escaped value means."""
    return re.sub(rb"\\([0-9a-fA-F]{2})", lambda found: bytes.fromhex(found[1].decode()), value.encode())
