"""What a REGISTER says: Contact, names, addresses, and the way it takes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from harness.capture.headers import parse_address
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

    def contact_is_without(self, request: SipMessage, parameter: str) -> None:
        """The URI of the Contact does not carry this parameter."""
        found = parameter in request.contact.uri_params
        text = ", ".join(request.header("contact"))
        if found:
            self.desk.broken(f"the Contact of the {request.method} is no GRUU", f"no {parameter}", text, [request])

    def names_nothing_but_the_account(self, request: SipMessage, allowed: list[str]) -> None:
        """From and To are plain addresses: no parameter in the URI, and of header parameters only these."""
        for name, address in (("From", request.from_), ("To", request.to)):
            strange = [one for one in (*address.uri_params, *address.params) if one not in allowed]
            if strange:
                text = ", ".join(request.header(name))
                self.desk.broken(f"parameters of {name}", f"only {', '.join(allowed)}", text, [request])

    def is_well_formed(self, request: SipMessage) -> None:
        """What RFC 3261 (sections 8.1.1 and 10.2) wants of every REGISTER, and RFC 5626 (4.1) of its instance."""
        text = ", ".join(request.header("contact"))
        contact, instance = request.contact, request.contact.params.get("+sip.instance", "")
        outcome = {
            "the Request-URI names the domain and no user (RFC 3261 §10.2)": "@" not in request.request_uri,
            "To has no tag (RFC 3261 §8.1.1.2)": not request.to.tag,
            "From has a tag (RFC 3261 §8.1.1.3)": bool(request.from_.tag),
            "From is the address that registers (RFC 3261 §10.2)": request.from_.uri == request.to.uri,
            "Max-Forwards is there (RFC 3261 §8.1.1.6)": request.has("max-forwards"),
            "the branch begins with z9hG4bK (RFC 3261 §8.1.1.7)": request.branch.startswith("z9hG4bK"),
            "Via names the own address (RFC 3261 §18.1.1)": _bracketed(request.src) in request.via[0],
            "there is one Contact, with the own address (RFC 3261 §10.2.1)": len(request.contacts) == 1
            and contact.host == request.src,
            "a time is asked for (RFC 3261 §10.2.1.1)": request.expires is not None,
            "reg-id is 1 (presentation's sample; RFC 5626 §4.2)": contact.params.get("reg-id") == "1",
            "+sip.instance is a URN in angle brackets (RFC 5626 §4.1)": bool(re.fullmatch("<urn:[^>]+>", instance))
            and '+sip.instance="<' in text,
        }
        for claim, kept in outcome.items():
            if not kept:
                self.desk.broken(
                    claim, "so", f"{request.request_uri} | Via: {request.via} | Contact: {text}", [request]
                )

    def branches_differ(self) -> None:
        """Each request of the test has a branch of its own (RFC 3261 section 8.1.1.7)."""
        numbers: dict[str, SipMessage] = {}
        for request in self._requests():
            first = numbers.setdefault(request.branch, request)
            if (first.call_id, first.cseq) != (request.call_id, request.cseq):
                claim = "each request has a branch of its own (RFC 3261 §8.1.1.7)"
                self.desk.broken(claim, "another branch", request.branch, [first, request])

    def is_for(self, request: SipMessage, host: str) -> None:
        """Request-URI and address of record name this host."""
        self.desk.same("host of the address that registers", request.to.host, host, request)
        named = parse_address(f"<{request.request_uri}>").host
        self.desk.same("host of the Request-URI", named, host, request)

    def went_to(self, request: SipMessage, address: str) -> None:
        """The request was sent to this address."""
        self.desk.same("where the REGISTER is sent", request.dst, address, request)

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

    def is_called(self, request: SipMessage, name: str) -> None:
        """From carries this display name, quoted or escaped as it needs to be (RFC 3261 section 20.10)."""
        self.desk.same("display name in From", request.from_.display, name, request)

    def asked_for_the_service(self, domain: str) -> None:
        """The SRV record of the domain was asked for (RFC 3263 section 4.2)."""
        self.wire.dns.expect(
            source=self.desk.base_addresses,
            since=self.began,
            response=False,
            type="SRV",
            where=lambda m: m.name.lower().endswith(domain),
            timeout=self.limit,
            what=f"SRV question for {domain}",
            claim="a server named without a port is looked up by SRV (RFC 3263 §4.2)",
        )

    def went_over(self, request: SipMessage, transport: str) -> None:
        """The request was carried by this transport, and its Via says so.

        Over TCP the Contact asks for TCP too: only a server that keeps flows (RFC 5626) could do without.
        """
        self.desk.same("transport of the REGISTER", request.transport.upper(), transport, request)
        if f"/{transport}" not in request.via[0].upper():
            self.desk.broken("Via names the transport", transport, request.via[0], [request])
        if transport == "TCP":
            asked = request.contact.uri_params.get("transport", "").upper()
            self.desk.same("the Contact is to be reached over TCP (RFC 3261 §19.1.1)", asked, "TCP", request)
            self.desk.same(
                "Content-Length stands in a request over TCP (RFC 3261 §20.14)", request.has("l"), True, request
            )

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


def _bracketed(address: str) -> str:
    return f"[{address}]" if ":" in address else address
