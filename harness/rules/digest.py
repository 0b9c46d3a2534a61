"""Digest authentication: challenges, and the computed response (RFC 3261 section 22, RFC 2617, RFC 8760)."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.capture import headers

if TYPE_CHECKING:
    from harness.capture.messages import SipMessage

HASHES: dict[str, Callable[[bytes], str]] = {
    "MD5": lambda data: hashlib.md5(data, usedforsecurity=False).hexdigest(),
    "SHA-256": lambda data: hashlib.sha256(data).hexdigest(),
    "SHA-512-256": lambda data: hashlib.new("sha512_256", data).hexdigest(),
}
SESSION = "-SESS"
PLACES = {"www-authenticate": "authorization", "proxy-authenticate": "proxy-authorization"}
"""The header of a challenge, and that of its credentials."""
UNQUOTED = ("qop", "nc", "algorithm")
QUOTED = ("username", "realm", "nonce", "uri", "response", "cnonce", "opaque")
"""RFC 3261 section 25.1: the form of each parameter of the credentials."""
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')


@dataclass(frozen=True)
class Challenge:
    """One challenge of a 401 or 407; `answer` is the header that its credentials go into."""

    answer: str
    scheme: str
    parameters: dict[str, str]

    @property
    def realm(self) -> str:
        """The name of the domain whose password is needed."""
        return self.parameters.get("realm", "")

    @property
    def nonce(self) -> str:
        """The value over which the response is computed."""
        return self.parameters.get("nonce", "")

    @property
    def algorithm(self) -> str:
        """MD5 if none is named (RFC 2617 section 3.2.1)."""
        return self.parameters.get("algorithm", "") or "MD5"

    @property
    def qop(self) -> tuple[str, ...]:
        """The qualities of protection that are offered."""
        return tuple(word.strip().lower() for word in self.parameters.get("qop", "").split(",") if word.strip())

    @property
    def stale(self) -> bool:
        """Whether the credentials were right and their nonce was old."""
        return self.parameters.get("stale", "").lower() == "true"

    @property
    def can_be_answered(self) -> bool:
        """Whether a phone that knows Digest with MD5 can answer it (RFC 3261 section 22.4)."""
        known = self.algorithm.upper() in ("MD5", "MD5-SESS")
        return (
            self.scheme.lower() == "digest" and known and (not self.qop or bool({"auth", "auth-int"} & set(self.qop)))
        )


@dataclass(frozen=True)
class Credentials:
    """One Authorization or Proxy-Authorization."""

    place: str
    scheme: str
    parameters: dict[str, str]
    text: str

    @property
    def nonce(self) -> str:
        """The nonce that they answer."""
        return self.parameters.get("nonce", "")

    @property
    def realm(self) -> str:
        """The realm that they are for."""
        return self.parameters.get("realm", "")

    def misquoted(self) -> Iterator[tuple[str, bool]]:
        """The parameters that stand in quotes and may not (False), or must and do not (True)."""
        for name, mark in re.findall(r'([\w-]+)\s*=\s*("?)', _STRING.sub('"', self.text)):
            if mark and name.lower() in UNQUOTED:
                yield name, False
            elif not mark and name.lower() in QUOTED:
                yield name, True


def challenges_of(response: SipMessage) -> list[Challenge]:
    """All challenges of a response, in order."""
    return [
        Challenge(answer, *headers.credentials(value))
        for asking, answer in PLACES.items()
        for value in response.header(asking)
    ]


def credentials_of(request: SipMessage) -> list[Credentials]:
    """All credentials of a request, in order."""
    return [
        Credentials(place, *headers.credentials(value), value)
        for place in PLACES.values()
        for value in request.header(place)
    ]


def response_for(parameters: dict[str, str], method: str, password: str, body: bytes = b"") -> str | None:
    """The response that these credentials should carry; None for an algorithm that is not known here."""
    algorithm = parameters.get("algorithm", "MD5").upper()
    per_session = algorithm.endswith(SESSION)
    digest = HASHES.get(algorithm.removesuffix(SESSION))
    if digest is None:
        return None

    def hashed(*parts: str) -> str:
        return digest(":".join(parts).encode())

    nonce, cnonce, qop = (parameters.get(name, "") for name in ("nonce", "cnonce", "qop"))
    secret = hashed(parameters.get("username", ""), parameters.get("realm", ""), password)
    if per_session:
        secret = hashed(secret, nonce, cnonce)
    asked = [method, parameters.get("uri", "")]
    if qop.lower() == "auth-int":
        asked.append(digest(body))
    middle = [nonce, parameters.get("nc", ""), cnonce, qop] if qop else [nonce]
    return hashed(secret, *middle, hashed(*asked))
