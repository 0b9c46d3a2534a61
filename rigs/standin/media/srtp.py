"""Encrypted media: keys by SDES (RFC 4568), packets by SRTP (RFC 3711); the cipher itself is libsrtp's."""

from __future__ import annotations

import base64
import binascii
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field

SUITES = {
    "AES_CM_128_HMAC_SHA1_80": "SRTP_PROFILE_AES128_CM_SHA1_80",
    "AES_CM_128_HMAC_SHA1_32": "SRTP_PROFILE_AES128_CM_SHA1_32",
}
"""The suites that are offered, in order, with libsrtp's names: everybody must know the first (RFC 4568 section 6.2)."""
KEY_OCTETS = 30
"""Master key and salt of both (RFC 4568 section 6.1)."""
MOST_TOLD = 3
"""Packets that cannot be read are told so often in the log; a stream of them would fill it."""


@dataclass(frozen=True, slots=True)
class Crypto:
    """One a=crypto line: its tag, its suite, master key and salt."""

    tag: int
    suite: str
    key: bytes = field(repr=False)

    def __str__(self) -> str:
        return f"{self.tag} {self.suite} inline:{base64.b64encode(self.key).decode()}"


def fresh() -> tuple[Crypto, ...]:
    """The lines of an offer, each with a key of its own."""
    return tuple(Crypto(tag, suite, secrets.token_bytes(KEY_OCTETS)) for tag, suite in enumerate(SUITES, 1))


def parse(value: str) -> Crypto | None:
    """The line whose value this is; None for a suite or a parameter that we do not know (RFC 4568 section 7.1.2)."""
    words = value.split()
    if len(words) != 3 or not words[0].isascii() or not words[0].isdigit() or len(words[0]) > 9:
        return None  # session parameters that are not known make a line of no use
    key = _key(words[2])
    return Crypto(int(words[0]), words[1].upper(), key) if words[1].upper() in SUITES and key is not None else None


def _key(text: str) -> bytes | None:
    """Key and salt; a lifetime may follow. A master key identifier would lengthen each packet, and is not known."""
    method, _, rest = text.partition(":")
    inline, *after = rest.split("|")
    if method.lower() != "inline" or any(":" in one for one in after):
        return None
    try:
        key = base64.b64decode(inline, validate=True)
    except (binascii.Error, ValueError):
        return None
    return key if len(key) == KEY_OCTETS else None


def common(own: Sequence[Crypto], theirs: Sequence[Crypto]) -> tuple[Crypto, Crypto] | None:
    """The line of each side that an offer and its answer agree on: same tag, same suite."""
    pairs = ((mine, other) for other in theirs for mine in own)
    return next(((mine, other) for mine, other in pairs if (mine.tag, mine.suite) == (other.tag, other.suite)), None)


class Protection:
    """Encrypts what goes out with our key, and reads what comes in with the far end's."""

    def __init__(self, own: Crypto, theirs: Crypto) -> None:
        from pylibsrtp import Error, Policy, Session  # loaded with the first encrypted call: most runs have none

        self.pair = (own, theirs)
        profiles = [getattr(Policy, SUITES[key.suite]) for key in self.pair]
        self._out = Session(Policy(own.key, Policy.SSRC_ANY_OUTBOUND, srtp_profile=profiles[0]))
        self._in = Session(Policy(theirs.key, Policy.SSRC_ANY_INBOUND, srtp_profile=profiles[1]))
        self._refusals = (Error, TypeError, ValueError)
        self.unread = 0

    def protect(self, data: bytes, *, rtcp: bool) -> bytes:
        """The packet as it goes on the wire."""
        sent: bytes = self._out.protect_rtcp(data) if rtcp else self._out.protect(data)
        return sent

    def unprotect(self, data: bytes, *, rtcp: bool) -> bytes | None:
        """The packet that came; None for one with a wrong key, a wrong tag, or one that came before."""
        try:
            came: bytes = self._in.unprotect_rtcp(data) if rtcp else self._in.unprotect(data)
            return came
        except self._refusals:
            self.unread += 1
            return None
