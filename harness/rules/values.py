"""Whether two header values say the same, however they are written (RFC 3261 sections 7.3.1, 19.1.4 and 25.1)."""

from __future__ import annotations

import re
from collections.abc import Sequence

from harness.capture import headers

_PADDED = re.compile(r"\s*([;,<>=])\s*")
_BLANKS = re.compile(r"\s+")


def same_uri(one: str, other: str) -> bool:
    """Whether two SIP URIs are one, whatever the order of parameters and the case of the host (RFC 3261 §19.1.4)."""
    return one == other or _comparable(one) == _comparable(other)


def same_address(one: str, other: str) -> bool:
    """Whether two values of From or To say the same: a name is the same with quotes and without (RFC 3261 §25.1)."""
    if one == other:
        return True
    first, second = headers.parse_address(one), headers.parse_address(other)
    names = [" ".join(address.display.split()) for address in (first, second)]
    return names[0] == names[1] and first.params == second.params and same_uri(first.uri, second.uri)


def same_addresses(one: Sequence[str], other: Sequence[str]) -> bool:
    """The same of all values of a header."""
    return len(one) == len(other) and all(same_address(*pair) for pair in zip(one, other, strict=True))


def same_list(one: Sequence[str], other: Sequence[str]) -> bool:
    """Whether two lists of header values say the same, whatever their white space."""
    return list(one) == list(other) or [squeezed(value) for value in one] == [squeezed(value) for value in other]


def squeezed(value: str) -> str:
    """A header value without white space that means nothing."""
    return _PADDED.sub(r"\1", _BLANKS.sub(" ", value.strip()))


def _comparable(uri: str) -> tuple[str, str, str, frozenset[tuple[str, str]]]:
    plain = uri.strip().partition("?")[0]
    scheme, _, rest = plain.partition(":")
    user, at, rest = rest.rpartition("@")
    host, _, parameters = rest.partition(";")
    found = headers.parameters(parameters)
    return (
        scheme.lower(),
        f"{user}{at}",
        host.lower(),
        frozenset((name, value.lower()) for name, value in found.items()),
    )
