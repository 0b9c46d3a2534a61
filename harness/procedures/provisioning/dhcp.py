"""What the rig's DHCP server offers a base, and what the base makes of its lease."""

from __future__ import annotations

from ipaddress import IPv4Address
from typing import TYPE_CHECKING

from harness.services.dnsmasq_config import DOMAIN, NAME_SERVERS, RENEWAL_TIME, ROUTER

if TYPE_CHECKING:
    from harness.capture.messages import DhcpMessage
    from harness.procedures.provisioning.state import BootState

SERVER_OPTION, FILE_OPTION = 66, 67
UNUSED_HOST = 99
"""The host number of an address of the rig's network that no machine has."""


class DhcpOffer:
    """The offer of one test; the options are put back after it."""

    def __init__(self, state: BootState) -> None:
        self._state = state
        self._context = state.context

    # what is offered

    def offer(self, *, option66: str | None = "", option67: str | None = None) -> None:
        """Server and file of the settings: None leaves the option out, an empty text as it is."""
        before = dict(self._state.dnsmasq.serving.options)
        options = {n: text for n, text in before.items() if n not in (SERVER_OPTION, FILE_OPTION)}
        if option66 is not None:
            options[SERVER_OPTION] = option66 or before[SERVER_OPTION]
        if option67 is not None:
            options[FILE_OPTION] = option67
        self._change(options)

    def offer_dead_name_server_first(self) -> None:
        """Two name servers: an address that no machine has, and the rig's own."""
        network = self._context.rig.network
        self._offer_too({NAME_SERVERS: f"{network.at(UNUSED_HOST)},{network.host}"})

    def offer_network(self, *, domain: str) -> None:
        """Router, name servers and domain, none of them what the base has had before."""
        network = self._context.rig.network
        servers = f"{network.host},{network.at(UNUSED_HOST)}"
        self._offer_too({ROUTER: network.at(UNUSED_HOST), NAME_SERVERS: servers, DOMAIN: domain})

    def renew_leases_after(self, seconds: int) -> None:
        """The lease's T1: when the base is to ask for more time (RFC 2131 section 4.4.5)."""
        self._offer_too({RENEWAL_TIME: str(seconds)})

    # what is expected

    def expect_request(self) -> DhcpMessage:
        """The base has asked for an address since it got power."""
        return self._context.wire.dhcp.expect(
            type=("Discover", "Request"),
            mac=self._context.rig.base.mac.lower(),
            since=self._state.began,
            timeout=self._state.limit,
            claim="a base with power asks for an address",
        )

    def require_dead_name_server_offered(self) -> None:
        """Required: option 6 of the answer held an address that no machine has, and the rig's own after it."""
        answer, network = self._ack(), self._context.rig.network
        offered = [network.at(UNUSED_HOST), network.host]
        if _addresses(answer, NAME_SERVERS) != offered:
            self._context.missing(f"DHCP option {NAME_SERVERS}: {', '.join(offered)}", str(answer))

    def _ack(self) -> DhcpMessage:
        """The server's answer: that the base requests is the base's to do, that it is answered the rig's."""
        mac, began, limit = self._context.rig.base.mac.lower(), self._state.began, self._state.limit
        self._context.wire.dhcp.expect(
            type="Request", mac=mac, since=began, timeout=limit, claim="a base with power requests an address"
        )
        return self._context.wire.dhcp.require(type="Ack", mac=mac, since=began, timeout=limit, what="DHCP Ack")

    def _offer_too(self, options: dict[int, str]) -> None:
        self._change({**self._state.dnsmasq.serving.options, **options})

    def _change(self, options: dict[int, str]) -> None:
        dnsmasq, before = self._state.dnsmasq, dict(self._state.dnsmasq.serving.options)
        self._context.addfinalizer(lambda: dnsmasq.change(options=before))
        dnsmasq.change(options=options)


def _addresses(answer: DhcpMessage, number: int) -> list[str]:
    """The addresses of an option (RFC 2132): four bytes each."""
    value = answer.options.get(number, b"")
    return [str(IPv4Address(value[at : at + 4])) for at in range(0, len(value) - 3, 4)]
