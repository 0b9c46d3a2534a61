"""Verdict functions of general use: pure, over messages, each returning what broke (an empty list is a pass).

Rules of one profile build on them; `m9 judge` runs them over a stored trace.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

from harness.capture import headers
from harness.capture.dialogs import transactions
from harness.capture.messages import SipMessage
from harness.capture.sdp import Sdp
from harness.errors import Expectation, ProductFailure

# The direction an answer may have to each direction offered (RFC 3264 §6.1).
ANSWERS = {
    "sendrecv": ("sendrecv", "sendonly", "recvonly", "inactive"),
    "sendonly": ("recvonly", "inactive"),
    "recvonly": ("sendonly", "inactive"),
    "inactive": ("inactive",),
}


def require(broken: Sequence[Expectation]) -> None:
    """Raise the first of what broke as a ProductFailure."""
    if broken:
        raise ProductFailure(broken[0])


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


def late_refreshes(messages: Iterable[SipMessage], base: str | None = None) -> list[Expectation]:
    """Registrations that ran out: after each grant the next REGISTER of that user must come before its expiry."""
    grants: dict[str, tuple[SipMessage, int]] = {}
    broken = []
    for message in messages:
        if message.cseq.method != "REGISTER":
            continue
        user = message.to.uri
        if message.method and (base is None or message.src == base) and user in grants:
            grant, expires = grants.pop(user)
            gap = message.at - grant.at
            if gap > expires:
                claim = f"the registration of {message.to.user} is refreshed before it runs out"
                seen = f"after {gap:.1f} s"
                broken.append(_broken(message, claim, f"within {expires} s of the grant", seen, "RFC 3261 §10.2.4"))
        if 200 <= message.status < 300:
            expires_granted = message.expires
            if expires_granted:
                grants[user] = (message, expires_granted)
    return broken


def grants(messages: Iterable[SipMessage]) -> list[tuple[float, str, int]]:
    """Each granted registration: when, for whom (user part), for how many seconds; 0 is a de-registration."""
    found = []
    for message in messages:
        if message.cseq.method == "REGISTER" and 200 <= message.status < 300:
            found.append((message.at, message.to.user, message.expires or 0))
    return found


def wrong_versions(messages: Iterable[SipMessage], source: str) -> list[Expectation]:
    """The o= line of one sender: session id constant, version one higher at each change and the same without one."""
    broken = []
    last: dict[str, Sdp] = {}
    for message in messages:
        description = message.sdp_or_none
        if message.src != source or description is None or message.resend:
            continue
        before = last.get(message.call_id)
        last[message.call_id] = description
        if before is None:
            continue
        if description.session_id != before.session_id:
            claim = "the session id of the o= line stays"
            broken.append(_broken(message, claim, before.session_id, description.session_id, "RFC 3264 §8"))
        changed = _without_origin(before) != _without_origin(description)
        wanted = before.origin_version + (1 if changed else 0)
        if description.origin_version != wanted:
            claim = "the version of the o= line counts the changes"
            seen = f"version {description.origin_version} after {before.origin_version}"
            broken.append(_broken(message, claim, f"version {wanted}", seen, "RFC 3264 §8"))
    return broken


def wrong_answer_direction(offer: SipMessage, answer: SipMessage) -> list[Expectation]:
    """Whether the answer's direction may follow the offer's."""
    offered, given = offer.sdp.audio.direction, answer.sdp.audio.direction
    allowed = ANSWERS[offered]
    if given in allowed:
        return []
    claim = f"an offer of {offered} is answered with {' or '.join(allowed)}"
    return [_broken(answer, claim, " or ".join(allowed), given, "RFC 3264 §6.1")]


def wrong_sequence(messages: Iterable[SipMessage], source: str) -> list[Expectation]:
    """The CSeq numbers of one sender: each new request of a dialog one higher, ACK and CANCEL with their INVITE's."""
    broken = []
    last: dict[tuple[str, str], int] = {}
    for message in messages:
        if not message.method or message.src != source or message.resend:
            continue
        key = (message.call_id, message.from_.tag)
        before = last.get(key)
        if message.method in ("ACK", "CANCEL"):
            continue
        if before is not None and message.cseq.number != before + 1 and message.cseq.number != before:
            seen = f"{message.cseq.number} after {before}"
            broken.append(_broken(message, "CSeq rises by one", str(before + 1), seen, "RFC 3261 §12.2.1.1"))
        last[key] = message.cseq.number
    return broken


def unanswered(messages: Sequence[SipMessage], target: str) -> list[Expectation]:
    """Requests to one address that got no final response from it (an ACK needs none)."""
    broken = []
    for transaction in transactions(messages):
        request = transaction.request
        if request.dst == target and request.method != "ACK" and transaction.final is None:
            seen = ", ".join(str(code) for code in transaction.provisional) or "nothing"
            broken.append(_broken(request, f"{request.method} is answered", "a final response", seen, "RFC 3261 §17.2"))
    return broken


def repeated(messages: Iterable[SipMessage], source: str) -> list[Expectation]:
    """Retransmissions of one sender: on a link without loss there are none."""
    return [
        _broken(m, "nothing is sent twice on a lossless link", "once", f"{m.summary} again", "RFC 3261 §17")
        for m in messages
        if m.resend and m.src == source
    ]


def _broken(message: SipMessage, claim: str, expected: str, seen: str, source: str) -> Expectation:
    return Expectation(claim, expected, f"{seen}  ({message})", source=source, frames=(message.frame,))


def _without_origin(description: Sdp) -> list[str]:
    return [line for line in description.text.splitlines() if not line.startswith("o=")]


def _md5(text: str) -> str:
    return hashlib.md5(text.encode()).hexdigest()
