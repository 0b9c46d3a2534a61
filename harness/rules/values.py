"""Header values without insignificant notation (RFC 3261 sections 7.3.1 and 25.1)."""

from __future__ import annotations

import re

_PADDED = re.compile(r"\s*([;,<>=])\s*")
QVALUE = re.compile(r"0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?")
"""A preference from 0 to 1 (RFC 3261 section 25.1)."""
_BLANKS = re.compile(r"\s+")


def squeezed(value: str) -> str:
    """A header value without insignificant white space."""
    return _PADDED.sub(r"\1", _BLANKS.sub(" ", value.strip()))
