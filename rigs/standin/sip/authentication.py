"""What an identity remembers of challenges: nonces, their counts, and whether an answer is worth a try."""

from __future__ import annotations

from collections.abc import Callable

from rigs.standin.core.strategies import Choices
from rigs.standin.sip.account import Account, alnum
from rigs.standin.sip.digest import Challenge, Place, answer, challenges_of
from rigs.standin.sip.message import Request, Response
from rigs.standin.sip.strategies import CredentialStrategy

MAX_STALE = 3
"""A server that calls each nonce stale is not asked for ever."""


class Authenticator:
    """Signs the requests of one identity; challenges of proxies and of servers are kept apart."""

    def __init__(self, account: Callable[[], Account], strategies: Choices) -> None:
        self._account = account
        self._strategies = strategies
        self._known: dict[Place, Challenge] = {}
        self._used: dict[str, int] = {}

    def sign(self, request: Request) -> None:
        """Puts credentials on a request for every challenge known (facts 6.1: from the last one, unasked)."""
        strategy = self._strategies.get(CredentialStrategy)
        request.headers.remove("Authorization")
        request.headers.remove("Proxy-Authorization")
        for challenge in self._known.values():
            count = strategy.nonce_count(self._used.get(challenge.nonce, 0))
            self._used[challenge.nonce] = count
            value = answer(
                challenge,
                strategy.credentials(self._account()),
                request.method,
                request.uri,
                count=count,
                cnonce=alnum(8),
                body=request.body,
            )
            request.headers.add(challenge.header, value)

    def forget(self) -> None:
        """The account changed: old challenges are of no use."""
        self._known.clear()
        self._used.clear()

    def conversation(self) -> Conversation:
        """The challenges of one request and its repetitions."""
        return Conversation(self)

    def take(self, challenge: Challenge) -> None:
        self._known[challenge.place] = challenge
        self._used.setdefault(challenge.nonce, 0)

    def refuse(self, challenge: Challenge) -> None:
        """Credentials for this challenge were refused: not to be sent again unasked."""
        self._known.pop(challenge.place, None)

    def worth_answering(self, challenge: Challenge, answered: Challenge | None) -> bool:
        return self._strategies.get(CredentialStrategy).worth_answering(challenge, answered)


class Conversation:
    """One request with the challenges it met; each server's is answered once, stale ones up to a limit."""

    def __init__(self, authenticator: Authenticator) -> None:
        self._authenticator = authenticator
        self._answered: dict[Place, Challenge] = {}
        self._rounds = 0

    def again(self, response: Response) -> bool:
        """Takes a 401 or 407; True if the request is worth repeating with credentials."""
        if response.status not in (401, 407):
            return False
        challenges = challenges_of(response)
        self._rounds += 1
        worth = [
            challenge
            for challenge in challenges
            if self._rounds <= MAX_STALE + 2
            and self._authenticator.worth_answering(challenge, self._answered.get(challenge.place))
        ]
        if not challenges or len(worth) < len(challenges):  # one refusal of what was answered before is enough
            for challenge in challenges:
                self._authenticator.refuse(challenge)
            return False
        for challenge in worth:
            self._answered[challenge.place] = challenge
            self._authenticator.take(challenge)
        return True
