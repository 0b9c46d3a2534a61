"""Defects of the network side: DHCP, DNS."""

from __future__ import annotations

import socket
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from pyroute2.dhcp.client import ClientConfig
from pyroute2.dhcp.hooks import Hook
from pyroute2.dhcp.leases import Lease
from pyroute2.dhcp.messages import ReceivedDHCPMessage

from rigs.standin.base import dhcpclient
from rigs.standin.base.dhcp import (
    Network,
)
from rigs.standin.base.dhcpclient import DhcpClient, Option
from rigs.standin.base.dns import Resolver
from rigs.standin.base.dnsmessage import Answer
from rigs.standin.base.settings import Settings
from rigs.standin.core.replacing import Async, defect
from rigs.standin.defects._healthy import InEffect
from rigs.standin.web import server


@defect(feature="dhcp-host-name", replaces=Network.host_name)
def foreign_host_name(healthy: Callable[[Network], str], network: Network) -> str:
    """The base calls itself something else by DHCP, so that servers which sort by snom-m9 give it the wrong options."""
    return "dect-base"


@defect(feature="dhcp-options", replaces=dhcpclient.configuration)
def settings_options_not_asked_for(
    healthy: Callable[[str, str, list[Hook]], ClientConfig], interface: str, host_name: str, hooks: list[Hook]
) -> ClientConfig:
    """A DHCP server that sends only what was asked for names no settings server."""
    asking = healthy(interface, host_name, hooks)
    asking.requested_parameters = tuple(
        option
        for option in asking.requested_parameters
        if option not in (Option.TFTP_SERVER_NAME, Option.BOOTFILE_NAME)
    )
    return asking


@defect(feature="boot-file", replaces=Network.take_options)
def option67_ignored(healthy: Callable[[Network, Lease], None], network: Network, lease: Lease) -> None:
    """The file name of option 67 is not asked for; the base takes its default name."""
    healthy(network, lease)
    network.state.option67 = ""


@defect(feature="option66-query", replaces=Network.take_options)
def option66_without_query(healthy: Callable[[Network, Lease], None], network: Network, lease: Lease) -> None:
    """What stands behind the question mark of option 66 is lost: generated settings come without their key."""
    healthy(network, lease)
    network.state.option66 = network.state.option66.partition("?")[0]


@defect(feature="dns-servers", replaces=Network.take_options)
def second_name_server_lost(healthy: Callable[[Network, Lease], None], network: Network, lease: Lease) -> None:
    """Only the first DNS server of DHCP is used: when it is down, no name resolves."""
    healthy(network, lease)
    del network.state.dns[1:]


@defect(feature="dns-cache", replaces=Resolver.keep)
def dns_cache_forgets(
    healthy: Callable[[Resolver, str, str, Answer], None], resolver: Resolver, name: str, kind: str, answer: Answer
) -> None:
    """Every name is asked for again at once; the status page's DNS cache is empty."""


@defect(feature="dns-expiry", replaces=Resolver.keep)
def dns_cache_keeps_for_a_day(
    healthy: Callable[[Resolver, str, str, Answer], None], resolver: Resolver, name: str, kind: str, answer: Answer
) -> None:
    """A name that moved is reached at its old address until the next day."""
    records = tuple(replace(record, ttl=86400) for record in answer.records)
    healthy(resolver, name, kind, replace(answer, records=records, negative_ttl=86400))


@defect(feature="ipv6-provisioning", replaces=Resolver.of_family)
async def no_quad_a(
    healthy: Callable[[Resolver, str, str], Async[list[str]]], resolver: Resolver, host: str, kind: str
) -> list[str]:
    """Settings servers with an IPv6 address only are never found."""
    return [] if kind == "AAAA" else await healthy(resolver, host, kind)


@defect(feature="ipv6-dns", replaces=Resolver.of_family)
async def quad_a_unused(
    healthy: Callable[[Resolver, str, str], Async[list[str]]], resolver: Resolver, host: str, kind: str
) -> list[str]:
    """The base asks for IPv6 addresses and makes nothing of the answer."""
    found = await healthy(resolver, host, kind)
    return [] if kind == "AAAA" else found


@defect(feature="dhcp-renewal", replaces=DhcpClient._process_msg)
async def lease_runs_out(
    healthy: Callable[[DhcpClient, ReceivedDHCPMessage], Async[None]], client: DhcpClient, msg: ReceivedDHCPMessage
) -> None:
    """The lease is not renewed in time: the server may give the address to another device."""
    msg.dhcp["options"]["renewal_time"] = 365 * 86400
    await healthy(client, msg)


@defect(feature="fixed-address", replaces=Settings.in_effect)
def fixed_address_is_forgotten(healthy: InEffect, settings: Settings, name: str, idx: int, stored: str) -> str:
    """With DHCP switched off and an address typed in the base goes on asking a DHCP server, and takes its answer."""
    return "true" if name == "dhcp" else healthy(settings, name, idx, stored)


@defect(feature="ipv6-router-discovery", replaces=Network.start)
async def router_not_heard(healthy: Callable[[Network], Async[None]], network: Network) -> None:
    """A router announces its prefix and the base makes no address of it."""
    _refuse_advertisements(network.state.interface)
    await healthy(network)


def _refuse_advertisements(interface: str) -> None:
    Path(f"/proc/sys/net/ipv6/conf/{interface}/accept_ra").write_text("0", encoding="ascii")


@defect(feature="ipv6-dual-stack", replaces=server.listen)
def pages_by_ipv4_only(healthy: Callable[[int], socket.socket], port: int) -> socket.socket:
    """The base has an IPv6 address, but does not answer there as soon as it has an IPv4 lease too."""
    return socket.create_server(("0.0.0.0", port))
