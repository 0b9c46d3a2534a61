"""The response of digest credentials, and whether those of a request fit a password (RFC 2617, MD5)."""

from __future__ import annotations

import hashlib

from harness.capture import headers
from harness.capture.messages import SipMessage
from harness.core.errors import Expectation


def digest_response(parameters: dict[str, str], method: str, password: str, body: bytes = b"") -> str:
    """The response that these credentials should carry (RFC 2617 §3.2.2; MD5, with and without qop)."""
    user, realm = parameters.get("username", ""), parameters.get("realm", "")
    secret = _md5(f"{user}:{realm}:{password}")
    if parameters.get("algorithm", "").lower() == "md5-sess":
        secret = _md5(f"{secret}:{parameters.get('nonce', '')}:{parameters.get('cnonce', '')}")
    asked = f"{method}:{parameters.get('uri', '')}"
    qop = parameters.get("qop", "").lower()
    if qop == "auth-int":
        asked += ":" + hashlib.md5(body).hexdigest()
    middle = [parameters.get("nonce", "")]
    if qop:
        middle += [parameters.get("nc", ""), parameters.get("cnonce", ""), parameters.get("qop", "")]
    return _md5(":".join([secret, *middle, _md5(asked)]))


def wrong_digest(message: SipMessage, password: str) -> list[Expectation]:
    """Whether the credentials of a request fit the password, the method and its Request-URI."""
    values = message.header("authorization") or message.header("proxy-authorization")
    if not values:
        return [_broken(message, "the request carries credentials", "Authorization", "none", "RFC 3261 §22.2")]
    scheme, parameters = headers.credentials(values[0])
    if scheme.lower() != "digest":
        return [_broken(message, "the scheme is Digest", "Digest", scheme, "RFC 3261 §22.4")]
    if digest_response(parameters, message.method, password, message.body) != parameters.get("response", ""):
        return [
            _broken(
                message,
                "the digest response fits the account's password",
                f"the response of {parameters.get('username')} for {message.method} {parameters.get('uri')}",
                "another response",
                "RFC 2617 §3.2.2",
            )
        ]
    return []


def _broken(message: SipMessage, claim: str, expected: str, seen: str, source: str) -> Expectation:
    return Expectation(claim, expected, f"{seen}  ({message})", source=source, frames=(message.frame,))


def _md5(text: str) -> str:
    return hashlib.md5(text.encode()).hexdigest()
