"""How an identity answers challenges: digest, its nonces and counts, and a password that is refused."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from harness.capture.headers import credentials
from harness.capture.judgements import digest_response
from harness.procedures.refreshing import Refreshing
from harness.procedures.registering import QUIET

if TYPE_CHECKING:
    from harness.capture.messages import SipMessage


class Challenges(Refreshing):
    """Challenges of the registrar and the credentials that follow."""

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
        self._fits_the_challenge(answer, given)
        if given.get("response") != digest_response(given, "REGISTER", account.password):
            self.desk.broken("digest response", "the one computed from the password", "another one", [answer])
        self.is_bound()
        return answer

    def _fits_the_challenge(self, answer: SipMessage, given: dict[str, str]) -> None:
        """Realm, nonce and opaque of the server, the own Request-URI, and quotes where RFC 3261 §25.1 has them."""
        asked = [credentials(value)[1] for m in self._challenges(answer) for value in m.header("www-authenticate")]
        challenge = next((one for one in asked if one.get("nonce") == given.get("nonce")), None)
        if challenge is None:
            claim = "the credentials use a nonce that the server gave"
            self.desk.broken(claim, [one.get("nonce") for one in asked], given.get("nonce"), [answer])
        for name in ("realm", "opaque"):
            self.desk.same(f"{name} of the credentials", given.get(name), [challenge.get(name)], answer)
        self.desk.same("uri of the credentials", given.get("uri"), answer.request_uri, answer)
        needed = {"username", "realm", "nonce", "uri", "response"}
        needed |= {"qop", "nc", "cnonce"} if "qop" in challenge else set()
        if missing := needed - set(given):
            self.desk.broken(
                "the credentials are complete (RFC 2617 §3.2.2)", sorted(needed), f"no {missing}", [answer]
            )
        text = answer.header("authorization")[0]
        for name in re.findall(r'\b(qop|nc|algorithm)\s*=\s*"', text):
            self.desk.broken(
                f"{name} stands without quotes (RFC 3261 §25.1)", f"{name}={given[name]}", "quotes", [answer]
            )
        for name in re.findall(r'\b(username|realm|nonce|uri|response|cnonce|opaque)\s*=\s*[^"\s]', text):
            self.desk.broken(f"{name} stands in quotes (RFC 3261 §25.1)", f'{name}="…"', "no quotes", [answer])

    def _challenges(self, answer: SipMessage) -> list[SipMessage]:
        return self.wire.sip.all(
            status=401,
            dest=self.desk.base_addresses,
            cseq_method="REGISTER",
            to_user=answer.to.user,
            since=self.began,
            where=lambda m: m.at <= answer.at,
        )

    def met_a_strange_challenge(self) -> None:
        """Witness: the 401 had two challenges: one of an unknown algorithm, then one with an opaque."""
        self.wire.sip.witness(
            status=401,
            dest=self.desk.base_addresses,
            since=self.began,
            where=lambda m: (
                len(m.header("www-authenticate")) == 2
                and "M9-UNKNOWN" in m.header("www-authenticate")[0]
                and "opaque=" in m.header("www-authenticate")[1]
            ),
            timeout=self.limit,
            what="401 with two challenges",
        )

    def was_told_of_a_stale_nonce(self) -> SipMessage:
        """The base answered the challenge; witness: the server took that for right and sent a new nonce, stale=true."""
        answer = self._with_credentials(self.began)
        return self.wire.sip.witness(
            status=401,
            cseq_method="REGISTER",
            cseq_number=answer.cseq.number,
            dest=self.desk.base_addresses,
            since=answer.at,
            where=lambda m: m.has("www-authenticate", "stale=true"),
            timeout=self.limit,
            what="401 with stale=true",
        )

    def used_the_new_nonce(self, told: SipMessage) -> None:
        """The next request is signed with the nonce that came with stale=true."""
        again = self._with_credentials(told.at)
        nonces = [
            credentials(m.header(h)[0])[1]["nonce"] for m, h in ((told, "www-authenticate"), (again, "authorization"))
        ]
        self.desk.same("the new nonce is used", nonces[1], nonces[0], told, again)

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

    def goes_on_with_the_nonce(self, first: SipMessage, uses: int) -> None:
        """So many signed requests, each of which counts its use of its nonce, from 1 on and in hexadecimal.

        A server may give a new nonce at any time, whose uses begin anew; witness: one served for more than nine.
        """
        for _ in range(uses - 1):
            refresh = self.is_refreshed()
            self._counts_the_uses(first, uses)
            self.began = refresh.at
        most = max(self._counts_the_uses(first, uses).values())
        if most < uses:
            self.desk.missing(f"a nonce that served {uses} times", f"{most} times at most: the server gave new ones")

    def _counts_the_uses(self, first: SipMessage, uses: int) -> dict[str, int]:
        """How often each nonce was used since the first request; a request that was sent again is one use."""
        signed = self.wire.sip.all(
            method="REGISTER",
            source=self.desk.base_addresses,
            to_user=first.to.user,
            since=first.at,
            where=lambda m: m.has("authorization"),
        )
        count: dict[str, int] = {}
        for request in {(m.call_id, m.cseq.number): m for m in (first, *signed)}.values():
            given = credentials(request.header("authorization")[0])[1]
            use = count[given.get("nonce", "")] = count.get(given.get("nonce", ""), 0) + 1
            claim = f"the request is use {use} of its nonce (RFC 2617 §3.2.2: nc in hexadecimal)"
            self.desk.same(claim, given.get("nc"), f"{use:08x}", request)
        return count

    def gives_up_after_few(self, at_most: int, during: float = QUIET) -> None:
        """At most so many tries, then nothing for a while."""
        self._with_credentials(self.began)
        refused = self._witness_refusal(401, "401 to the credentials", to_credentials=True)
        self.wire.sip.never(
            method="REGISTER",
            source=self.desk.base_addresses,
            to_user=self.desk.account(self.identity).user,
            during=during,
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

    # small parts

    def _with_credentials(self, since: float) -> SipMessage:
        claim = "a challenge is answered"
        return self._expect(since, "REGISTER with credentials", claim, where=lambda m: m.has("authorization"))
