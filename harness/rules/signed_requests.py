"""The base's requests with credentials, each with the challenge that they answer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from harness.capture import headers
from harness.rules.digest import Challenge, Credentials, challenges_of, credentials_of

if TYPE_CHECKING:
    from harness.capture.messages import SipMessage
    from harness.rules.evidence import Evidence
    from harness.rules.transactions import Transaction


@dataclass(frozen=True)
class Signed:
    """A request with one set of credentials, and the challenge that they answer; None if it was not seen."""

    transaction: Transaction
    given: Credentials
    challenge: Challenge | None
    direct: bool
    """Whether it directly follows a challenge of the same realm: then its nonce must be from there."""

    @property
    def request(self) -> SipMessage:
        """The request."""
        return self.transaction.request


@dataclass
class _Told:
    """The servers' challenges until now."""

    challenges: dict[tuple[str, str, str], Challenge] = field(default_factory=dict)
    """The latest by the header of the answer, the nonce, and whose it is: the Call-ID that was challenged, its account,
    or anybody's. A server may give one nonce in several challenges, each with an `opaque` of its own."""
    next_nonces: set[str] = field(default_factory=set)

    def challenge_for(self, given: Credentials, request: SipMessage) -> Challenge | None:
        """The challenge that these credentials answer."""
        owners = (request.call_id, request.from_.user, "")
        found = (self.challenges.get((given.place, given.nonce, owner)) for owner in owners)
        return next((challenge for challenge in found if challenge is not None), None)


def signed_requests(evidence: Evidence) -> Iterator[Signed]:
    """All credentials of the base's requests, in the order of the requests."""
    told = _Told()
    last: dict[tuple[str, str], Transaction] = {}
    answers = sorted((m for one in evidence.asked_by_base for m in one.responses), key=lambda m: m.at)
    heard = 0
    for one in evidence.asked_by_base:
        while heard < len(answers) and answers[heard].at <= one.at:
            _hear(told, answers[heard])
            heard += 1
        key = (one.request.call_id, one.request.method)
        before = last.get(key)
        last[key] = one
        asked = challenges_of(before.final) if before is not None and before.final is not None else []
        for given in credentials_of(one.request) if one.request.method != "CANCEL" else ():
            if given.scheme.lower() != "digest" or given.nonce in told.next_nonces:
                continue
            challenge = told.challenge_for(given, one.request)
            yield Signed(one, given, challenge, any(c.answer == given.place for c in asked))


def _hear(told: _Told, answer: SipMessage) -> None:
    for challenge in challenges_of(answer):
        for owner in (answer.call_id, answer.from_.user, ""):
            told.challenges[challenge.answer, challenge.nonce, owner] = challenge
    for value in answer.header("authentication-info"):
        told.next_nonces.add(headers.credentials(f"Digest {value}")[1].get("nextnonce", ""))
