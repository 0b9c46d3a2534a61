"""Faults of finding the server: outbound proxy, SRV records, sets of servers, and the network of the lease."""

from __future__ import annotations

from collections.abc import Callable

from pyroute2.dhcp.client import ClientConfig
from pyroute2.dhcp.hooks import Hook
from pyroute2.dhcp.leases import Lease

from rigs.standin.base import dhcpclient
from rigs.standin.base.dhcp import Network
from rigs.standin.base.dhcpclient import Option
from rigs.standin.core.replacing import Async, defect
from rigs.standin.defects._altering import Finding
from rigs.standin.sip import locate
from rigs.standin.sip.account import Account
from rigs.standin.sip.locate import Names
from rigs.standin.sip.outbound import Outbound
from rigs.standin.sip.transport import Target
from rigs.standin.sip.values import Uri


@defect(feature="outbound-proxy", replaces=Outbound.targets)
async def outbound_proxy_ignored(
    healthy: Finding, outbound: Outbound, uri: Uri, account: Account, *, direct: bool = False
) -> list[Target]:
    """Requests go to the registrar's own address, past the border element that was set."""
    return await healthy(outbound, uri, account, direct=True)


@defect(feature="dns-srv", replaces=locate.by_service)
async def service_not_looked_up(
    healthy: Callable[[str, str, Names, bool], Async[list[Target]]], host: str, wanted: str, names: Names, prefer6: bool
) -> list[Target]:
    """A provider that is known by its SRV records only is not found."""
    return []


@defect(feature="registration-failover", replaces=Outbound.targets)
async def first_server_only(
    healthy: Finding, outbound: Outbound, uri: Uri, account: Account, *, direct: bool = False
) -> list[Target]:
    """When the first server of a set is down, the phones are dead though the second works."""
    return (await healthy(outbound, uri, account, direct=direct))[:1]


@defect(feature="dhcp-options", replaces=Network.take_options)
def router_forgotten(healthy: Callable[[Network, Lease], None], network: Network, lease: Lease) -> None:
    """Nothing outside the own segment can be reached."""
    healthy(network, lease)
    network.state.gateway = ""


@defect(feature="dhcp-options", replaces=Network.take_options)
def domain_forgotten(healthy: Callable[[Network, Lease], None], network: Network, lease: Lease) -> None:
    """Servers that are named without their domain are not found."""
    healthy(network, lease)
    network.state.domain = ""


@defect(feature="dhcp-options", replaces=dhcpclient.configuration)
def router_not_asked_for(
    healthy: Callable[[str, str, list[Hook]], ClientConfig], interface: str, host_name: str, hooks: list[Hook]
) -> ClientConfig:
    """Servers beyond the own network are not reached: a DHCP server sends what was asked for, and no router was."""
    asking = healthy(interface, host_name, hooks)
    asking.requested_parameters = tuple(option for option in asking.requested_parameters if option != Option.ROUTER)
    return asking
