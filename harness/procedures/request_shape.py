"""What a REGISTER says: Contact, names, addresses, and the way it takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.procedures.registering import Registering

if TYPE_CHECKING:
    from harness.capture.messages import SipMessage


class Shape(Registering):
    """The shape of an identity's requests."""

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
