"""The variables of an action URL: `$name` in its query, `$name&` in its path (facts 7; names of the desk phones)."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import quote

IN_PATH = re.compile(r"\$([A-Za-z][A-Za-z0-9_-]*)&")
IN_QUERY = re.compile(r"\$([A-Za-z][A-Za-z0-9_-]*)")
Lookup = Callable[[str], str]


def expanded(template: str, lookup: Lookup) -> str:
    """The URL with the values of its variables; one that is not known is empty [inferred]."""
    path, mark, query = template.partition("?")
    return IN_PATH.sub(_put(lookup), path) + mark + IN_QUERY.sub(_put(lookup), query)


def _put(lookup: Lookup) -> Callable[[re.Match[str]], str]:
    return lambda found: escaped(lookup(found[1]))


def escaped(value: str) -> str:
    """A value as it stands in a URL: whatever is no letter, digit or one of `-._~` as %HH (RFC 3986 section 2.3)."""
    return quote(value, safe="")
