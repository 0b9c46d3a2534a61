"""The base's network: eth1 by DHCP or by hand, IPv6 from router advertisements, and the link's comings and goings.

The address is asked for until a server answers, renewed by the lease's timers, and never released: a power cut
sends nothing (design, section 8). IPv6 addresses are the kernel's (EUI-64 of the MAC); they are only watched here.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import re
from functools import partial
from typing import TYPE_CHECKING, Any

from pyroute2.dhcp.hooks import Hook, Trigger
from pyroute2.dhcp.leases import Lease
from pyroute2.iproute.linux import AsyncIPRoute
from pyroute2.netlink.exceptions import NetlinkError
from pyroute2.netlink.rtnl import RTMGRP_IPV6_IFADDR, RTMGRP_LINK

from rigs.standin.base import dhcpclient, values
from rigs.standin.base.dhcpclient import DhcpClient

if TYPE_CHECKING:
    from rigs.standin.base.device import Device

MOST_SERVERS = 4
"""Of one kind, as on the network page (facts 3.3): each silent one costs its time."""
FIXED_NAME = "snom-m9"
"""What the presentation's units are called (quirk host_name: fixed)."""


class Network:
    """The component that fills `device.network`; `bound` is set as soon as there is an address to use."""

    def __init__(self, device: Device) -> None:
        self._device = device
        self.state = device.network
        self._client: DhcpClient | None = None
        self._index = 0
        self.bound = asyncio.Event()

    async def start(self) -> None:
        """Brings eth1 up and starts to look for an address; `bound` says when there is one."""
        async with AsyncIPRoute() as routes:
            found = await routes.link_lookup(ifname=self.state.interface)
            self._index = found[0]
        watching = asyncio.Event()
        self._device.keep(partial(self._watch, watching), "network watch")
        await watching.wait()
        async with AsyncIPRoute() as routes:
            await routes.link("set", index=self._index, state="up")
        if self._device.settings.bool("dhcp") or not await self._use_static():
            await self._start_dhcp()

    async def stop(self) -> None:
        """Leaves the client as a power cut would: the lease stays the server's to expire."""
        self._client = None

    def host_name(self) -> str:
        """Option 12, the name the base gives itself to the DHCP server (facts 2.1: it begins snom-m9)."""
        name = self._device.settings.get("base_name")
        match self._device.quirks.get("host_name"):
            case "with_mac":
                return f"{name}-{self._device.mac_plain}"
            case "fixed":
                return FIXED_NAME
        return name

    def _named(self) -> str:
        """The host name as a DHCP packet can carry it."""
        return re.sub(r"[^!-~]", "-", self.host_name())[:63]

    async def _start_dhcp(self) -> None:
        hooks = [
            Hook(self._bind, {Trigger.BOUND, Trigger.RENEWED, Trigger.REBOUND}),
            Hook(self._unbind, {Trigger.UNBOUND, Trigger.EXPIRED}),
        ]
        self._client = DhcpClient(
            dhcpclient.configuration(self.state.interface, self._named(), hooks), self._device.owner
        )
        await self._client.__aenter__()
        await self._client.bootstrap()
        self._device.log.write("network", 5, f"DHCP: looking for an address on {self.state.interface}")

    async def _bind(self, lease: Lease) -> None:
        with self._device.owner.minding("the address of DHCP"):
            await self._take_lease(lease)

    async def _take_lease(self, lease: Lease) -> None:
        state = self.state
        renewed = lease.ip == state.address4
        state.by_dhcp = True
        state.address4 = lease.ip
        self.take_options(lease)
        if not renewed:
            await self._configure(state.address4, state.netmask, state.gateway)
        self._device.log.write(
            "network", 4, f"DHCP: {'renewed' if renewed else 'bound to'} {state.address4} by {state.dhcp_server}"
        )
        self.bound.set()
        self._device.network_changed()

    def take_options(self, lease: Lease) -> None:
        """What the server said beside the address, and where options 66 and 67 are missing the fields for them."""
        state, options = self.state, lease.ack["options"]
        state.netmask = options.get("subnet_mask", "255.255.255.0")
        state.gateway = next(iter(_servers(options.get("router"))), "")
        state.dns = _servers(options.get("name_server"))
        domain = _text(options.get("domain_name"))
        state.domain = "" if values.trouble(domain, "domain", values.LONGEST) else domain
        state.dhcp_server = _text(options.get("server_id"))
        state.option66 = _text(options.get("tftp_server_name")) or _text(lease.ack["sname"])
        state.option67 = _text(options.get("bootfile_name")) or _text(lease.ack["file"])
        state.ntp = _servers(options.get("ntp_servers"))

    async def _unbind(self, lease: Lease) -> None:
        self._device.log.write("network", 2, f"DHCP: lost the lease of {lease.ip}")
        async with AsyncIPRoute() as routes:
            with contextlib.suppress(NetlinkError):
                await routes.addr("del", index=self._index, address=lease.ip, prefixlen=_prefix(self.state.netmask))
        self.state.address4 = ""
        self.bound.clear()
        self._device.network_changed()

    async def _use_static(self) -> bool:
        """Takes the address that was typed in; False where it is none, so that the base stays within reach."""
        settings, state = self._device.settings, self.state
        state.by_dhcp = False
        state.address4, state.netmask = settings.get("ip_adr"), settings.get("netmask") or "255.255.255.0"
        state.gateway, state.domain = settings.get("gateway"), settings.get("dns_domain")
        servers = [settings.get(f"dns_server{number}") for number in range(1, 5)]
        state.dns = [server for server in servers if server]
        try:
            await self._configure(state.address4, state.netmask, state.gateway)
        except (ValueError, OSError, NetlinkError) as error:
            why = f"Static address {state.address4!r} cannot be used, DHCP is asked for one: {error}"
            self._device.log.write("network", 1, why)
            state.address4 = ""
            return False
        self._device.log.write("network", 4, f"Static address {state.address4}")
        self.bound.set()
        self._device.network_changed()
        return True

    async def _configure(self, address: str, netmask: str, gateway: str) -> None:
        network = ipaddress.IPv4Interface(f"{address}/{netmask}")
        async with AsyncIPRoute() as routes:
            await routes.addr(
                "replace",
                index=self._index,
                address=address,
                prefixlen=network.network.prefixlen,
                broadcast=str(network.network.broadcast_address),
            )
            if gateway:
                with contextlib.suppress(NetlinkError, ValueError, OSError):
                    await routes.route("replace", dst="0.0.0.0/0", gateway=gateway, oif=self._index)

    async def _watch(self, watching: asyncio.Event) -> None:
        """Follows the kernel: IPv6 addresses as router advertisements bring them, and the carrier."""
        async with AsyncIPRoute() as routes:
            await routes.bind(RTMGRP_LINK | RTMGRP_IPV6_IFADDR)
            watching.set()
            while True:
                async for message in routes.get():
                    self._note(message)

    def _note(self, message: Any) -> None:
        event = message["event"]
        if event == "RTM_NEWLINK" and message.get("index") == self._index:
            up = bool(message.get_attr("IFLA_CARRIER"))
            if up != self.state.link:
                self.state.link = up
                self._device.log.write("network", 3, f"Link {'up' if up else 'down'} on {self.state.interface}")
                self._device.network_changed()
        elif event in {"RTM_NEWADDR", "RTM_DELADDR"} and message["index"] == self._index:
            address = message.get_attr("IFA_ADDRESS") or ""
            if ":" in address:
                self._note_address6(address, gone=event == "RTM_DELADDR")

    def _note_address6(self, address: str, *, gone: bool) -> None:
        state = self.state
        if address.startswith("fe80:"):
            changed = state.link_local != ("" if gone else address)
            state.link_local = "" if gone else address
        else:
            changed = (address in state.addresses6) == gone
            state.addresses6 = [known for known in state.addresses6 if known != address] + ([] if gone else [address])
        if changed:
            self._device.log.write("network", 5, f"IPv6 address {address} {'gone' if gone else 'in use'}")
            self._device.network_changed()


def _prefix(netmask: str) -> int:
    return ipaddress.IPv4Network(f"0.0.0.0/{netmask}").prefixlen


def _servers(found: object) -> list[str]:
    """The addresses of a list of servers, those left out that can be none's."""
    listed = found if isinstance(found, list) else []
    good = [str(one) for one in listed if str(one) and not values.trouble(str(one), "server_address", values.LONGEST)]
    return good[:MOST_SERVERS]


def _text(value: object) -> str:
    """A DHCP text as it came: padded with zeros, as bytes, as a list of them, or absent."""
    if isinstance(value, list):
        value = bytes(value)
    if isinstance(value, bytes):
        value = value.split(b"\0")[0].decode("utf-8", "replace")
    return value.strip("\0 ") if isinstance(value, str) else ""
