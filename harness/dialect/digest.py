"""Digest as a server asks for it (RFC 2617, RFC 8760): qop, nonce count, stale, nextnonce, nonces for one use."""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, auto

from harness.dialect.message import Message
from harness.dialect.values import challenge_parts

ALGORITHMS = {"MD5": "md5", "SHA-256": "sha256", "SHA-512-256": "sha512_256"}
UNKNOWN_ALGORITHM = "M9-UNKNOWN"
OPAQUE = "m9-opaque"
WWW, PROXY = "WWW-Authenticate", "Proxy-Authenticate"
_CREDENTIALS = {WWW: "authorization", PROXY: "proxy-authorization"}
STATUS = {WWW: 401, PROXY: 407}


class Outcome(Enum):
    """What credentials are worth."""

    RIGHT = auto()
    STALE = auto()
    WRONG = auto()
    NONE = auto()


@dataclass
class Nonce:
    """A nonce that was given out, when, and the highest count it was used with."""

    given_at: float = field(default_factory=time.monotonic)
    count: int = 0
    uses: int = 0


@dataclass(frozen=True)
class Wishes:
    """How this one challenge differs from the plain one."""

    header: str = WWW
    qop: bool = False
    stale: bool = False
    strange: bool = False
    algorithm: str = "MD5"


@dataclass(frozen=True)
class Login:
    """Credentials that were looked at: whose, and what they are worth."""

    outcome: Outcome
    user: str = ""
    nonce: str = ""


class Digest:
    """Challenges and credentials of one realm; `secrets_of` are the passwords by login."""

    def __init__(self, realm: str, secrets_of: Mapping[str, str], *, life: float = 300.0, once: bool = False) -> None:
        self.realm = realm
        self.life = life
        self.once = once
        self._secrets = secrets_of
        self._nonces: dict[str, Nonce] = {}

    def new_nonce(self) -> str:
        """A nonce that is valid from now on."""
        now = time.monotonic()
        self._nonces = {name: one for name, one in self._nonces.items() if now - one.given_at < 4 * self.life}
        name = secrets.token_hex(16)
        self._nonces[name] = Nonce()
        return name

    def challenge(self, wishes: Wishes) -> list[str]:
        """The header lines of a challenge; a strange one has a challenge of an unknown algorithm before it."""
        nonce = self.new_nonce()
        line = f'{wishes.header}: Digest realm="{self.realm}", nonce="{nonce}"'
        first = [f"{line}, algorithm={UNKNOWN_ALGORITHM}"] if wishes.strange else []
        line += f', opaque="{OPAQUE}"' if wishes.strange else ""
        line += ", stale=true" if wishes.stale else ""
        line += f", algorithm={wishes.algorithm}" if wishes.algorithm != "MD5" or wishes.qop else ""
        line += ', qop="auth"' if wishes.qop else ""
        return [*first, line]

    def judge(self, request: Message, header: str) -> Login:
        """What the request's credentials for this kind of challenge are worth."""
        for value in request.all(_CREDENTIALS[header]):
            scheme, given = challenge_parts(value)
            if scheme == "digest" and given.get("realm") == self.realm:
                return self._judge(request, given)
        return Login(Outcome.NONE)

    def nextnonce(self) -> str:
        """The header line that gives the nonce for the next request."""
        return f'Authentication-Info: nextnonce="{self.new_nonce()}"'

    def _judge(self, request: Message, given: Mapping[str, str]) -> Login:
        user, nonce = given.get("username", ""), given.get("nonce", "")
        login, known = Login(Outcome.WRONG, user, nonce), self._nonces.get(nonce)
        secret = self._secrets.get(user)
        if secret is None or given.get("response", "").lower() != self._response(request.method, given, secret):
            return login
        if known is None or time.monotonic() - known.given_at > self.life or (self.once and known.uses):
            return Login(Outcome.STALE, user, nonce)
        known.uses += 1
        if given.get("qop"):
            count = int(given.get("nc", "0"), 16) if _is_hex(given.get("nc", "")) else 0
            if count <= known.count:
                return Login(Outcome.STALE, user, nonce)
            known.count = count
        return Login(Outcome.RIGHT, user, nonce)

    def _response(self, method: str, given: Mapping[str, str], secret: str) -> str:
        name = given.get("algorithm", "MD5").upper()
        if name not in ALGORITHMS:
            return "-"

        def hashed(text: str) -> str:
            return hashlib.new(ALGORITHMS[name], text.encode("utf-8", "surrogateescape")).hexdigest()

        first = hashed(f"{given.get('username')}:{self.realm}:{secret}")
        second = hashed(f"{method}:{given.get('uri', '')}")
        middle = given.get("nonce", "")
        if given.get("qop"):
            middle += f":{given.get('nc')}:{given.get('cnonce')}:{given.get('qop')}"
        return hashed(f"{first}:{middle}:{second}")


def _is_hex(text: str) -> bool:
    return bool(text) and all(sign in "0123456789abcdefABCDEF" for sign in text)
