"""Whether two header values are equal by RFC 3261 (sections 7.3.1, 19.1.4 and 25.1), not by letter."""

from __future__ import annotations

import re
from collections.abc import Sequence

from harness.capture import headers

_PADDED = re.compile(r"\s*([;,<>=])\s*")
QVALUE = re.compile(r"0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?")
"""A preference from 0 to 1 (RFC 3261 section 25.1)."""
_BLANKS = re.compile(r"\s+")


def is_copy(one: str, other: str) -> bool:
    """Whether a URI is a copy of another: equal by RFC 3261 section 19.1.4, and no parameter was lost or added.

    Two URIs can be equal although only one has some parameter; in a copy all parameters count.
    """
    return one == other or (headers.same_uri(one, other) and _parameters(one) == _parameters(other))


def _parameters(uri: str) -> frozenset[str]:
    return frozenset(headers.parameters(uri.rpartition("@")[2].partition("?")[0].partition(";")[2]))


def same_addresses(one: Sequence[str], other: Sequence[str]) -> bool:
    """Whether values of From or To were copied; their names may be written in another way."""
    return list(one) == list(other) or (
        len(one) == len(other) and all(_same_address(*pair) for pair in zip(one, other, strict=True))
    )


def _same_address(one: str, other: str) -> bool:
    first, second = headers.parse_address(one), headers.parse_address(other)
    return headers.same_address(first, second) and is_copy(first.uri, second.uri)


def same_list(one: Sequence[str], other: Sequence[str]) -> bool:
    """Whether two lists of header values are the same, without regard to white space."""
    return list(one) == list(other) or [squeezed(value) for value in one] == [squeezed(value) for value in other]


def squeezed(value: str) -> str:
    """A header value without insignificant white space."""
    return _PADDED.sub(r"\1", _BLANKS.sub(" ", value.strip()))
