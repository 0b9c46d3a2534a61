"""What a base asks DHCP for, what it takes from the answer, and how it keeps its lease."""

from __future__ import annotations

from ipaddress import IPv4Address
from typing import TYPE_CHECKING

from harness.base import catalogue
from harness.errors import NotApplicable
from harness.procedures.offers import NOBODY, Offers
from harness.services.dnsmasq_config import DOMAIN, NAME_SERVERS, ROUTER

if TYPE_CHECKING:
    from harness.capture.messages import DhcpMessage

SUBNET_MASK = 1


class Leasing(Offers):
    """The DHCP exchange of one base since power came."""

    def asked_for_an_address_as(self, prefix: str) -> None:
        """Every request for an address carries a host name with this beginning: servers sort by any of them."""
        for request in self._dhcp_requests():
            if not request.host_name.startswith(prefix):
                claim = "the base asks for its address under its own name"
                self._broken(claim, f"{prefix}…", request.host_name, request)

    def host_name_is_said_to_be_that_of_the_base(self) -> None:
        """Only where the data says so: that option 12 follows base_name is inferred (facts sheet 2.1)."""
        if catalogue.load().chosen("host_name") != "base_name":
            raise NotApplicable("settings.choices.host_name: this unit's host name does not follow base_name")

    def requested_dhcp_options(self, *numbers: int) -> None:
        """The parameter request list of every request names these options (RFC 2131 section 3.5)."""
        for request in self._dhcp_requests():
            if not set(numbers) <= set(request.asked_for):
                self._broken("the base asks DHCP for these options", numbers, request.asked_for, request)

    def was_offered_the_dead_name_server_first(self) -> None:
        """Witness: option 6 of the DHCP answer held an address that nobody has, and the rig's own after it."""
        answer, network = self._ack(), self.desk.rig.network
        wanted = [network.at(NOBODY), network.host]
        if _addresses(answer, NAME_SERVERS) != wanted:
            self.desk.missing(f"DHCP option {NAME_SERVERS}: {', '.join(wanted)}", str(answer))

    def shows_the_network_of_its_lease(self) -> None:
        """The status page shows address, mask, router, name servers and domain as the DHCP answer had them."""
        answer, shown = self._ack(), self.base.web.status()
        rows = {
            "IP Address": [answer.your_address],
            "Netmask": _addresses(answer, SUBNET_MASK),
            "IP Gateway": _addresses(answer, ROUTER),
            "DNS Server": _addresses(answer, NAME_SERVERS),
            "DNS Domain": [answer.options.get(DOMAIN, b"").rstrip(b"\0").decode(errors="replace")],
        }
        for row, wanted in rows.items():
            seen = shown.get(row, "")
            if any(one not in seen.split() for one in wanted):
                self._broken(f"{row} is the one that DHCP gave", " ".join(wanted), repr(seen), answer)

    def renews_its_lease(self, within: float, times: int = 2) -> None:
        """The holder of a lease asks its server for more time, each time anew, and keeps its address.

        RFC 2131 section 4.4.5; each renewal comes within this time of the answer before.
        """
        answer, claim = self._ack(), "a lease is renewed before it ends"
        renewed = answer.at
        for _ in range(times):
            renewed = self._renewal(answer.your_address, renewed, within, claim).at
        self.wire.dhcp.never(
            type=("Release", "Decline", "Discover"),
            mac=self.desk.rig.base.mac.lower(),
            since=answer.at,
            claim=f"{claim}; nothing is given up",
        )

    # small parts

    def _renewal(self, address: str, since: float, within: float, claim: str) -> DhcpMessage:
        """The next Request of an address's holder, and the answer to it, which is returned."""
        renewal = self.wire.dhcp.expect(
            type="Request",
            mac=self.desk.rig.base.mac.lower(),
            since=since + 0.1,
            where=lambda m: m.client_address == address,
            timeout=within,
            what=f"Request of the holder of {address}",
            claim=claim,
        )
        return self.wire.dhcp.witness(type="Ack", since=renewal.at, xid=renewal.xid, what="DHCP Ack of the renewal")

    def _dhcp_request(self) -> DhcpMessage:
        return self.wire.dhcp.expect(
            type=("Discover", "Request"),
            mac=self.desk.rig.base.mac.lower(),
            since=self.began,
            timeout=self._limit,
            claim="a base with power asks for an address",
        )

    def _dhcp_requests(self) -> list[DhcpMessage]:
        """Every Discover and Request until the server's answer."""
        first, answer = self._dhcp_request(), self._ack()
        asked = self.wire.dhcp.all(
            type=("Discover", "Request"), mac=self.desk.rig.base.mac.lower(), since=self.began, fenced=False
        )
        return [first, *(one for one in asked if first.at < one.at <= answer.at)]

    def _ack(self) -> DhcpMessage:
        """The server's answer: that the base requests is the base's to do, that it is answered the rig's."""
        mac = self.desk.rig.base.mac.lower()
        self.wire.dhcp.expect(
            type="Request",
            mac=mac,
            since=self.began,
            timeout=self._limit,
            claim="a base with power requests an address",
        )
        return self.wire.dhcp.witness(type="Ack", mac=mac, since=self.began, timeout=self._limit, what="DHCP Ack")


def _addresses(answer: DhcpMessage, number: int) -> list[str]:
    """The addresses of an option (RFC 2132): four bytes each."""
    value = answer.options.get(number, b"")
    return [str(IPv4Address(value[at : at + 4])) for at in range(0, len(value) - 3, 4)]
