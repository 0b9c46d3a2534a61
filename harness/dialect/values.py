"""Reads values of headers: addresses, URIs, parameters, lists; quoted text and angle brackets are kept whole."""

from __future__ import annotations

import ipaddress
import re
import secrets
from dataclasses import dataclass

MAGIC = "z9hG4bK"
"""How a branch begins (RFC 3261 section 8.1.1.7)."""
_URI = re.compile(r"(?P<scheme>[a-zA-Z][\w+.-]*):(?:(?P<user>[^@]*)@)?(?P<host>\[[^\]]*\]|[^;?:]*)(?::(?P<port>\d+))?")


def token() -> str:
    """A tag, a Call-ID, or what a branch goes on with."""
    return secrets.token_hex(8)


def split(text: str, mark: str = ",") -> list[str]:
    """The parts between marks that stand neither in quotes nor in angle brackets."""
    parts, depth, quoted, begin, skip = [], 0, False, 0, False
    for at, sign in enumerate(text):
        if skip:
            skip = False
        elif quoted and sign == "\\":
            skip = True
        elif sign == '"':
            quoted = not quoted
        elif quoted:
            continue
        elif sign in "<>":
            depth += 1 if sign == "<" else -1
        elif sign == mark and not depth:
            parts.append(text[begin:at])
            begin = at + 1
    return [part.strip() for part in [*parts, text[begin:]] if part.strip()]


def address(value: str) -> str:
    """The URI of a name-addr or an addr-spec."""
    first = split(value, ";")[0] if value else ""
    inside = re.search(r"<([^>]*)>$", first.strip())
    return inside[1].strip() if inside else first.strip()


def with_address(value: str, uri: str) -> str:
    """The same value with another URI."""
    first, *rest = split(value, ";")
    shown = first[: first.rindex("<")] if first.endswith(">") else ""
    return ";".join([f"{shown}<{uri}>", *rest])


def parameters(value: str) -> dict[str, str]:
    """The parameters behind an address or a word, by name in lower case; a flag has an empty text."""
    found: dict[str, str] = {}
    for part in split(value, ";")[1:]:
        name, _, given = part.partition("=")
        found.setdefault(name.strip().lower(), given.strip().strip('"'))
    return found


def parameter(value: str, name: str) -> str:
    """One parameter, or an empty text."""
    return parameters(value).get(name, "") if name in value.lower() else ""


def without_parameter(value: str, *names: str) -> str:
    """The value without these parameters; the rest stays as it is spelt."""
    first, *rest = split(value, ";")
    return ";".join([first, *(part for part in rest if part.partition("=")[0].strip().lower() not in names)])


def with_tag(value: str, tag: str) -> str:
    """The value of From or To with this tag, or with none."""
    bare = without_parameter(value, "tag")
    if tag and not bare.rstrip().endswith(">") and "<" not in bare:
        bare = f"<{bare}>"
    return f"{bare};tag={tag}" if tag else bare


def bracketed(host: str) -> str:
    """A host as it stands in a URI."""
    return f"[{host}]" if ":" in host and not host.startswith("[") else host


def is_address(host: str) -> bool:
    """Whether it is an IP address."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


@dataclass(frozen=True)
class Uri:
    """The parts of a sip: or tel: URI; `host` has no brackets, `port` is 0 where none is given."""

    scheme: str
    user: str
    host: str
    port: int
    transport: str

    @classmethod
    def of(cls, text: str) -> Uri:
        """Read one; what is no URI has empty parts."""
        found = _URI.match(text)
        if found is None:
            return cls("", "", "", 0, "")
        scheme, user, host = found["scheme"].lower(), found["user"] or "", found["host"].strip("[]")
        if scheme == "tel":
            user, host = host, ""
        name = parameter("uri" + text[found.end() :].partition("?")[0], "transport").lower()
        return cls(scheme, user.split(";")[0].split(":")[0], host, int(found["port"] or 0), name)


def challenge_parts(value: str) -> tuple[str, dict[str, str]]:
    """The scheme in lower case and the parameters of credentials or of a challenge."""
    scheme, _, rest = value.strip().partition(" ")
    found = {}
    for part in split(rest):
        name, _, given = part.partition("=")
        found[name.strip().lower()] = given.strip().strip('"')
    return scheme.lower(), found
