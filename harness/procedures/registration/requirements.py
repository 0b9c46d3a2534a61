"""Preconditions of registration tests; without them a test is invalid."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.capture.headers import credentials

if TYPE_CHECKING:
    from harness.capture.messages import SipMessage
    from harness.procedures.registration.expectations import BindingExpectations
    from harness.procedures.registration.state import RegistrationState


class RegistrationRequirements:
    """Answers of the server on the base's wire, and the base's next request after them."""

    def __init__(self, state: RegistrationState, expect: BindingExpectations) -> None:
        self._state = state
        self._context = state.context
        self._expect = expect

    def challenge(self, containing: str = "") -> SipMessage:
        """The server has asked for credentials with this text in its challenge."""
        what = f"401 with {containing or 'a challenge'}"
        return self._state.require_answer(401, what, where=lambda m: m.has("www-authenticate", containing))

    def strange_challenge(self) -> None:
        """The 401 had two challenges: one of an unknown algorithm, then one with an opaque."""
        self._state.require_answer(
            401,
            "401 with two challenges",
            where=lambda m: (
                len(m.header("www-authenticate")) == 2
                and "M9-UNKNOWN" in m.header("www-authenticate")[0]
                and "opaque=" in m.header("www-authenticate")[1]
            ),
        )

    def stale_nonce(self) -> None:
        """The base answered the challenge; the server accepted the password and sent a new nonce with stale=true."""
        answer = self._signed_request()
        self._state.require_answer(
            401,
            "401 with stale=true",
            cseq_number=answer.cseq.number,
            since=answer.at,
            where=lambda m: m.has("www-authenticate", "stale=true"),
        )

    def refused_password(self) -> None:
        """The server has refused credentials, with another challenge or with 403."""
        self._signed_request()
        self._state.require_refusal((401, 403), "401 or 403 to the credentials", to_credentials=True)

    def refusal(self, status: int = 503) -> SipMessage:
        """The server has refused the identity with this status."""
        return self._state.require_refusal(status, str(status))

    def no_gruu(self) -> None:
        """The 200 gave the base no GRUU (RFC 5627 section 4.2)."""
        answer = self._expect.bound()
        given = [name for contact in answer.contacts for name in contact.params if name in ("pub-gruu", "temp-gruu")]
        with self._context.needs_server_support("registration without a GRUU"):
            if given:
                self._context.missing("a 200 without a GRUU", f"{', '.join(given)} in {answer}")

    def two_bindings(self) -> None:
        """The 200 lists another binding, with another expiry, before the base's."""
        answer = self._expect.bound()
        hosts = [contact.host in self._context.base_addresses for contact in answer.contacts]
        if hosts != [False, True] or not answer.contacts[0].params.get("expires"):
            seen = str(answer.header("contact"))
            self._context.missing("a 200 with another phone's binding before the base's", seen)

    def uses_of_a_nonce(self, uses: int) -> None:
        """This many requests with credentials of one nonce came.

        A server may send a new nonce at any time, which restarts the count.
        """
        since = self._state.began
        for _ in range(uses):
            self._expect.refreshed()
        signed = self._state.wire.sip.all(
            method="REGISTER",
            source=self._context.base_addresses,
            to_user=self._state.user,
            since=since,
            where=lambda m: m.has("authorization"),
        )
        used: dict[str, set[int]] = {}
        for request in signed:
            nonce = credentials(request.header("authorization")[0])[1].get("nonce", "")
            used.setdefault(nonce, set()).add(request.cseq.number)
        most = max((len(numbers) for numbers in used.values()), default=0)
        if most < uses:
            self._context.missing(
                f"a nonce that served {uses} times", f"{most} times at most: the server sent new ones"
            )

    def _signed_request(self) -> SipMessage:
        return self._state.await_request(
            self._state.began, "REGISTER with credentials", where=lambda m: m.has("authorization")
        )
