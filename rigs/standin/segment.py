"""The rig's network: a bridge for the switch, a plug for the base, a socket for a guest, all without names.

    outer namespace (the harness)      switch namespace                base namespace (new at each power-on)
    m9rig  -------------------------  up0 \\
                                            br0 198.18.9.2   port3 --- eth1 (the base's MAC)
    guest namespace  eth0  ---------  guest0 /

Only pyroute2, no tool's output is read. Namespaces live by file descriptors of the supervisor alone.
"""

from __future__ import annotations

import contextlib
import ipaddress
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pyroute2 import IPRoute

from rigs.standin.core.kernel import enter_network_namespace, new_network_namespace, whole_checksums
from rigs.standin.core.rigfile import Rig

ARPHRD_ETHER = 1
GUEST = 30
MUTE_SERVER = 12
SWITCH = 2
SWITCH_MAC = "02:00:c6:12:09:02"


class NotPrivate(RuntimeError):
    """The stand-in was started where other interfaces are: its addresses could meet real ones."""


def require_private() -> None:
    """Raises NotPrivate unless this network namespace holds nothing but the loopback interface.

    Tunnel ends that some kernels put in every namespace are no Ethernet devices and do not count.
    """
    with IPRoute() as ipr:
        for link in ipr.get_links():
            name = link.get_attr("IFLA_IFNAME")
            if name != "lo" and link["ifi_type"] == ARPHRD_ETHER:
                raise NotPrivate(
                    f"interface {name} is here: the stand-in runs in a private network namespace only; start it by "
                    "`m9 standin up` or under `unshare --net --mount --pid --fork --kill-child --mount-proc` "
                    "(as an ordinary user with --user --map-current-user --keep-caps)"
                )


@contextlib.contextmanager
def inside(namespace: int) -> Iterator[None]:
    """Runs the block in another network namespace; this thread always comes back."""
    home = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    try:
        enter_network_namespace(namespace)
        try:
            yield
        finally:
            enter_network_namespace(home)
    finally:
        os.close(home)


def _sysctl(interface: str, values: dict[str, int]) -> None:
    for key, value in values.items():
        Path(f"/proc/sys/net/ipv6/conf/{interface}/{key}").write_text(f"{value}\n", encoding="ascii")


def _index(ipr: Any, name: str) -> int:
    found: int = ipr.link_lookup(ifname=name)[0]
    return found


class Segment:
    """The wires of one rig; made in the namespace of the caller, where `m9rig` then is."""

    def __init__(self, rig: Rig) -> None:
        self.rig = rig
        network = ipaddress.ip_interface(rig.address).network
        network6 = ipaddress.ip_interface(rig.address6).network
        self.prefix4, self.prefix6 = network.prefixlen, network6.prefixlen
        self._network4, self._network6 = network.network_address, network6.network_address
        self.switch = new_network_namespace()
        self.guest = new_network_namespace()
        self.base: int | None = None
        with inside(self.switch):
            self._switch_routes = IPRoute()
        self._wire_harness()
        self._wire_guest()

    def address(self, host: int) -> str:
        """The IPv4 address of a host number on this segment."""
        return str(self._network4 + host)

    def address6(self, host: int) -> str:
        """The IPv6 address with the same host digits (.11 is ::11)."""
        return str(self._network6 + int(str(host), 16))

    def plug(self, *, link: bool = True) -> int:
        """Gives the base power: a fresh namespace with eth1, its carrier up; returns the namespace's descriptor."""
        self.unplug()
        self.base = new_network_namespace()
        switch = self._switch_routes
        switch.link(
            "add",
            ifname=self.port_name,
            kind="veth",
            peer={"ifname": "eth1", "address": self.rig.mac.lower(), "net_ns_fd": self.base},
        )
        port = _index(switch, self.port_name)
        with inside(self.switch):
            _sysctl(self.port_name, {"disable_ipv6": 1})
        switch.link("set", index=port, master=self._bridge, state="up" if link else "down")
        with inside(self.base), IPRoute() as ipr:
            _sysctl("eth1", {"accept_dad": 0, "dad_transmits": 0, "accept_ra": 1, "autoconf": 1, "use_tempaddr": 0})
            whole_checksums("eth1")
            ipr.link("set", index=_index(ipr, "lo"), state="up")
        return self.base

    def unplug(self) -> None:
        """Takes the carrier away and forgets all state the base's kernel had (sockets, addresses, ARP)."""
        if self.base is None:
            return
        port = self._switch_routes.link_lookup(ifname=self.port_name)
        if port:
            self._switch_routes.link("set", index=port[0], state="down")
            self._switch_routes.link("del", index=port[0])
        os.close(self.base)
        self.base = None

    def carrier(self, up: bool) -> None:
        """Pulls or replugs the base's network cable without touching its power."""
        port = self._switch_routes.link_lookup(ifname=self.port_name)
        if port:
            self._switch_routes.link("set", index=port[0], state="up" if up else "down")

    def carrier_seen(self) -> bool:
        """Whether the switch sees the base's interface up at the other end of the cable."""
        port = self._switch_routes.link_lookup(ifname=self.port_name)
        if not port:
            return False
        return bool(self._switch_routes.get_links(port[0])[0].get_attr("IFLA_CARRIER"))

    def close(self) -> None:
        """Takes the harness's interface away; the rest goes with the descriptors."""
        self.unplug()
        with IPRoute() as outer:
            for index in outer.link_lookup(ifname=self.rig.interface):
                outer.link("del", index=index)
        self._switch_routes.close()
        os.close(self.guest)
        os.close(self.switch)

    @property
    def port_name(self) -> str:
        """The switch's name of the base's port."""
        return f"port{self.rig.power.port}"

    def _wire_harness(self) -> None:
        with IPRoute() as outer:
            outer.link("set", index=_index(outer, "lo"), state="up")
            outer.link("add", ifname=self.rig.interface, kind="veth", peer={"ifname": "up0", "net_ns_fd": self.switch})
            _sysctl(self.rig.interface, {"accept_dad": 0, "dad_transmits": 0, "accept_ra": 0})
            whole_checksums(self.rig.interface)
            index = _index(outer, self.rig.interface)
            switch = self._switch_routes
            switch.link("set", index=_index(switch, "lo"), state="up")
            # A bridge without an address of its own takes that of a port and changes it when the base is plugged:
            # a client that remembered the switch's address would then get no answer.
            # Nothing is learned: the port of the harness sees all the base's traffic, as a mirror port does, so that a
            # call between the base and a guest is on the capture too.
            switch.link(
                "add",
                ifname="br0",
                kind="bridge",
                address=SWITCH_MAC,
                br_stp_state=0,
                br_forward_delay=0,
                br_mcast_snooping=0,
                br_ageing_time=0,
            )
            self._bridge = _index(switch, "br0")
            with inside(self.switch):
                _sysctl("br0", {"accept_dad": 0, "dad_transmits": 0, "accept_ra": 0})
                _sysctl("up0", {"disable_ipv6": 1})
            switch.link("set", index=self._bridge, state="up")
            switch.link("set", index=_index(switch, "up0"), master=self._bridge, state="up")
            self._address(switch, self._bridge, SWITCH)
            outer.link("set", index=index, state="up")

    def _wire_guest(self) -> None:
        switch = self._switch_routes
        switch.link("add", ifname="guest0", kind="veth", peer={"ifname": "eth0", "net_ns_fd": self.guest})
        with inside(self.switch):
            _sysctl("guest0", {"disable_ipv6": 1})
        switch.link("set", index=_index(switch, "guest0"), master=self._bridge, state="up")
        with inside(self.guest), IPRoute() as ipr:
            _sysctl("eth0", {"accept_dad": 0, "dad_transmits": 0, "accept_ra": 0})
            whole_checksums("eth0")
            index = _index(ipr, "eth0")
            ipr.link("set", index=_index(ipr, "lo"), state="up")
            ipr.link("set", index=index, state="up")
            self._address(ipr, index, GUEST)

    def _address(self, ipr: Any, index: int, host: int) -> None:
        ipr.addr("replace", index=index, address=self.address(host), prefixlen=self.prefix4)
        ipr.addr("replace", index=index, address=self.address6(host), prefixlen=self.prefix6)

    def add_guest_address(self, host: int) -> None:
        """A further address on the guest's socket, for a server that stands in there."""
        with inside(self.guest), IPRoute() as ipr:
            self._address(ipr, _index(ipr, "eth0"), host)
