"""The contents of credentials: parameters of the challenge, their form, the response, and the count of a nonce."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.capture.equality import is_copy
from harness.rules.digest import Challenge, response_for
from harness.rules.evidence import Evidence
from harness.rules.findings import Finding, broken, cannot_be_said, held
from harness.rules.registry import rule
from harness.rules.settings import OFFERED
from harness.rules.signed_requests import Signed

if TYPE_CHECKING:
    from harness.capture.messages import SipMessage

NEEDED = frozenset({"username", "realm", "nonce", "uri", "response"})
WITH_QOP = frozenset({"qop", "nc", "cnonce"})
WRITTEN = "RFC 2617 §3.2.2, RFC 3261 §22.4"


@rule("SIP-DIGEST")
def credentials_fit_the_challenge(evidence: Evidence) -> Iterator[Finding]:
    """Credentials repeat the challenge's parameters, name the Request-URI, are complete and have the right form."""
    for one in evidence.signed_requests:
        faults = list(_faults(one))
        yield from faults
        if not faults:
            yield held(one.request)


def _faults(one: Signed) -> Iterator[Finding]:
    given, request = one.given, one.request
    said = given.parameters
    if one.challenge is None and one.direct:
        claim = "the credentials use a nonce that the server gave"
        yield broken(request, expected="the nonce of a challenge", seen=given.nonce, claim=claim, source=WRITTEN)
    if one.challenge is not None:
        yield from _unlike(one, one.challenge)
    uri = said.get("uri", "")
    if not is_copy(uri, request.request_uri):
        claim = "uri of the credentials is the Request-URI"
        yield broken(request, expected=request.request_uri, seen=uri or "none", claim=claim, source=WRITTEN)
    qop = bool(one.challenge.qop) if one.challenge is not None else "qop" in said
    missing = sorted((NEEDED | (WITH_QOP if qop else frozenset())) - set(said))
    if missing:
        claim = "the credentials are complete"
        yield broken(request, expected=", ".join(missing), seen="missing", claim=claim, source=WRITTEN)
    for name, quotes in given.misquoted():
        claim = f"{name} stands {'in' if quotes else 'without'} quotes"
        expected = f'{name}="…"' if quotes else f"{name}=…"
        seen = "no quotes" if quotes else "quotes"
        yield broken(request, expected=expected, seen=seen, claim=claim, source="RFC 3261 §25.1")


def _unlike(one: Signed, challenge: Challenge) -> Iterator[Finding]:
    """The parameters that differ from the challenge."""
    said, request = one.given.parameters, one.request
    for name in ("realm", "opaque"):
        asked = challenge.parameters.get(name)
        if said.get(name) != asked:
            claim = f"{name} of the credentials is the server's"
            yield broken(request, expected=asked or "none", seen=said.get(name, "none"), claim=claim, source=WRITTEN)
    algorithm = said.get("algorithm", "MD5")
    if algorithm.upper() != challenge.algorithm.upper():
        claim = "the algorithm is the one asked for"
        yield broken(request, expected=challenge.algorithm, seen=algorithm, claim=claim, source=WRITTEN)
    if said.get("qop", "") and said["qop"].lower() not in challenge.qop:
        claim = "the quality of protection is one that was offered"
        offered = " or ".join(challenge.qop) or "none"
        yield broken(request, expected=offered, seen=said["qop"], claim=claim, source=WRITTEN)


@rule("SIP-DIGEST-RESPONSE", reads=("sip", "acts"))
def response_fits_the_password(evidence: Evidence) -> Iterator[Finding]:
    """The response is the one computed from the password, which stays out of all texts."""
    for one in evidence.signed_requests:
        said, request = one.given.parameters, one.request
        name = said.get("username", "")
        passwords = evidence.passwords.of(name)
        good = [response_for(said, request.method, password, request.body) for password in passwords]
        if not passwords or None in good:
            what = f"algorithm {said.get('algorithm')}" if passwords else "the password"
            yield cannot_be_said(request, why=f"{what} is not known: the response of {name} cannot be computed")
        elif said.get("response", "").lower() in good:
            yield held(request)
        elif _was_changed(evidence, request):
            yield cannot_be_said(request, why=f"the password of {name} was changed by an act that does not tell it")
        else:
            yield broken(request, expected="the response computed from the password", seen="another response")


def _was_changed(evidence: Evidence, request: SipMessage) -> bool:
    identity = evidence.settings.identity_of(request.from_.user, at=request.at)
    acts = evidence.settings.acts_on(identity, "user_pass") if identity else []
    return any(act.at <= request.at and act.detail.get("channel") != OFFERED for act in acts)


@dataclass(frozen=True)
class _Use:
    """The latest use of a nonce, and its number."""

    count: int
    by: Signed


@rule("SIP-NONCE-COUNT")
def uses_of_a_nonce_are_counted(evidence: Evidence) -> Iterator[Finding]:
    """With qop, nc is the number of the request among those of its nonce, eight hexadecimal digits from 1 on.

    Each account counts alone. If a server gives the same nonce in another challenge, the count may begin again.
    """
    last: dict[tuple[str, str], _Use] = {}
    for one in evidence.signed_requests:
        said, request = one.given.parameters, one.request
        if "qop" not in said:
            continue
        text, key = said.get("nc", ""), (one.given.nonce, said.get("username", ""))
        before = last.get(key)
        if before is None and one.challenge is None:
            last[key] = _Use(_hexadecimal(text), one)
            yield cannot_be_said(request, why="the capture begins behind the challenge that gave the nonce")
            continue
        again = before is not None and one.challenge is not before.by.challenge and _hexadecimal(text) == 1
        count = 1 if before is None or again else before.count + 1
        last[key] = _Use(count, one)
        if text.lower() == f"{count:08x}":
            yield held(request)
            continue
        told = _hexadecimal(text)
        since = before.by.request.at if before else evidence.sight.begins
        if told > count and not evidence.saw_all(since, request.at):
            yield cannot_be_said(request, why="requests may be missing in the capture")
        else:
            packets = [before.by.request] if before else []
            yield broken(*packets, request, expected=f"nc={count:08x}", seen=f"nc={text}")
        last[key] = _Use(told or count, one)


def _hexadecimal(text: str) -> int:
    try:
        return int(text, 16) if len(text) <= 16 else 0
    except ValueError:
        return 0
