"""Registering identities of the base: each act provokes a REGISTER, each check reads the ones on the wire."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness import clock
from harness.clock import WaitExpired, wait_until
from harness.errors import InvalidTest
from harness.procedures import digest
from harness.procedures.desk import Desk
from harness.procedures.registrar import Registrar

if TYPE_CHECKING:
    from harness.capture.messages import SipMessage

QUIET_AFTER_FAILURE = 3.0
T1 = 0.5
"""The first interval of a retransmission (RFC 3261 section 17.1.2.2), the default of retry_t1."""
MESSAGE_ICON = "MESSAGE"
EARLY, LATE = 0.1, 0.4
"""How far a timer may be off, as shares of it: a phone is punctual, and a busy rig shows it late."""


class Registration:
    """The base's bindings at the PBX of the profile; `server` is the PBX's side."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.wire = desk.wire
        self.base = desk.base
        self.server = Registrar(desk)
        self.limit = desk.rig.timing.register_
        self.began = clock.now()
        self.identity = 1

    # acts

    def anew(self, identity: int = 1, *, transport: str = "", family: str = "ipv4", **settings: str) -> SipMessage:
        """Switch the identity off, give it these settings, and switch it on again; returns its first REGISTER."""
        self.is_switched_off(identity)
        if transport or family == "ipv6":
            settings["user_outbound"] = self._proxy(transport, family)
        for name, value in settings.items():
            self.base.change(name, value, idx=identity)
        return self.is_switched_on(identity)

    def is_switched_on(self, identity: int = 1) -> SipMessage:
        """The identity is made active on its web page; returns its first REGISTER."""
        self.identity = identity
        self.began = self.wire.mark()
        self.base.change("user_active", "on", idx=identity)
        return self.next_request(identity)

    def is_switched_off(self, identity: int = 1) -> None:
        """The identity is made inactive on its web page."""
        self.identity = identity
        self.began = self.wire.mark()
        self.base.change("user_active", "off", idx=identity)

    def next_request(self, identity: int = 1) -> SipMessage:
        """The first REGISTER of an identity since the last act."""
        return self._expect(
            self.wire.default_since, f"REGISTER of identity {identity}", f"identity {identity} registers"
        )

    # the request's shape

    def contact_has(self, request: SipMessage, uri_parameters: list[str], header_parameters: list[str]) -> None:
        """The Contact's URI and header carry these parameters."""
        contact, text = request.contact, ", ".join(request.header("contact"))
        for name in uri_parameters:
            if name not in contact.uri_params:
                self.desk.broken(f"the URI of the Contact carries {name}", name, text, [request])
        for name in header_parameters:
            if name not in contact.params:
                self.desk.broken(f"the Contact carries {name}", name, text, [request])

    def header_is(self, request: SipMessage, name: str, expected: list[str]) -> None:
        """All values of a header, in any order."""
        self.desk.same(f"{name} of the REGISTER", sorted(request.header(name)), [sorted(expected)], request)

    def header_is_absent(self, request: SipMessage, name: str) -> None:
        """No such header."""
        self.desk.same(f"{name} of the REGISTER", request.header(name), [[]], request)

    def names_the_product(self, request: SipMessage) -> None:
        """User-Agent is product and version, as the status page says it."""
        expected = f"snom-m9/{self.base.version()}"
        self.desk.same("User-Agent names product and version", request.user_agent, expected, request)

    def asks_for(self, request: SipMessage, seconds: int) -> None:
        """The time proposed is the one that was set."""
        self.desk.same("the time that was set is asked for", request.expires, seconds, request)

    def shows_its_name(self, request: SipMessage, identity: int = 1) -> None:
        """From carries the display name of the identity."""
        name = self.base.given("user_realname", identity)
        self.desk.same(f"display name of identity {identity} in From", request.from_.display, name, request)

    def went_over(self, request: SipMessage, transport: str) -> None:
        """The request was carried by this transport, and its Via says so."""
        self.desk.same("transport of the REGISTER", request.transport.upper(), transport, request)
        if f"/{transport}" not in request.via[0].upper():
            self.desk.broken("Via names the transport", transport, request.via[0], [request])

    def carries_ipv6_addresses(self, request: SipMessage) -> None:
        """Source, Via and Contact are IPv6, literals in brackets."""
        if ":" not in request.src:
            self.desk.broken("an IPv6 server is reached over IPv6", "an IPv6 address", request.src, [request])
        for name, text in (("Via", request.via[0]), ("Contact", request.header("contact")[0])):
            if f"[{request.src}]" not in text:
                self.desk.broken(f"{name} has the own address in brackets", f"[{request.src}]", text, [request])

    def via_has_rport(self, request: SipMessage) -> None:
        """Via asks for symmetric response routing (RFC 3581)."""
        if "rport" not in request.via[0]:
            self.desk.broken("Via asks for rport (RFC 3581)", "rport", request.via[0], [request])

    def lines_differ(self) -> None:
        """As many bindings as identities, each with a line parameter of its own."""
        requests = {m.to.user: m for m in self._requests() if m.expires != 0}
        lines = {user: request.contact.uri_params.get("line", "") for user, request in requests.items()}
        wanted = len({entry.identity for entry in self.desk.rig.handsets})
        if len(set(lines.values())) != wanted or "" in lines.values():
            self.desk.broken("each identity registers with a line= of its own", f"{wanted} different values", lines)

    def same_instance(self, before: SipMessage, after: SipMessage) -> None:
        """+sip.instance did not change."""
        first, second = (m.contact.params.get("+sip.instance", "") for m in (before, after))
        if not first or first != second:
            claim = "+sip.instance is the same after a power cut"
            self.desk.broken(claim, first or "an instance", second or "none", [before, after])

    # challenges

    def answered_the_challenge(self, scheme: str, login: str = "") -> SipMessage:
        """One request with credentials follows the 401, with the right digest response."""
        self.wire.sip.witness(
            status=401, dest=self.desk.base_addresses, since=self.began, timeout=self.limit, what="401"
        )
        answer = self._with_credentials(self.began)
        given = digest.fields(answer.header("authorization")[0])
        self.desk.same("authentication scheme", given["scheme"], scheme, answer)
        account = self.desk.account(self.identity)
        login = login or account.digest_user
        self.desk.same("login in the credentials", given.get("username"), login, answer)
        if given.get("response") != digest.response(given, login, account.password, "REGISTER"):
            self.desk.broken("digest response", "the one computed from the password", "another one", [answer])
        self.is_bound()
        return answer

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
        before, after = (digest.fields(m.header("authorization")[0]) for m in (first, refresh))
        if before.get("nonce") == after.get("nonce"):
            self.desk.same("nc counts the uses of a nonce", after.get("nc", ""), count, first, refresh)

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

    # bindings

    def is_bound(self, within: float = 0.0) -> SipMessage:
        """The REGISTER is answered 200 on the wire."""
        user = self.desk.account(self.identity).user
        return self.wire.sip.expect(
            status=200,
            cseq_method="REGISTER",
            to_user=user,
            dest=self.desk.base_addresses,
            since=self.began,
            timeout=within or self.limit,
            what=f"200 to REGISTER of {user}",
            claim=f"{user} is registered",
            **self.desk.cites(),
        )

    def all_are_bound(self) -> None:
        """Every identity of the rig was answered 200 since the last act."""
        self.began = self.wire.default_since
        for entry in self.desk.rig.handsets:
            self.identity = entry.identity
            self.is_bound()

    def unbinds(self) -> None:
        """The base removes its binding with Expires 0; witness: the server confirms it."""
        claim = "an identity that is switched off is de-registered"
        gone = self._expect(self.began, "REGISTER with Expires 0", claim, where=lambda m: m.expires == 0)
        self.wire.sip.witness(
            status=200,
            cseq_method="REGISTER",
            dest=self.desk.base_addresses,
            since=gone.at,
            timeout=self.limit,
            what="200",
        )

    def gives_up_after_few(self, at_most: int) -> None:
        """At most so many tries, then nothing for a while."""
        self._with_credentials(self.began)
        refused = self._witness_refusal(401, "401 to the credentials", to_credentials=True)
        self.wire.sip.never(
            method="REGISTER",
            source=self.desk.base_addresses,
            to_user=self.desk.account(self.identity).user,
            during=QUIET_AFTER_FAILURE,
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

    # what the server sends

    def answers_the_ping(self, within: float) -> None:
        """200 to OPTIONS in time, with Allow."""
        answer = self._answer("OPTIONS", within, "a ping of the server is answered", status=200)
        if "INVITE" not in answer.header("allow"):
            self.desk.broken("Allow in the answer to OPTIONS", "INVITE among others", answer.header("allow"), [answer])

    def takes_the_notice(self, handset: int, *, messages: bool) -> None:
        """200 to the NOTIFY, and the identity's handset shows whether messages wait."""
        answer = self._answer("NOTIFY", self.limit, "a notice of the mailbox is taken")
        self.desk.same("a notice of the mailbox is taken", answer.status, 200, answer)
        display = self.desk.handset(handset).display
        try:
            wait_until(
                lambda: (MESSAGE_ICON in display().icons) == messages, what="the message icon", within=self.desk.answer
            )
        except WaitExpired:
            wanted = f"{'an' if messages else 'no'} icon {MESSAGE_ICON}"
            self.desk.broken(f"handset {handset} shows whether messages wait", wanted, display())

    def fetches_on_request(self) -> None:
        """The NOTIFY is answered 200, and the settings are fetched."""
        self._answer("NOTIFY", self.limit, "check-sync is answered")
        self.wire.http.expect(
            method="GET",
            source=self.desk.base_addresses,
            timeout=self.desk.rig.timing.boot,
            what="GET of the settings",
            claim="the settings are fetched when the server asks for it",
        )

    def fetches_nothing(self) -> None:
        """The NOTIFY is answered, and nothing is fetched."""
        self._answer("NOTIFY", self.limit, "check-sync is answered")
        self.wire.http.never(
            method="GET",
            source=self.desk.base_addresses,
            during=QUIET_AFTER_FAILURE,
            claim="check-sync without allow_check_sync is not obeyed",
        )

    # small parts

    def _proxy(self, transport: str, family: str) -> str:
        server = self.server.server
        host = f"[{server.address6}]" if family == "ipv6" else server.address
        return f"sip:{host}:{server.port}" + (f";transport={transport}" if transport else "")

    def _requests(self) -> list[SipMessage]:
        return self.wire.sip.all(method="REGISTER", source=self.desk.base_addresses, since=self.began)

    def _expect(self, since: float, what: str, claim: str, timeout: float = 0.0, **conditions: Any) -> SipMessage:
        """A REGISTER of the identity under test."""
        return self.wire.sip.expect(
            method="REGISTER",
            source=self.desk.base_addresses,
            to_user=self.desk.account(self.identity).user,
            since=since,
            timeout=timeout or self.limit,
            what=what,
            claim=claim,
            **conditions,
            **self.desk.cites(),
        )

    def _with_credentials(self, since: float) -> SipMessage:
        claim = "a challenge is answered"
        return self._expect(since, "REGISTER with credentials", claim, where=lambda m: m.has("authorization"))

    def _witness_refusal(self, status: int, what: str, *, to_credentials: bool = False) -> SipMessage:
        signed = {m.cseq.number for m in self._requests() if m.has("authorization")} if to_credentials else None
        return self.wire.sip.witness(
            status=status,
            cseq_method="REGISTER",
            dest=self.desk.base_addresses,
            to_user=self.desk.account(self.identity).user,
            since=self.began,
            where=lambda m: signed is None or m.cseq.number in signed,
            timeout=self.limit,
            what=what,
        )

    def _answer(self, method: str, within: float, claim: str, status: int | None = None) -> SipMessage:
        asked = self.wire.sip.witness(method=method, dest=self.desk.base_addresses, what=f"{method} of the server")
        return self.wire.sip.expect(
            status=status,
            cseq_method=method,
            source=self.desk.base_addresses,
            since=asked.at,
            where=lambda m: m.status > 0,
            timeout=within,
            claim=claim,
            **self.desk.cites(),
        )
