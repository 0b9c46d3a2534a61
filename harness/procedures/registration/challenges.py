"""Challenges of the registrar as the wire shows them: witnesses that a test met what it is about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.capture.headers import credentials
from harness.procedures.registration.registering import Registering

if TYPE_CHECKING:
    from harness.capture.messages import SipMessage


class Challenges(Registering):
    """What the server asked for, and that the base went on from there."""

    def met_a_challenge(self, containing: str = "") -> SipMessage:
        """Witness: the server asked for credentials, in these words."""
        return self.wire.sip.witness(
            status=401,
            cseq_method="REGISTER",
            dest=self.context.base_addresses,
            since=self.began,
            where=lambda m: m.has("www-authenticate", containing),
            timeout=self.limit,
            what=f"401 with {containing or 'a challenge'}",
        )

    def met_a_strange_challenge(self) -> None:
        """Witness: the 401 had two challenges: one of an unknown algorithm, then one with an opaque."""
        self.wire.sip.witness(
            status=401,
            dest=self.context.base_addresses,
            since=self.began,
            where=lambda m: (
                len(m.header("www-authenticate")) == 2
                and "M9-UNKNOWN" in m.header("www-authenticate")[0]
                and "opaque=" in m.header("www-authenticate")[1]
            ),
            timeout=self.limit,
            what="401 with two challenges",
        )

    def was_told_of_a_stale_nonce(self) -> None:
        """The base answered the challenge; witness: the server took that for right and sent a new nonce, stale=true."""
        answer = self._with_credentials(self.began)
        self.wire.sip.witness(
            status=401,
            cseq_method="REGISTER",
            cseq_number=answer.cseq.number,
            dest=self.context.base_addresses,
            since=answer.at,
            where=lambda m: m.has("www-authenticate", "stale=true"),
            timeout=self.limit,
            what="401 with stale=true",
        )

    def was_refused_its_password(self) -> None:
        """Witness: the server refused credentials."""
        self._with_credentials(self.began)
        self._witness_refusal(401, "401 to the credentials", to_credentials=True)

    def was_given_no_gruu(self) -> None:
        """Witness: the 200 gave the base no GRUU (RFC 5627 section 4.2)."""
        answer = self.is_bound()
        given = [name for contact in answer.contacts for name in contact.params if name in ("pub-gruu", "temp-gruu")]
        with self.context.needs_server_support("registration without a GRUU"):
            if given:
                self.context.missing("a 200 without a GRUU", f"{', '.join(given)} in {answer}")

    def goes_on_with_the_nonce(self, uses: int) -> None:
        """So many signed requests; witness: one nonce served for all of them.

        A server may give a new nonce at any time, whose uses begin anew.
        """
        since = self.began
        for _ in range(uses):
            self.is_refreshed()
        signed = self.wire.sip.all(
            method="REGISTER",
            source=self.context.base_addresses,
            to_user=self.context.account(self.identity).user,
            since=since,
            where=lambda m: m.has("authorization"),
        )
        used: dict[str, set[int]] = {}
        for request in signed:
            nonce = credentials(request.header("authorization")[0])[1].get("nonce", "")
            used.setdefault(nonce, set()).add(request.cseq.number)
        most = max((len(numbers) for numbers in used.values()), default=0)
        if most < uses:
            self.context.missing(f"a nonce that served {uses} times", f"{most} times at most: the server gave new ones")

    def _with_credentials(self, since: float) -> SipMessage:
        return self._expect(since, "REGISTER with credentials", where=lambda m: m.has("authorization"))
