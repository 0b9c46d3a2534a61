"""Digest access authentication (RFC 2617): MD5 and MD5-sess, without qop or with auth and auth-int."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from rigs.standin.sip.message import Response
from rigs.standin.sip.values import quote, split_outside, unquote

Place = tuple[bool, str]
ALGORITHMS = ("md5", "md5-sess")


@dataclass(frozen=True)
class Credentials:
    """Who answers a challenge."""

    username: str
    password: str = field(repr=False)


@dataclass(frozen=True)
class Challenge:
    """One WWW-Authenticate or Proxy-Authenticate; `proxy` tells which."""

    realm: str
    nonce: str
    algorithm: str = "MD5"
    opaque: str | None = None
    stale: bool = False
    qop: str | None = None
    proxy: bool = False

    @classmethod
    def parse(cls, value: str, *, proxy: bool = False) -> Challenge | None:
        """Reads one challenge; None if it is of a scheme, algorithm or qop that we cannot answer."""
        scheme, _, rest = value.strip().partition(" ")
        if scheme.lower() != "digest":
            return None
        pairs: dict[str, str] = {}
        for part in split_outside(rest, ","):
            name, equals, text = part.partition("=")
            if equals:
                pairs.setdefault(name.strip().lower(), unquote(text.strip()))
        algorithm = pairs.get("algorithm", "MD5")
        offered = [word.strip().lower() for word in pairs["qop"].split(",")] if "qop" in pairs else None
        qop = None
        if offered:
            qop = next((known for known in ("auth", "auth-int") if known in offered), None)
            if qop is None:
                return None
        if "nonce" not in pairs or algorithm.lower() not in ALGORITHMS:
            return None
        stale = pairs.get("stale", "").lower() == "true"
        return cls(pairs.get("realm", ""), pairs["nonce"], algorithm, pairs.get("opaque"), stale, qop, proxy)

    @property
    def place(self) -> Place:
        """Who asks: proxy or server, and the realm."""
        return self.proxy, self.realm

    @property
    def header(self) -> str:
        """The name of the header that answers it."""
        return "Proxy-Authorization" if self.proxy else "Authorization"


def challenges_of(response: Response) -> list[Challenge]:
    """The challenges of a 401 or 407 that we can answer, the first one of each realm (RFC 3261 section 22.3)."""
    found: dict[Place, Challenge] = {}
    for name, proxy in (("WWW-Authenticate", False), ("Proxy-Authenticate", True)):
        for line in response.headers.all(name):
            challenge = Challenge.parse(line, proxy=proxy)
            if challenge is not None:
                found.setdefault(challenge.place, challenge)
    return list(found.values())


def challenge_of(response: Response) -> Challenge | None:
    """The first challenge that we can answer."""
    return next(iter(challenges_of(response)), None)


def answer(
    challenge: Challenge,
    who: Credentials,
    method: str,
    uri: str,
    *,
    count: int = 1,
    cnonce: str = "",
    body: bytes = b"",
) -> str:
    """The value of the (Proxy-)Authorization header; `count` and `cnonce` matter with qop only."""
    response = digest_response(challenge, who, method, uri, count=count, cnonce=cnonce, body=body)
    parts = [
        f"realm={quote(challenge.realm)}",
        f"nonce={quote(challenge.nonce)}",
        f'response="{response}"',
        f"username={quote(who.username)}",
        f'uri="{uri}"',
    ]
    if challenge.qop:
        parts += [f"qop={challenge.qop}", f"nc={count:08x}", f'cnonce="{cnonce}"']
    elif challenge.algorithm.lower() == "md5-sess":
        parts.append(f'cnonce="{cnonce}"')
    if challenge.opaque is not None:
        parts.append(f"opaque={quote(challenge.opaque)}")
    parts.append(f"algorithm={challenge.algorithm}")
    return "Digest " + ",".join(parts)


def digest_response(
    challenge: Challenge, who: Credentials, method: str, uri: str, *, count: int, cnonce: str, body: bytes = b""
) -> str:
    """The request-digest of RFC 2617 section 3.2.2.1, 32 hexadecimal digits."""
    secret = _md5(f"{who.username}:{challenge.realm}:{who.password}")
    if challenge.algorithm.lower() == "md5-sess":
        secret = _md5(f"{secret}:{challenge.nonce}:{cnonce}")
    subject = f"{method}:{uri}"
    if challenge.qop == "auth-int":
        subject += f":{hashlib.md5(body, usedforsecurity=False).hexdigest()}"
    if challenge.qop:
        return _md5(f"{secret}:{challenge.nonce}:{count:08x}:{cnonce}:{challenge.qop}:{_md5(subject)}")
    return _md5(f"{secret}:{challenge.nonce}:{_md5(subject)}")


def _md5(text: str) -> str:
    return hashlib.md5(text.encode("utf-8", errors="surrogateescape"), usedforsecurity=False).hexdigest()
