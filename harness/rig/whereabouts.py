"""Where the base is: its fixed address, what DHCP gave it in this run, or where it was before and still answers.

A base keeps its lease for an hour or longer and asks for no address meanwhile: a run that waited for its request would
wait in vain. So the lease file belongs to the rig, and the base is looked for by its MAC.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from harness.core import steps
from harness.core.clock import Deadline, WaitExpired, wait_until
from harness.rig import factory
from harness.rig.model import BASES, Rig
from harness.services import neighbours
from harness.services.dnsmasq_log import DhcpEvent

if TYPE_CHECKING:
    from harness.services.dnsmasq import Dnsmasq

LARGEST_SEARCH = 256
"""Networks up to this size are searched as a whole, larger ones only where the harness gives addresses."""
FIRST_REST, REST, ONE_LOOK = 0.5, 1.0, 0.2
"""Seconds until a base without a known lease is looked for, between two looks, and for the answers of one."""


def base_address(
    rig: Rig, offered: factory.Services, within: float, restart: Callable[[], object] | None = None
) -> str:
    """The base's address; RigFault if it has none in time.

    If it is silent for `within` seconds, it is restarted once by `restart`, and has the same time again.
    """
    if rig.base.address != "dhcp":
        return rig.base.address
    dnsmasq = offered.dnsmasq
    if dnsmasq is None or not dnsmasq.serving.dhcp:
        raise factory.lost(
            "network", "the base's address is dhcp, and the rig has no DHCP server", "add dhcp to network.services"
        )
    look = _look(rig, dnsmasq)
    try:
        return wait_until(look, what=f"a DHCP lease of {rig.base.mac}", within=within)
    except WaitExpired as error:
        if restart is not None:
            steps.publish("base", f"it is silent at every address and is restarted: {error}")
            restart()
            return base_address(rig, offered, within)
        raise factory.lost(
            "base",
            f"{error}, and no address of {rig.network.address} answers from this MAC",
            "check that the base has power and its cable is in the right port, and base.mac in the rig file",
        ) from error


def _look(rig: Rig, dnsmasq: Dnsmasq) -> Callable[[], str]:
    """One look: what DHCP gave in this run, else now and then the places where the base may have stayed."""
    mac, network = rig.base.mac, rig.network
    places = list(_places(rig, dnsmasq))
    rest = Deadline(0.0 if _kept(rig, dnsmasq) else FIRST_REST)

    def look() -> str:
        nonlocal rest
        given = [
            event.address
            for event in dnsmasq.events.snapshot()
            if isinstance(event, DhcpEvent) and event.kind == "ACK" and event.mac == mac and event.address
        ]
        if given or not rest.expired:
            return given[-1] if given else ""
        rest = Deadline(REST)
        return neighbours.holder(network.interface, network.host, places, mac, ONE_LOOK)

    return look


def _kept(rig: Rig, dnsmasq: Dnsmasq) -> list[str]:
    return [lease.address for lease in dnsmasq.leases() if lease.mac == rig.base.mac]


def _places(rig: Rig, dnsmasq: Dnsmasq) -> Iterator[str]:
    """The addresses to look at: that of the last lease first."""
    network = ipaddress.IPv4Interface(rig.network.address).network
    yield from _kept(rig, dnsmasq)
    yield from (rig.network.at(rig.network.bases + number) for number in range(BASES))
    if network.num_addresses <= LARGEST_SEARCH:
        yield from (str(address) for address in network.hosts() if str(address) != rig.network.host)
