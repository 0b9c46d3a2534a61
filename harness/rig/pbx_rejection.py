"""Finds in the capture why an external PBX rejects a registration, if the base is not at fault."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from harness.capture import headers
from harness.core.errors import RigFault
from harness.rules.digest import credentials_of, response_for

if TYPE_CHECKING:
    from harness.capture.messages import SipMessage
    from harness.pbx.protocol import PbxAccount

SILENT_AFTER = 4.0
"""Seconds without any answer after which a server is called silent: eight times T1, or four copies of a request."""
ASKED_AGAIN = (401, 407)
NOT_FOUND = 404
NOT_FINAL = (423,)
"""Responses after which the base may succeed with another request."""
ABOUT_THE_REQUEST = (400, 405, 406, 410, 413, 414, 415, 416, 420, 421, 482, 483, 484, 485, 488, 493, 494)
"""Refusals of the request's own form: the base may have sent a wrong one, and its rules judge that."""
CHALLENGES_TO_BELIEVE = 2
"""A server may forget a nonce without telling the base; it is not expected to do so twice."""
LAST_WORD_AFTER = 2.0
"""Seconds after which a base that was refused once does not try again."""


def refusal(messages: Iterable[SipMessage], account: PbxAccount, registrar: str, now: float) -> RigFault | None:
    """The rig fault in an external PBX's responses to an account's REGISTERs; None if the base may be at fault.

    Credentials are checked with the rig file's password: if they do not fit, the base is at fault.
    """
    about = [m for m in messages if m.cseq.method == "REGISTER" and m.to.user == account.user]
    requests = [m for m in about if m.method]
    answers = {(m.call_id, m.cseq.number): m for m in about if m.status >= 300}
    if requests and not any(m.status for m in about) and now - requests[0].at > SILENT_AFTER:
        return RigFault(
            "pbx",
            f"{registrar} answers OPTIONS, but not the base's REGISTER as {account.user} to {requests[0].dst}",
            remedy="check that its firewall and address list admit the base; if other phones register, read the "
            "request in the capture",
        )
    again = 0
    for key, request in {(m.call_id, m.cseq.number): m for m in requests}.items():
        answer = answers.get(key)
        if answer is None or answer.status in NOT_FINAL or answer.status < 400:
            continue
        signed = request.has("authorization") or request.has("proxy-authorization")
        if signed and not _fits(request, account.password):
            return None
        if answer.status in ASKED_AGAIN:
            again += signed and not _stale(answer)
            last_word = again and answer is about[-1] and now - answer.at > LAST_WORD_AFTER
            if again < CHALLENGES_TO_BELIEVE and not last_word:
                continue
        if answer.status in ABOUT_THE_REQUEST:
            return None
        how = "to credentials that fit the password in the rig file" if signed else "before it asks for credentials"
        return RigFault(
            "pbx",
            f"{registrar} refuses {account.user}: {answer.status} {answer.reason} {how}",
            remedy=_remedy(answer, account.user),
        )
    return None


def _fits(request: SipMessage, password: str) -> bool:
    """Whether any credentials of a request are right, as far as their algorithm is known."""
    return any(
        response_for(one.parameters, request.method, password, request.body) == one.parameters.get("response", "")
        for one in credentials_of(request)
        if one.scheme.lower() == "digest"
    )


def _remedy(answer: SipMessage, user: str) -> str:
    if answer.status == NOT_FOUND:
        return f"check {user} and the domain of registrar in the rig file: the PBX knows no such address"
    if answer.status in (408, 480) or answer.status >= 500:
        return (
            "the PBX is overloaded, starting or down: look at its log, and run the tests again when it registers phones"
        )
    return f"check user, authname and password of {user} in the rig file and at the PBX{_if_full(answer)}"


def _if_full(answer: SipMessage) -> str:
    """A server that has no room for one more Contact says 403, as to a wrong password (chan_pjsip does)."""
    if answer.status in ASKED_AGAIN:
        return ""
    return "; if they are right, whether it has room for another Contact (chan_pjsip: max_contacts, remove_existing)"


def _stale(challenge: SipMessage) -> bool:
    values = [*challenge.header("www-authenticate"), *challenge.header("proxy-authenticate")]
    return any(headers.credentials(value)[1].get("stale", "").lower() == "true" for value in values)
