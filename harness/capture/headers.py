"""Reads SIP header text: unfolding, compact names, lists, name-addr; keeps the text as it was written."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

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


_BLANKS = " \t"
_BLANK_LINE = re.compile(rb"\n\r?\n")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_PARAMETER = re.compile(r'([\w-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^,\s]+))')
LARGEST = 2**32 - 1
"""The largest number of most SIP headers (RFC 3261 §25.1, delta-seconds §20.19)."""


def number(text: str, largest: int = LARGEST) -> int | None:
    """A decimal number in ASCII digits, None for all else: `str.isdigit` also takes a superscript for a digit."""
    text = text.strip(_BLANKS)
    if len(text) > 40 or not (text.isascii() and text.isdigit()):
        return None
    found = int(text)
    return found if found <= largest else None


@lru_cache(maxsize=1024)
def full_name(name: str) -> str:
    """The header's name in lower case with its compact form written out (RFC 3261 §7.3.3)."""
    lower = name.strip(_BLANKS).lower()
    return _COMPACT.get(lower, lower)


def decoded(data: bytes) -> str:
    """Octets as text: UTF-8, and Latin-1 where they are no UTF-8, so that nothing is lost."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def split_message(raw: bytes) -> tuple[str, list[tuple[str, str]], bytes]:
    """First line, headers in order with folded lines joined, and body of one SIP or HTTP message.

    A line ends with CR LF or LF, nowhere else; empty lines before the first are passed over (RFC 3261 §7.5).
    """
    lines, body = split_lines(raw)
    headers = []
    for line in lines[1:]:
        name, colon, value = line.partition(":")
        if colon:
            headers.append((name.strip(_BLANKS), value.strip(_BLANKS)))
    return (lines[0] if lines else ""), headers, body


def split_lines(raw: bytes) -> tuple[list[str], bytes]:
    """The lines of a message's head, folded ones joined, and what follows the empty line."""
    begins = len(raw) - len(raw.lstrip(b"\r\n"))
    end = _BLANK_LINE.search(raw, begins)
    head, body = (raw[begins : end.start()].removesuffix(b"\r"), raw[end.end() :]) if end else (raw[begins:], b"")
    lines: list[str] = []
    for text in _texts(head.replace(b"\r\n", b"\n")):
        if lines and text[:1] in (" ", "\t"):
            lines[-1] = f"{lines[-1]} {text.strip(_BLANKS)}"
        else:
            lines.append(text)
    return [line for line in lines if line], body


def decoded_lines(data: bytes) -> str:
    """Octets as text where UTF-8 and Latin-1 may be mixed: each line is decoded by itself."""
    return "\n".join(_texts(data))


def _texts(head: bytes) -> list[str]:
    """Its lines; Latin-1 is a line by itself."""
    try:
        return head.decode("utf-8").split("\n")
    except UnicodeDecodeError:
        return [decoded(line) for line in head.split(b"\n")]


def has_whole_head(raw: bytes) -> bool:
    """Whether the empty line that ends the head is there."""
    return _BLANK_LINE.search(raw, len(raw) - len(raw.lstrip(b"\r\n"))) is not None


def values(headers: Sequence[tuple[str, str]], name: str) -> list[str]:
    """All values of one header, compact form or not, lists taken apart."""
    wanted = full_name(name)
    return parts(wanted, [value for there, value in headers if full_name(there) == wanted])


def parts(name: str, lines: Sequence[str]) -> list[str]:
    """The values in the lines of one header, lists taken apart; `name` is its full name."""
    return list(lines) if name in _NO_LIST else [value for line in lines for value in split_list(line)]


def split_list(value: str) -> list[str]:
    """The parts of a comma list; commas in quotes and angle brackets divide nothing."""
    if "," not in value:
        return [value.strip(_BLANKS)] if value.strip(_BLANKS) else []
    parts: list[str] = []
    begins, quoted, escaped, depth = 0, False, False, 0
    for position, character in enumerate(value):
        if escaped:
            escaped = False
        elif quoted:
            escaped, quoted = character == "\\", character != '"'
        elif character == '"':
            quoted = True
        elif character in "<>":
            depth += 1 if character == "<" else -1
        elif character == "," and depth <= 0:
            parts.append(value[begins:position])
            begins = position + 1
    parts.append(value[begins:])
    return [part.strip(_BLANKS) for part in parts if part.strip(_BLANKS)]


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


def via_host(via: str) -> str:
    """The host in the sent-by of a Via value, IPv6 without brackets (RFC 3261 §18.1.1); empty where there is none."""
    words = via.partition(";")[0].split()
    return parse_address(f"<sip:{words[-1]}>").host if len(words) > 1 else ""


@lru_cache(maxsize=4096)
def parse_address(value: str) -> Address:
    """A header value as an address; in the short form all parameters belong to the header (RFC 3261 §20.10)."""
    text = value.strip(_BLANKS + "\r\n")
    quoted = _QUOTED.match(text)
    display, rest = (re.sub(r"\\(.)", r"\1", quoted.group(1)), text[quoted.end() :]) if quoted else ("", text)
    before, bracket, after = rest.partition("<")
    uri, closed, params = after.partition(">")
    if bracket and closed:
        return Address(display or before.strip(_BLANKS), uri.strip(_BLANKS), parameters(params))
    uri, _, rest = text.partition(";")
    return Address("", uri.strip(_BLANKS), parameters(rest))


def parameters(text: str) -> dict[str, str]:
    """`;a=1;b="x;y";c` as a dictionary with lower-case names; without a value it is empty, of two the first counts."""
    found: dict[str, str] = {}
    for part in re.findall(r'((?:"(?:[^"\\]|\\.)*"|[^;])+)', text):
        name, equals, value = part.strip(_BLANKS).partition("=")
        if name:
            found.setdefault(name.strip(_BLANKS).lower(), value.strip(_BLANKS).strip('"') if equals else "")
    return found


@lru_cache(maxsize=4096)
def credentials(value: str) -> tuple[str, dict[str, str]]:
    """Scheme and parameters of an Authorization or WWW-Authenticate value."""
    scheme, _, rest = value.strip().partition(" ")
    found = {}
    for name, quoted, plain in _PARAMETER.findall(rest):
        found[name.lower()] = quoted or plain
    return scheme, found
