"""What a base asks DHCP for, what it takes from the answer, and how it keeps its lease."""

from __future__ import annotations

from ipaddress import IPv4Address
from typing import TYPE_CHECKING

from harness.base import catalogue
from harness.core.errors import NotApplicable
from harness.procedures.provisioning.documents import NOBODY, Offers
from harness.services.dnsmasq_config import NAME_SERVERS

if TYPE_CHECKING:
    from harness.capture.messages import DhcpMessage

SUBNET_MASK = 1


class Leasing(Offers):
    """The DHCP exchange of one base since power came."""

    def host_name_is_said_to_be_that_of_the_base(self) -> None:
        """Only where the data says so: that option 12 follows base_name is inferred (facts sheet 2.1)."""
        if catalogue.load().chosen("host_name") != "base_name":
            raise NotApplicable("settings.choices.host_name: this unit's host name does not follow base_name")

    def was_offered_the_dead_name_server_first(self) -> None:
        """Witness: option 6 of the DHCP answer held an address that nobody has, and the rig's own after it."""
        answer, network = self._ack(), self.context.rig.network
        wanted = [network.at(NOBODY), network.host]
        if _addresses(answer, NAME_SERVERS) != wanted:
            self.context.missing(f"DHCP option {NAME_SERVERS}: {', '.join(wanted)}", str(answer))

    # small parts

    def _dhcp_request(self) -> DhcpMessage:
        return self.wire.dhcp.expect(
            type=("Discover", "Request"),
            mac=self.context.rig.base.mac.lower(),
            since=self.began,
            timeout=self._limit,
            claim="a base with power asks for an address",
        )

    def _ack(self) -> DhcpMessage:
        """The server's answer: that the base requests is the base's to do, that it is answered the rig's."""
        mac = self.context.rig.base.mac.lower()
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
