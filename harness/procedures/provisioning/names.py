"""What the rig's DNS server tells a base: names of the provisioning server, services of a domain, times to live."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.core.errors import NotApplicable
from harness.services.names import ServiceName

if TYPE_CHECKING:
    from harness.procedures.provisioning.state import BootState


class OfferedNames:
    """Names that are there for one test."""

    service_domain, backed_up_domain = "sip.m9.test", "backed-up.m9.test"

    def __init__(self, state: BootState) -> None:
        self._state = state
        self._context = state.context

    def add(self, name: str, *, ipv6: bool = False) -> None:
        """The provisioning server has this name, with its IPv4 or its IPv6 address only."""
        network, dnsmasq = self._context.rig.network, self._state.dnsmasq
        address = network.host6 if ipv6 else network.host
        if address is None:
            raise NotApplicable("this rig's network has no IPv6")
        dnsmasq.change(hosts={name: [address]})
        self._context.addfinalizer(lambda: dnsmasq.change(hosts={name: []}))

    def add_services(self, transport: str, *servers: str, domain: str = "") -> None:
        """The domain's SIP servers by SRV, each host:port, the preferred first; names are those of names.yaml.

        A base may still know what it was told of a domain before: another set is one of another `domain`.
        """
        dnsmasq, before = self._state.dnsmasq, self._state.dnsmasq.serving.names.services
        self._context.addfinalizer(lambda: dnsmasq.change(services=before))
        records = [server.partition(":") for server in servers]
        name = f"_sip._{transport}.{domain or self.service_domain}"
        own = [ServiceName(name, host, int(port), 10 * at) for at, (host, _, port) in enumerate(records, 1)]
        dnsmasq.change(services=[*before, *own])

    def expire_after(self, seconds: int) -> None:
        """Answers may be kept so long and no longer."""
        dnsmasq, before = self._state.dnsmasq, self._state.dnsmasq.serving.ttl
        dnsmasq.change(ttl=seconds)
        self._context.addfinalizer(lambda: dnsmasq.change(ttl=before))
