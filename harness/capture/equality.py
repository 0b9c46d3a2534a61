"""Whether two header values say the same by the RFCs, however they are written: the only comparison of URIs.

Equal are: names with and without quotes, escaped octets, parameters in any order, the case of scheme, host and
parameters, `lr` and `lr=on`, addresses in any notation, white space. In a Via the port of the transport may be left
out; in a URI it may not (RFC 3261 section 19.1.4).
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Collection, Sequence
from functools import lru_cache
from typing import NamedTuple

from harness.capture import headers
from harness.capture.headers import Address, parse_address

_COMPARED_PARAMETERS = {"user", "ttl", "method", "maddr", "transport"}
"""Of the parameters of a URI these differ from their absence (RFC 3261 section 19.1.4)."""
_ESCAPED = re.compile(r"%([0-9A-Fa-f]{2})")
_SEPARATORS = re.compile(r"[-.()]")
_BLANKS = " \t"
_SENT_BY = re.compile(r"([^ \t/]+[ \t]*/[ \t]*[^ \t/]+[ \t]*/[ \t]*[^ \t/]+)[ \t]+([^ \t].*)", re.DOTALL)
_PORT = re.compile(r"(.*?)[ \t]*:[ \t]*([0-9]{1,5})", re.DOTALL)
_SECURE_PORT, _USUAL_PORT = "5061", "5060"


class _Uri(NamedTuple):
    """A URI without its notation."""

    place: tuple[str, ...]
    fields: frozenset[str]
    params: dict[str, str]


def same_uri(one: str, other: str) -> bool:
    """Whether two URIs are equal by RFC 3261 section 19.1.4 (tel: RFC 3966 section 4); others letter by letter."""
    if one == other:
        return True
    first, second = _comparable(one), _comparable(other)
    if first is None or second is None:
        return one.strip(_BLANKS) == other.strip(_BLANKS)
    if first[:2] != second[:2]:
        return False
    here, there = first.params, second.params
    compared = (set(here) & set(there)) | ((set(here) | set(there)) & _COMPARED_PARAMETERS)
    return all(here.get(name) == there.get(name) for name in compared)


def is_copy(one: str, other: str) -> bool:
    """Whether a URI is a copy of another: equal, and no parameter was lost or added.

    Two URIs can be equal although only one has some parameter; in a copy all parameters count.
    """
    if one == other:
        return True
    first, second = _comparable(one), _comparable(other)
    same_names = first is None or second is None or first.params.keys() == second.params.keys()
    return same_names and same_uri(one, other)


def same_address(one: str | Address, other: str | Address) -> bool:
    """Whether two name-addr values say the same: URI, display name without quotes, parameters."""
    first, second = (parse_address(value) if isinstance(value, str) else value for value in (one, other))
    names = [" ".join(address.display.split()) for address in (first, second)]
    params = [folded(address.params) for address in (first, second)]
    return names[0] == names[1] and params[0] == params[1] and same_uri(first.uri, second.uri)


def same_addresses(one: Sequence[str], other: Sequence[str]) -> bool:
    """Whether values of From or To were copied; their names may be written in another way."""
    return list(one) == list(other) or (
        len(one) == len(other) and all(_copied_address(*pair) for pair in zip(one, other, strict=True))
    )


def _copied_address(one: str, other: str) -> bool:
    first, second = parse_address(one), parse_address(other)
    return same_address(first, second) and is_copy(first.uri, second.uri)


def same_routes(one: Sequence[str], other: Sequence[str]) -> bool:
    """Whether Route or Record-Route name the same way: the same URIs in the same order; a name says nothing."""
    return len(one) == len(other) and all(_same_route(*pair) for pair in zip(one, other, strict=True))


def _same_route(one: str, other: str) -> bool:
    first, second = parse_address(one), parse_address(other)
    return is_copy(first.uri, second.uri) and folded(first.params) == folded(second.params)


def same_via(one: str, other: str, without: Collection[str] = ()) -> bool:
    """Whether two Via values are equal; the parameters `without` are those that a hop adds."""
    first, second = _via(one), _via(other)
    for _, params in (first, second):
        for name in without:
            params.pop(name, None)
    return first == second


def _via(value: str) -> tuple[tuple[str, ...], dict[str, str]]:
    """Protocol, host and port of a Via in one notation, and its parameters (RFC 3261 sections 18.2.1 and 20.42)."""
    text, _, rest = value.partition(";")
    found = _SENT_BY.fullmatch(text.strip(_BLANKS))
    if found is None:
        return (text.strip(_BLANKS),), headers.parameters(rest)
    protocol = re.sub(r"[ \t]", "", found.group(1)).upper()
    host = found.group(2).strip(_BLANKS)
    ported = _PORT.fullmatch(host) if not host.endswith("]") else None
    usual = _SECURE_PORT if protocol.rpartition("/")[2] in ("TLS", "WSS") else _USUAL_PORT
    host, port = (ported.group(1), ported.group(2)) if ported else (host, usual)
    return (protocol, _host(host), port), folded(headers.parameters(rest), ("branch",))


def canonical(uri: str) -> str:
    """Scheme, user, host and port of a URI in one notation: a key for what is registered."""
    found = _comparable(uri.partition("?")[0].partition(";")[0])
    return "".join((found.place[0], ":", *found.place[1:])) if found else uri


@lru_cache(maxsize=4096)
def _comparable(uri: str) -> _Uri | None:
    scheme, colon, rest = uri.strip(_BLANKS).partition(":")
    scheme = scheme.lower()
    if colon and scheme == "tel":
        number, _, params = rest.partition(";")
        return _Uri((scheme, _SEPARATORS.sub("", number).lower()), frozenset(), folded(headers.parameters(params)))
    if not colon or scheme not in ("sip", "sips"):
        return None
    rest, _, fields = rest.partition("?")
    user, at, rest = rest.rpartition("@")
    host, _, params = rest.partition(";")
    known = folded(headers.parameters(params))
    if "lr" in known:
        known["lr"] = ""  # a flag (RFC 3261 section 25.1), to which some proxies give a value
    name, port = _host_and_port(host.strip(_BLANKS))
    return _Uri(
        (scheme, _unescaped(user) + at, name, f":{port}" if port else ""),
        frozenset(_unescaped(field) for field in fields.split("&") if field),
        known,
    )


def _host_and_port(text: str) -> tuple[str, str]:
    ported = None if text.endswith("]") else _PORT.fullmatch(text)
    return (_host(ported.group(1)), ported.group(2)) if ported else (_host(text), "")


def _host(text: str) -> str:
    """A host in lower case, an IPv6 address in its shortest form (RFC 5954)."""
    try:
        return f"[{ipaddress.IPv6Address(text[1:-1])}]" if text.startswith("[") and text.endswith("]") else text.lower()
    except ValueError:
        return text.lower()


def _unescaped(text: str) -> str:
    """Escapes of characters that need none are the characters; others have one spelling."""

    def plain(found: re.Match[str]) -> str:
        character = chr(int(found.group(1), 16))
        return character if character.isascii() and character.isalnum() else found.group(0).upper()

    return _ESCAPED.sub(plain, text)


def folded(params: dict[str, str], exact: Collection[str] = ("tag",)) -> dict[str, str]:
    """Parameter values without regard to case, but for the tag (RFC 3261 sections 7.3.1 and 19.3)."""
    return {name: value if name in exact else value.lower() for name, value in params.items()}
