"""Whether two header values say the same, however they are written (RFC 3261 sections 7.3.1, 19.1.4 and 25.1)."""

from __future__ import annotations

import re
from collections.abc import Sequence

from harness.capture import headers

_PADDED = re.compile(r"\s*([;,<>=])\s*")
QVALUE = re.compile(r"0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?")
"""A preference from 0 to 1 (RFC 3261 section 25.1)."""
_BLANKS = re.compile(r"\s+")


def same_addresses(one: Sequence[str], other: Sequence[str]) -> bool:
    """Whether all values of From, To or the like say the same."""
    return list(one) == list(other) or (
        len(one) == len(other) and all(headers.same_address(*pair) for pair in zip(one, other, strict=True))
    )


def same_list(one: Sequence[str], other: Sequence[str]) -> bool:
    """Whether two lists of header values say the same, whatever their white space."""
    return list(one) == list(other) or [squeezed(value) for value in one] == [squeezed(value) for value in other]


def squeezed(value: str) -> str:
    """A header value without white space that means nothing."""
    return _PADDED.sub(r"\1", _BLANKS.sub(" ", value.strip()))
