"""Registering identities of the base: each act provokes a REGISTER, each check reads the ones on the wire."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.capture.headers import credentials
from harness.capture.judgements import digest_response
from harness.errors import InvalidTest
from harness.procedures.notices import Notices
from harness.procedures.registering import QUIET
from harness.procedures.request_shape import Shape

if TYPE_CHECKING:
    from harness.capture.messages import SipMessage

T1 = 0.5
"""The first interval of a retransmission (RFC 3261 section 17.1.2.2), the default of retry_t1."""
EARLY, LATE = 0.1, 0.4
"""How far a timer may be off, as shares of it: a phone is punctual, and a busy rig shows it late."""


class Registration(Shape, Notices):
    """The base's bindings at the PBX of the profile; `server` is the PBX's side."""

    # challenges

    def answered_the_challenge(self, scheme: str, login: str = "") -> SipMessage:
        """One request with credentials follows the 401, with the right digest response."""
        self.wire.sip.witness(
            status=401, dest=self.desk.base_addresses, since=self.began, timeout=self.limit, what="401"
        )
        answer = self._with_credentials(self.began)
        given_scheme, given = credentials(answer.header("authorization")[0])
        self.desk.same("authentication scheme", given_scheme, scheme, answer)
        account = self.desk.account(self.identity)
        login = login or account.digest_user
        self.desk.same("login in the credentials", given.get("username"), login, answer)
        if given.get("response") != digest_response(given, "REGISTER", account.password):
            self.desk.broken("digest response", "the one computed from the password", "another one", [answer])
        self.is_bound()
        return answer

    def was_told_of_a_stale_nonce(self) -> None:
        """Witness: the server answered right credentials with a new nonce and stale=true."""
        self.wire.sip.witness(
            status=401,
            dest=self.desk.base_addresses,
            since=self.began,
            where=lambda m: m.has("www-authenticate", "stale=true"),
            timeout=self.limit,
            what="401 with stale=true",
        )

    def raised_cseq_by_one(self) -> None:
        """The request with credentials has the same Call-ID and the next CSeq number."""
        answer = self._with_credentials(self.began)
        first = next(m for m in self._requests() if m.call_id == answer.call_id)
        self.desk.same("CSeq grows by one after a challenge", answer.cseq.number, first.cseq.number + 1, first, answer)

    def refreshed_with_known_nonce(self, first: SipMessage, count: str = "") -> None:
        """The refresh carries credentials for the nonce it knows, its use counted, and is not challenged again."""
        refresh = self.is_refreshed()
        if not refresh.has("authorization"):
            claim = "a refresh uses the known challenge again"
            self.desk.broken(claim, "Authorization in the refresh", "none", [refresh])
        before, after = (credentials(m.header("authorization")[0])[1] for m in (first, refresh))
        if before.get("nonce") == after.get("nonce"):
            self.desk.same("nc counts the uses of a nonce", after.get("nc", ""), count, first, refresh)

    def gives_up_after_few(self, at_most: int) -> None:
        """At most so many tries, then nothing for a while."""
        self._with_credentials(self.began)
        refused = self._witness_refusal(401, "401 to the credentials", to_credentials=True)
        self.wire.sip.never(
            method="REGISTER",
            source=self.desk.base_addresses,
            to_user=self.desk.account(self.identity).user,
            during=QUIET,
            since=refused.at,
            claim="a wrong password is not tried again at once",
        )
        tries = [m for m in self._requests() if m.expires != 0]
        if len(tries) > at_most:
            self.desk.broken("a wrong password is tried a few times", f"at most {at_most}", len(tries), tries)

    def page_shows_failure(self, identity: int) -> None:
        """The status page does not call the identity registered."""
        row = self.desk.registration_row(identity)
        if "401" not in row and "fail" not in row.lower() and "not registered" not in row.lower():
            self.desk.broken("the status page tells of a refused registration", "a failure", row or "no row")

    # times

    def asked_again_with_at_least(self, seconds: int) -> None:
        """After 423 the next request asks for enough, and is granted."""
        refused = self._witness_refusal(423, "423 with Min-Expires")
        claim = "a time that is too short is raised to what the server wants"
        again = self._expect(
            refused.at, "REGISTER after 423", claim, where=lambda m: m.cseq.number > refused.cseq.number
        )
        if (again.expires or 0) < seconds:
            self.desk.broken(claim, f"at least {seconds} s", f"{again.expires} s", [refused, again])
        self.is_bound()

    def is_refreshed(self) -> SipMessage:
        """Another REGISTER comes before the granted time is over, and not in a hurry."""
        first = self.is_bound()
        granted = first.expires
        if granted is None or granted > self.limit * 4:
            raise InvalidTest("a short grant", f"the server granted {granted} s")
        claim = "a binding is refreshed before it ends"
        refresh = self._expect(first.at + 0.2, "refreshing REGISTER", claim, timeout=granted)
        if refresh.at - first.at < granted / 4:
            self.desk.broken(
                "a refresh is not sent in a hurry", f"after {granted / 4:g} s", refresh.at - first.at, [refresh]
            )
        return refresh

    def waits(self, seconds: float) -> None:
        """After a refusal with Retry-After the next request comes when that time is over, not before."""
        refused = self._witness_refusal(503, "503 with Retry-After")
        claim = f"a pause of {seconds:g} s that the server asks for is kept to"
        again = self._expect(refused.at, "the next REGISTER", claim, timeout=2 * seconds + self.limit)
        if again.at - refused.at < seconds * (1 - EARLY):
            self.desk.broken(claim, f"{seconds:g} s", f"{again.at - refused.at:.1f} s", [refused, again])

    def was_refused(self) -> None:
        """Witness: the server said 503."""
        self._witness_refusal(503, "503")

    def repeats_at_doubling_intervals(self, times: int) -> None:
        """An unanswered request is sent again after T1, 2·T1 … (RFC 3261 section 17.1.2.2)."""
        sent = [self.next_request(self.identity)]
        for number in range(times):
            interval, last = T1 * 2**number, sent[-1]
            claim = "a request that nobody answers is sent again"
            again = self._expect(
                last.at + 0.001,
                "the same REGISTER again",
                claim,
                timeout=interval + self.limit,
                where=lambda m: m.branch == sent[0].branch,
            )
            if not interval * (1 - EARLY) <= again.at - last.at <= interval * (1 + LATE):
                seen = f"{again.at - last.at:.2f} s"
                self.desk.broken(f"interval {number + 1} of a retransmission", f"{interval:g} s", seen, [last, again])
            sent.append(again)

    def sent_nothing_twice(self) -> None:
        """No request of the base came twice although it was answered."""
        self.is_bound()
        branches: dict[str, list[SipMessage]] = {}
        for request in self._requests():
            branches.setdefault(request.branch, []).append(request)
        for twice in branches.values():
            if len(twice) > 1:
                self.desk.broken("an answered request is not sent again", "once", f"{len(twice)} times", twice)

    # small parts

    def _with_credentials(self, since: float) -> SipMessage:
        claim = "a challenge is answered"
        return self._expect(since, "REGISTER with credentials", claim, where=lambda m: m.has("authorization"))
