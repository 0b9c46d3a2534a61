"""Single header values: URIs, addresses, Via, CSeq, parameters (RFC 3261 section 25), read tolerantly."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field


class ValueSyntaxError(ValueError):
    """A header value that cannot be understood; the text names what was wrong."""


Params = dict[str, str | None]
LONGEST = 10**8
"""Seconds, three years: what a header says beyond that is taken for this."""


def readable(text: str) -> str:
    """Text of a header for people: bytes that are no UTF-8 are Latin-1, as old PBXs write names."""
    raw = text.encode("utf-8", errors="surrogateescape")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def split_outside(text: str, separator: str) -> list[str]:
    """Splits at a character, but not inside quotes or angle brackets; blanks around the parts go."""
    parts: list[str] = []
    current: list[str] = []
    quoted = escaped = False
    depth = 0
    for char in text:
        if escaped:
            escaped = False
        elif quoted:
            escaped = char == "\\"
            quoted = char != '"'
        elif char == '"':
            quoted = True
        elif char == "<":
            depth += 1
        elif char == ">":
            depth = max(0, depth - 1)
        elif char == separator and depth == 0:
            parts.append("".join(current).strip())
            current = []
            continue
        current.append(char)
    parts.append("".join(current).strip())
    return parts


def read_params(parts: Iterable[str]) -> Params:
    """`a=b` pairs as a mapping of lower-case names; a name without value is None, quotes stay."""
    params: Params = {}
    for part in parts:
        name, equals, value = part.partition("=")
        if name.strip():
            params[name.strip().lower()] = value.strip() if equals else None
    return params


def write_params(params: Params) -> str:
    """`;a=b;c` as it stands behind a URI or an address."""
    return "".join(f";{name}" if value is None else f";{name}={value}" for name, value in params.items())


def unquote(text: str) -> str:
    """A quoted string without its quotes and escapes; other text as it is."""
    if len(text) < 2 or not (text.startswith('"') and text.endswith('"')):
        return text
    plain: list[str] = []
    escaped = False
    for char in text[1:-1]:
        if char == "\\" and not escaped:
            escaped = True
            continue
        plain.append(char)
        escaped = False
    return "".join(plain)


def quote(text: str) -> str:
    """A quoted string with its escapes; control characters become blanks."""
    clean = re.sub(r"[\x00-\x1f\x7f]", " ", text)
    return '"' + clean.replace("\\", "\\\\").replace('"', '\\"') + '"'


def bracketed(host: str) -> str:
    """A host as it stands in a URI or Via: IPv6 literals in brackets, without a zone."""
    return f"[{host.partition('%')[0]}]" if ":" in host else host


def split_host_port(text: str) -> tuple[str, int | None]:
    """`host`, `host:port`, `[v6]:port`; a bare IPv6 literal is taken as a host."""
    text = text.strip()
    if text.startswith("["):
        literal, closed, rest = text[1:].partition("]")
        if not closed:
            raise ValueSyntaxError(f"IPv6 literal without closing bracket: {text!r}")
        return literal, _port(rest.strip().removeprefix(":")) if rest.strip() else None
    if text.count(":") > 1:
        return text, None
    host, colon, port = text.partition(":")
    return host.strip(), _port(port) if colon else None


def number(text: str | None, *, most: int, otherwise: int = 0) -> int:
    """A decimal number of a header, `most` where it is larger; `otherwise` for what is none."""
    digits = (text or "").strip()
    if not (digits.isascii() and digits.isdigit()):
        return otherwise
    digits = digits.lstrip("0")
    return min(int(digits[:12] or "0"), most) if len(digits) <= 12 else most


def _port(text: str) -> int:
    found = number(text, most=65536, otherwise=-1)
    if not 0 <= found <= 65535:
        raise ValueSyntaxError(f"port {text[:20]!r} is no number from 0 to 65535")
    return found


@dataclass(frozen=True)
class Uri:
    """A sip, sips or tel URI; `host` is empty for tel, whose number is the `user`."""

    scheme: str
    user: str
    host: str
    port: int | None = None
    params: Params = field(default_factory=dict)
    headers: str = ""

    @classmethod
    def parse(cls, text: str) -> Uri:
        """Reads a URI; ValueSyntaxError when it has no scheme or no host."""
        scheme, colon, rest = text.strip().partition(":")
        scheme = scheme.lower()
        if not colon or not rest or any(char.isspace() for char in text.strip()):
            raise ValueSyntaxError(f"no URI: {text!r}")
        if scheme not in ("sip", "sips"):
            number, _, tail = rest.partition(";")
            return cls(scheme, number, "", None, read_params(tail.split(";")))
        rest, _, headers = _split_headers(rest)
        user, at, host_part = rest.rpartition("@")
        host_text, *params = host_part.split(";")
        host, port = split_host_port(host_text)
        if not host or (at and not user):
            raise ValueSyntaxError(f"URI without host or with an empty user part: {text!r}")
        return cls(scheme, user, host.lower(), port, read_params(params), headers)

    def __str__(self) -> str:
        if not self.host:
            return f"{self.scheme}:{self.user}{write_params(self.params)}"
        user = f"{self.user}@" if self.user else ""
        port = f":{self.port}" if self.port is not None else ""
        headers = f"?{self.headers}" if self.headers else ""
        return f"{self.scheme}:{user}{bracketed(self.host)}{port}{write_params(self.params)}{headers}"

    @property
    def number(self) -> str:
        """The user part as a person reads it: unescaped, without password and parameters."""
        return unescape(self.user.split(";")[0].split(":")[0])

    def without_headers(self) -> Uri:
        """The same URI as a Request-URI may hold it (RFC 3261 section 19.1.1: no headers, no method)."""
        params = {name: value for name, value in self.params.items() if name != "method"}
        return Uri(self.scheme, self.user, self.host, self.port, params)


def _split_headers(rest: str) -> tuple[str, str, str]:
    """Cuts `?headers` off, but a question mark in the user part stays where it is."""
    at = rest.rfind("@")
    mark = rest.find("?", at + 1)
    return (rest, "", "") if mark < 0 else (rest[:mark], "?", rest[mark + 1 :])


def unescape(text: str) -> str:
    """%HH sequences as characters (UTF-8, damaged ones as they are)."""
    if "%" not in text:
        return text
    raw = bytearray()
    data = text.encode("utf-8")
    index = 0
    while index < len(data):
        pair = data[index + 1 : index + 3]
        if data[index] == 0x25 and len(pair) == 2 and all(c in b"0123456789abcdefABCDEF" for c in pair):
            raw.append(int(pair, 16))
            index += 3
        else:
            raw.append(data[index])
            index += 1
    return raw.decode("utf-8", errors="replace")


_USER_PLAIN = set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.!~*'()&=+$,;?/")


def escape_user(text: str) -> str:
    """A user part with everything escaped that RFC 3261 does not allow there (`#` becomes %23)."""
    return "".join(c if c in _USER_PLAIN else "".join(f"%{b:02X}" for b in c.encode("utf-8")) for c in text)


@dataclass(frozen=True)
class Address:
    """A name-addr of From, To, Contact, Route and their like: display name, URI, header parameters."""

    uri: Uri
    display: str = ""
    params: Params = field(default_factory=dict)

    @classmethod
    def parse(cls, text: str) -> Address:
        """Reads one address; ValueSyntaxError if there is none (`*` is no address: ask before)."""
        text = readable(text.strip())
        start = _bracket_start(text)
        if start < 0:
            plain, *params = split_outside(text, ";")
            return cls(Uri.parse(plain), "", read_params(params))
        end = text.find(">", start)
        if end < 0:
            raise ValueSyntaxError(f"address without closing bracket: {text!r}")
        display = unquote(text[:start].strip())
        _, *params = split_outside(text[end + 1 :], ";")
        return cls(Uri.parse(text[start + 1 : end]), display, read_params(params))

    def __str__(self) -> str:
        display = f"{quote(self.display)} " if self.display else ""
        return f"{display}<{self.uri}>{write_params(self.params)}"

    @property
    def tag(self) -> str:
        return self.params.get("tag") or ""


def _bracket_start(text: str) -> int:
    """Index of the `<` that opens the URI: the first one outside quotes, -1 if there is none."""
    quoted = escaped = False
    for index, char in enumerate(text):
        if escaped:
            escaped = False
        elif quoted and char == "\\":
            escaped = True
        elif char == '"':
            quoted = not quoted
        elif char == "<" and not quoted:
            return index
    return -1


@dataclass(frozen=True)
class Via:
    """One hop of a Via header."""

    transport: str
    host: str
    port: int | None
    params: Params

    @classmethod
    def parse(cls, text: str) -> Via:
        """Reads one hop; ValueSyntaxError if protocol or sent-by is missing."""
        first, *params = split_outside(text, ";")
        words = re.sub(r"\s*/\s*", "/", first).split(None, 1)
        protocol = words[0].split("/") if words else []
        if len(words) != 2 or len(protocol) != 3 or protocol[0].upper() != "SIP":
            raise ValueSyntaxError(f"Via without protocol or sent-by: {text!r}")
        host, port = split_host_port(words[1])
        return cls(protocol[2].upper(), host, port, read_params(params))

    def __str__(self) -> str:
        port = f":{self.port}" if self.port is not None else ""
        return f"SIP/2.0/{self.transport} {bracketed(self.host)}{port}{write_params(self.params)}"

    @property
    def branch(self) -> str:
        return self.params.get("branch") or ""


@dataclass(frozen=True)
class CSeq:
    """Sequence number and method."""

    number: int
    method: str

    @classmethod
    def parse(cls, text: str) -> CSeq:
        """Reads both parts; ValueSyntaxError outside 0 .. 2^31-1 (RFC 3261 section 8.1.1.5)."""
        words = text.split()
        if len(words) != 2 or not (words[0].isascii() and words[0].isdigit()) or len(words[0]) > 10:
            raise ValueSyntaxError(f"CSeq {text!r} is no number and method")
        number = int(words[0])
        if number >= 2**31:
            raise ValueSyntaxError(f"CSeq {number} is not below 2^31")
        return cls(number, words[1])

    def __str__(self) -> str:
        return f"{self.number} {self.method}"
