"""Faults of finding the server: outbound proxy, SRV records, sets of servers, and the network of the lease."""

from __future__ import annotations

from rigs.standin.base.dhcp import OptionStrategy
from rigs.standin.base.dhcpclient import Option
from rigs.standin.sip.strategies import HopStrategy
from rigs.standin.sip.transport import Target


class OutboundProxyIgnored(HopStrategy):
    """Requests go to the registrar's own address, past the border element that was set."""

    feature = "outbound-proxy"

    def by_proxy(self, outbound: str) -> bool:
        return False


class ServiceNotLookedUp(HopStrategy):
    """A provider that is known by its SRV records only is not found."""

    feature = "dns-srv"

    def by_service(self) -> bool:
        return False


class FirstServerOnly(HopStrategy):
    """When the first server of a set is down, the phones are dead though the second works."""

    feature = "registration-failover"

    def tried(self, servers: list[Target]) -> list[Target]:
        return servers[:1]


class RouterForgotten(OptionStrategy):
    """Nothing outside the own segment can be reached."""

    feature = "dhcp-options"

    def router(self, address: str) -> str:
        return ""


class DomainForgotten(OptionStrategy):
    """Servers that are named without their domain are not found."""

    feature = "dhcp-options"

    def domain(self, name: str) -> str:
        return ""


class RouterNotAskedFor(OptionStrategy):
    """Servers beyond the own network are not reached: a DHCP server sends what was asked for, and no router was."""

    feature = "dhcp-options"

    def requested(self, options: tuple[Option, ...]) -> tuple[Option, ...]:
        return tuple(option for option in options if option != Option.ROUTER)
