"""Reads SIP header text: unfolding, compact names, lists, name-addr; keeps what stood there, whatever it was.

tshark judges; this reader serves what tshark has no field for (Remote-Party-ID, epid, X- headers) and raw lists.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_COMPACT = {
    "a": "accept-contact", "b": "referred-by", "c": "content-type", "d": "request-disposition", "e": "content-encoding",
    "f": "from", "i": "call-id", "j": "reject-contact", "k": "supported", "l": "content-length", "m": "contact",
    "o": "event", "r": "refer-to", "s": "subject", "t": "to", "u": "allow-events", "v": "via", "x": "session-expires",
    "y": "identity",
}  # fmt: skip
# Values with commas of their own; every other header is a list at its commas (RFC 3261 §7.3.1).
_NO_LIST = {
    "authorization", "www-authenticate", "proxy-authorization", "proxy-authenticate", "authentication-info", "date",
    "subject", "user-agent", "server", "call-id", "warning", "from", "to", "cseq", "organization",
}  # fmt: skip


def full_name(name: str) -> str:
    """The header's name in lower case with its compact form written out (RFC 3261 §7.3.3)."""
    lower = name.strip().lower()
    return _COMPACT.get(lower, lower)


def split_message(raw: bytes) -> tuple[str, list[tuple[str, str]], bytes]:
    """First line, headers in order with folded lines joined, and body of one SIP or HTTP message.

    Bytes that are no UTF-8 are read as Latin-1, so nothing is lost.
    """
    head, separator, body = raw.partition(b"\r\n\r\n")
    if not separator:
        head, _, body = raw.partition(b"\n\n")
    lines = re.sub(r"\r?\n[ \t]+", " ", _text(head)).splitlines()
    headers = []
    for line in lines[1:]:
        name, colon, value = line.partition(":")
        if colon:
            headers.append((name.strip(), value.strip()))
    return (lines[0] if lines else ""), headers, body


def values(headers: tuple[tuple[str, str], ...], name: str) -> list[str]:
    """All values of one header, compact form or not, lists taken apart."""
    wanted = full_name(name)
    found: list[str] = []
    for there, value in headers:
        if full_name(there) == wanted:
            found.extend([value] if wanted in _NO_LIST else split_list(value))
    return found


def split_list(value: str) -> list[str]:
    """The parts of a comma list; commas in quotes and angle brackets divide nothing."""
    parts: list[str] = []
    current: list[str] = []
    quoted, depth = False, 0
    previous = ""
    for character in value:
        if character == '"' and previous != "\\":
            quoted = not quoted
        elif not quoted and character in "<>":
            depth += 1 if character == "<" else -1
        if character == "," and not quoted and depth <= 0:
            parts.append("".join(current).strip())
            current = []
        else:
            current.append(character)
        previous = character
    parts.append("".join(current).strip())
    return [part for part in parts if part]


@dataclass(frozen=True)
class Address:
    """A name-addr of From, To, Contact and the like: who, by which URI, with which parameters."""

    display: str = ""
    uri: str = ""
    params: dict[str, str] = field(default_factory=dict)

    @property
    def tag(self) -> str:
        """The dialog tag, empty when there is none yet."""
        return self.params.get("tag", "")

    @property
    def user(self) -> str:
        """The user part of the URI without its scheme."""
        rest = self.uri.partition(":")[2]
        return rest.rpartition("@")[0] if "@" in rest else ""

    @property
    def host(self) -> str:
        """Host of the URI without port and parameters; IPv6 addresses without their brackets."""
        rest = self.uri.partition(":")[2].rpartition("@")[2] or self.uri.partition(":")[2]
        if rest.startswith("["):
            return rest[1:].partition("]")[0]
        return re.split(r"[:;?]", rest, maxsplit=1)[0]

    @property
    def uri_params(self) -> dict[str, str]:
        """The parameters inside the URI: line=, transport=, user=."""
        return parameters(self.uri.partition("?")[0].partition(";")[2])

    def __str__(self) -> str:
        return f'"{self.display}" <{self.uri}>' if self.display else f"<{self.uri}>"


def parse_address(value: str) -> Address:
    """A header value as an address; in the short form all parameters belong to the header (RFC 3261 §20.10)."""
    match = re.match(r'\s*(?:"((?:[^"\\]|\\.)*)"|([^<"]*))\s*<([^>]*)>(.*)$', value, re.DOTALL)
    if match:
        display = re.sub(r"\\(.)", r"\1", match.group(1)) if match.group(1) is not None else match.group(2).strip()
        return Address(display, match.group(3).strip(), parameters(match.group(4)))
    uri, _, rest = value.strip().partition(";")
    return Address("", uri.strip(), parameters(rest))


def parameters(text: str) -> dict[str, str]:
    """`;a=1;b="x;y";c` as a dictionary with lower-case names; a parameter without a value has an empty one."""
    found: dict[str, str] = {}
    for part in re.findall(r'((?:"(?:[^"\\]|\\.)*"|[^;])+)', text):
        name, equals, value = part.strip().partition("=")
        if name:
            found[name.strip().lower()] = value.strip().strip('"') if equals else ""
    return found


def credentials(value: str) -> tuple[str, dict[str, str]]:
    """Scheme and parameters of an Authorization or WWW-Authenticate value."""
    scheme, _, rest = value.strip().partition(" ")
    found = {}
    for name, quoted, plain in re.findall(r'([\w-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^,\s]+))', rest):
        found[name.lower()] = quoted or plain
    return scheme, found


def number(text: str) -> int | None:
    """A decimal number of ASCII digits, or None: `str.isdigit` also takes digits that no protocol knows, such as ²."""
    text = text.strip()
    return int(text) if text.isascii() and text.isdigit() else None


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("latin-1")
