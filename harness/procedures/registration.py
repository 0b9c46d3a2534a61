"""Registering identities of the base: each act provokes a REGISTER, each check reads the ones on the wire."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from harness import clock
from harness.errors import InvalidTest, NotApplicable
from harness.procedures.desk import Desk

if TYPE_CHECKING:
    from harness.capture.messages import SipMessage
    from harness.pbx.kamailio import Kamailio

BUSY_WAIT = 1.0
QUIET_AFTER_FAILURE = 3.0
IDENTITIES = range(1, 10)


class Registration:
    """The base's bindings at the PBX of the profile."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.wire = desk.wire
        self.base = desk.base
        self.limit = desk.rig.timing.register_
        self.began = clock.now()
        self.identity = 1

    # acts

    def anew(
        self, identity: int = 1, *, expires: int | None = None, transport: str = "", family: str = "ipv4"
    ) -> SipMessage:
        """Switch the identity off and on again; returns its first REGISTER."""
        self.identity = identity
        self.base.change("user_active", "off", idx=identity)
        if expires is not None:
            self.base.change("user_expiry", str(expires), idx=identity)
        if transport or family == "ipv6":
            self.base.change("user_outbound", self._proxy(transport, family), idx=identity)
        self.began = self.wire.mark()
        self.base.change("user_active", "on", idx=identity)
        return self.next_request(identity)

    def next_request(self, identity: int = 1) -> SipMessage:
        """The first REGISTER of an identity since the last act."""
        return self.wire.sip.expect(
            method="REGISTER",
            source=self.desk.base_addresses,
            to_user=self.desk.account(identity).user,
            since=self.wire.default_since,
            timeout=self.limit,
            what=f"REGISTER of identity {identity}",
            claim=f"identity {identity} registers",
            **self.desk.cites(),
        )

    def all_nine(self) -> None:
        """Every identity registers anew."""
        self.began = self.wire.mark()
        for identity in IDENTITIES:
            self.base.change("user_active", "off", idx=identity)
        self.began = self.wire.mark()
        for identity in IDENTITIES:
            self.base.change("user_active", "on", idx=identity)
        for identity in IDENTITIES:
            self.identity = identity
            self._expect_success(self.desk.account(identity).user)

    def switch_off(self, identity: int) -> None:
        """The identity is made inactive on its web page."""
        self._expect_success(self.desk.account(identity).user)
        self.began = self.wire.mark()
        self.base.change("user_active", "off", idx=identity)

    def with_wrong_password(self, identity: int) -> None:
        """The identity gets a password the server does not know and registers."""
        self.identity = identity
        self.base.change("user_active", "off", idx=identity)
        self.base.change("user_pass", "no-such-password", idx=identity)
        self.began = self.wire.mark()
        self.base.change("user_active", "on", idx=identity)

    # the server's part; only an embedded one can be steered

    @property
    def server(self) -> Kamailio:
        """The steerable server of this profile."""
        from harness.pbx.kamailio import Kamailio

        if not isinstance(self.desk.pbx, Kamailio):
            raise NotApplicable("an external PBX is not steered")
        self.desk.afterwards(self.desk.pbx.reset_knobs)
        return self.desk.pbx

    def server_makes_nonces_stale(self) -> None:
        """The next answer to a challenge is told that its nonce has grown stale."""
        self.server.knob("stale", 1)

    def server_wants_at_least(self, seconds: int) -> None:
        """Shorter times are answered 423 with Min-Expires."""
        self.server.knob("min_expires", seconds)

    def server_grants(self, seconds: int) -> None:
        """No binding lasts longer."""
        self.server.grant(seconds)

    def server_goes_away(self) -> None:
        """The server's processes stand still; the binding's refresh finds nobody."""
        server = self.server
        self.desk.afterwards(lambda: server.thaw() if not server.alive else None)
        self.base.change("user_active", "off", idx=self.identity)
        server.freeze()
        self.began = self.wire.mark()
        self.base.change("user_active", "on", idx=self.identity)

    def server_comes_back(self) -> None:
        """The server goes on."""
        self.server.thaw()
        self.began = self.wire.mark()

    def server_pings(self, identity: int) -> None:
        """OPTIONS of the server to the binding."""
        self._expect_bound(identity)
        self.began = self.wire.mark()
        self.server.send("OPTIONS", self.desk.account(identity).user)

    # checks

    def contact_has(self, request: SipMessage, uri_parameters: list[str], header_parameters: list[str]) -> None:
        """The Contact's URI and header carry these parameters."""
        contact = request.contact
        for name in uri_parameters:
            if name not in contact.uri_params:
                self.desk.broken("URI parameters of the Contact", name, request.header("contact"), [request])
        for name in header_parameters:
            if name not in contact.params:
                self.desk.broken("parameters of the Contact", name, request.header("contact"), [request])

    def header_is(self, request: SipMessage, name: str, expected: list[str]) -> None:
        """All values of a header, in any order."""
        seen = request.header(name)
        if sorted(seen) != sorted(expected):
            self.desk.broken(f"{name} of the REGISTER", ", ".join(expected), ", ".join(seen) or "none", [request])

    def header_is_absent(self, request: SipMessage, name: str) -> None:
        """No such header."""
        self.desk.same(f"{name} of the REGISTER", request.header(name), [[]], request)

    def names_the_product(self, request: SipMessage) -> None:
        """User-Agent is product and version, as the status page says it."""
        self.desk.same("User-Agent", request.user_agent, f"snom-m9/{self.base.version()}", request)

    def answered_the_challenge(self, scheme: str) -> None:
        """One request with credentials follows the 401, with the right digest response."""
        self.wire.sip.witness(
            status=401, dest=self.desk.base_addresses, since=self.began, timeout=self.limit, what="401"
        )
        answer = self._expect_with_credentials()
        fields = _digest_fields(answer.header("authorization")[0])
        self.desk.same("authentication scheme", fields["scheme"], scheme, answer)
        account = self.desk.account(self.identity)
        expected = _digest_response(fields, account.digest_user, account.password, "REGISTER")
        if fields.get("response") != expected:
            self.desk.broken("digest response", "the one computed from the password", "another one", [answer])
        self._expect_success(account.user)

    def raised_cseq_by_one(self) -> None:
        """The request with credentials has the same Call-ID and the next CSeq number."""
        answer = self._expect_with_credentials()
        first = next(m for m in self._requests() if m.call_id == answer.call_id)
        self.desk.same("CSeq after a challenge", answer.cseq.number, first.cseq.number + 1, first, answer)

    def asked_again_with_at_least(self, seconds: int) -> None:
        """After 423 the next request asks for enough, and is granted."""
        refused = self.wire.sip.witness(
            status=423, dest=self.desk.base_addresses, since=self.began, timeout=self.limit, what="423 with Min-Expires"
        )
        again = self.wire.sip.expect(
            method="REGISTER",
            source=self.desk.base_addresses,
            since=refused.at,
            where=lambda m: m.call_id == refused.call_id and m.cseq.number > refused.cseq.number,
            timeout=self.limit,
            what="REGISTER after 423",
            claim="a time that is too short is raised to what the server wants",
            **self.desk.cites(),
        )
        if (again.expires or 0) < seconds:
            self.desk.broken("time asked for after 423", f"at least {seconds} s", again.expires, [refused, again])
        self._expect_success(self.desk.account(self.identity).user)

    def is_refreshed_before(self, granted: float) -> None:
        """Another REGISTER succeeds before the granted time is over, and not in a hurry."""
        first = self._expect_success(self.desk.account(self.identity).user)
        if first.expires is None or first.expires > granted:
            raise InvalidTest(f"a grant of at most {granted:g} s", f"the server granted {first.expires}")
        refresh = self.wire.sip.expect(
            method="REGISTER",
            source=self.desk.base_addresses,
            since=first.at + 0.2,
            to_user=self.desk.account(self.identity).user,
            timeout=granted,
            what="refreshing REGISTER",
            claim="a binding is refreshed before it ends",
            **self.desk.cites(),
        )
        if refresh.at - first.at < granted / 4:
            self.desk.broken("time of the refresh", f"not before {granted / 4:g} s", refresh.at - first.at, [refresh])

    def unbinds(self, identity: int) -> None:
        """The base removes its binding with Expires 0, and the server has none."""
        gone = self.wire.sip.expect(
            method="REGISTER",
            source=self.desk.base_addresses,
            to_user=self.desk.account(identity).user,
            since=self.began,
            timeout=self.limit,
            where=lambda m: m.expires == 0,
            what="REGISTER with Expires 0",
            claim="an identity that is switched off is de-registered",
            **self.desk.cites(),
        )
        self.wire.sip.witness(
            status=200,
            cseq_method="REGISTER",
            dest=self.desk.base_addresses,
            since=gone.at,
            timeout=self.limit,
            what="200",
        )

    def lines_differ(self) -> None:
        """Nine bindings carry nine line parameters."""
        requests = {m.to.user: m for m in self._requests() if m.expires != 0}
        lines = {user: request.contact.uri_params.get("line", "") for user, request in requests.items()}
        if len(set(lines.values())) != len(IDENTITIES) or "" in lines.values():
            self.desk.broken("line= of nine identities", "nine different values", lines)

    def same_instance(self, before: SipMessage, after: SipMessage) -> None:
        """+sip.instance did not change."""
        first, second = (m.contact.params.get("+sip.instance", "") for m in (before, after))
        if not first or first != second:
            self.desk.broken("+sip.instance after a power cut", first or "an instance", second or "none", [after])

    def went_over(self, request: SipMessage, transport: str) -> None:
        """The request was carried by this transport, and its Via says so."""
        self.desk.same("transport of the REGISTER", request.transport.upper(), transport, request)
        if f"/{transport}" not in request.via[0].upper():
            self.desk.broken("transport in Via", transport, request.via[0], [request])

    def carries_ipv6_addresses(self, request: SipMessage) -> None:
        """Source, Via and Contact are IPv6, literals in brackets."""
        if ":" not in request.src:
            self.desk.broken("address family of the REGISTER", "IPv6", request.src, [request])
        for name, text in (("Via", request.via[0]), ("Contact", request.header("contact")[0])):
            if f"[{request.src}]" not in text:
                self.desk.broken(f"own address in {name}", f"[{request.src}]", text, [request])

    def is_bound_at_the_server(self) -> None:
        """The REGISTER is answered 200 on the wire."""
        self._expect_success(self.desk.account(self.identity).user)

    def gives_up_after_few(self, identity: int, at_most: int) -> None:
        """At most so many tries, then nothing for a while."""
        user = self.desk.account(identity).user
        self._expect_with_credentials()
        self.wire.sip.never(
            method="REGISTER",
            source=self.desk.base_addresses,
            to_user=user,
            during=QUIET_AFTER_FAILURE,
            since=clock.now() + BUSY_WAIT,
            claim="a wrong password is not tried again at once",
        )
        tries = [m for m in self._requests() if m.to.user == user]
        if len(tries) > at_most:
            self.desk.broken("tries with a wrong password", f"at most {at_most}", len(tries), tries)

    def page_shows_failure(self, identity: int) -> None:
        """The status page does not call the identity registered."""
        row = self.desk.registration_row(identity)
        if "401" not in row and "fail" not in row.lower() and "not registered" not in row.lower():
            self.desk.broken("registration status of a refused identity", "a failure", row)

    def asks_in_vain(self, identity: int) -> None:
        """The base asks, and nobody answers."""
        self.next_request(identity)

    def base_answers_ping(self, within: float) -> None:
        """200 to OPTIONS in time, with Allow."""
        ping = self.wire.sip.witness(method="OPTIONS", dest=self.desk.base_addresses, since=self.began, what="OPTIONS")
        answer = self.wire.sip.expect(
            status=200,
            cseq_method="OPTIONS",
            source=self.desk.base_addresses,
            since=ping.at,
            timeout=within,
            claim="a ping of the server is answered",
            **self.desk.cites(),
        )
        if "INVITE" not in answer.header("allow"):
            self.desk.broken("Allow in the answer to OPTIONS", "INVITE among others", answer.header("allow"), [answer])

    def via_has_rport(self, request: SipMessage) -> None:
        """Via asks for symmetric response routing (RFC 3581)."""
        if "rport" not in request.via[0]:
            self.desk.broken("rport in Via", "rport", request.via[0], [request])

    def sent_nothing_twice(self) -> None:
        """No request of the base came twice although it was answered."""
        self._expect_success(self.desk.account(self.identity).user)
        twice = [m for m in self._requests() if m.resend]
        if twice:
            self.desk.broken("retransmissions on a lossless link", "none", len(twice), twice)

    # small parts

    def _proxy(self, transport: str, family: str) -> str:
        server = self.server
        host = f"[{server.address6}]" if family == "ipv6" else server.address
        return f"sip:{host}:{server.port}" + (f";transport={transport}" if transport else "")

    def _requests(self) -> list[SipMessage]:
        return self.wire.sip.all(method="REGISTER", source=self.desk.base_addresses, since=self.began)

    def _expect_with_credentials(self) -> SipMessage:
        return self.wire.sip.expect(
            method="REGISTER",
            source=self.desk.base_addresses,
            since=self.began,
            where=lambda m: m.has("authorization"),
            timeout=self.limit,
            what="REGISTER with credentials",
            claim="a challenge is answered",
            **self.desk.cites(),
        )

    def _expect_success(self, user: str) -> SipMessage:
        return self.wire.sip.expect(
            status=200,
            cseq_method="REGISTER",
            to_user=user,
            dest=self.desk.base_addresses,
            since=self.began,
            timeout=self.limit,
            what=f"200 to REGISTER of {user}",
            claim=f"{user} is registered",
            **self.desk.cites(),
        )

    def _expect_bound(self, identity: int) -> None:
        if self.desk.pbx.registered(self.desk.account(identity).user) is False:
            self.anew(identity)
            self._expect_success(self.desk.account(identity).user)


def _digest_fields(header: str) -> dict[str, Any]:
    scheme, _, rest = header.partition(" ")
    fields: dict[str, Any] = {"scheme": scheme}
    for part in rest.split(","):
        name, _, value = part.strip().partition("=")
        fields[name] = value.strip('"')
    return fields


def _digest_response(fields: dict[str, Any], user: str, password: str, method: str) -> str:
    """RFC 2617 §3.2.2.1, with and without qop=auth."""

    def md5(text: str) -> str:
        return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()

    secret = md5(f"{user}:{fields.get('realm')}:{password}")
    request = md5(f"{method}:{fields.get('uri')}")
    middle = [fields.get("nonce", "")]
    if fields.get("qop"):
        middle += [fields.get("nc", ""), fields.get("cnonce", ""), fields["qop"]]
    return md5(":".join([secret, *middle, request]))
