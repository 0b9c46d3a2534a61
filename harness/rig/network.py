"""The harness's own addresses on the rig's interface: added for the run, removed after it."""

from __future__ import annotations

import contextlib
import errno
import ipaddress
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from harness.core import steps
from harness.core.errors import RigFault, UsageError
from harness.rig import segment
from harness.rig.model import PEERS, Network

IFA_F_NODAD = 0x02


def addresses(network: Network) -> list[str]:
    """All addresses the harness uses on the rig's interface, each with its prefix length.

    Its own, the embedded PBX's and eight peers'; IPv4 first.
    """
    hosts = [network.pbx, *range(network.peers, network.peers + PEERS)]
    prefix = ipaddress.IPv4Interface(network.address).network.prefixlen
    wanted = [network.address, *(f"{network.at(host)}/{prefix}" for host in hosts)]
    if network.address6 is not None:
        prefix6 = ipaddress.IPv6Interface(network.address6).network.prefixlen
        wanted += [network.address6, *(f"{network.at6(host)}/{prefix6}" for host in hosts)]
    return wanted


@contextlib.contextmanager
def addressed(network: Network, interface: str, notes: Path | None = None) -> Iterator[None]:
    """Give the interface the harness's addresses while the context lasts; addresses that the host had before stay.

    A killed run leaves its addresses, and lists them in the folder `notes`; the next run removes them.
    Raises UsageError when an address of the private segment would be used outside one, RigFault when the interface is
    not there or we may not change it.
    """
    wanted = addresses(network)
    for address in wanted:
        segment.refuse_outside(address)
    if interface != network.interface:
        raise UsageError(
            f"the bring-up's interface is {interface}, the rig file's is {network.interface}",
            remedy="make network.interface and the bring-up command agree",
        )
    from pyroute2 import IPRoute
    from pyroute2.netlink.exceptions import NetlinkError

    with IPRoute() as links, contextlib.ExitStack() as undo:
        index = _index(links, interface)
        try:
            links.link("set", index=index, state="up")
            before = _present(links, index)
            undo.callback(_remove_advertised, links, index, network, before | set(wanted))
            ours = _noted(notes, wanted, before, undo)
            for address in ours - set(wanted):  # of a killed run whose rig file named others
                _remove(links, index, address)
            for address in wanted:
                if _add(links, index, address) or address in ours:
                    undo.callback(_remove, links, index, address)
        except NetlinkError as error:
            raise RigFault(
                "network", f"{interface} cannot be given its addresses: {error}", remedy="run as root or with sudo"
            ) from error
        steps.publish("network", f"{interface} has {', '.join(wanted)}")
        yield


def _remove_advertised(links: Any, index: int, network: Network, known: set[str]) -> None:
    """Take away what the host gave itself by our own router advertisements, which it hears like any other."""
    if network.address6 is not None:
        prefix = ipaddress.IPv6Interface(network.address6).network
        for address in _present(links, index) - known:
            if ipaddress.ip_interface(address).ip in prefix:
                _remove(links, index, address)


def _noted(notes: Path | None, wanted: list[str], present: set[str], undo: contextlib.ExitStack) -> set[str]:
    """The addresses that a killed run left and those to be added, noted before the first is added."""
    file = notes / "addresses.json" if notes is not None else None
    left: set[str] = set()
    if file is not None:
        with contextlib.suppress(OSError, ValueError):
            left = set(json.loads(file.read_text(encoding="utf-8")))
    ours = {address for address in wanted if address in left or address not in present} | left - set(wanted)
    if file is not None:
        file.write_text(json.dumps(sorted(ours)), encoding="utf-8")
        undo.callback(file.unlink, missing_ok=True)
    return ours


def _present(links: Any, index: int) -> set[str]:
    return {
        str(
            ipaddress.ip_interface(
                f"{found.get_attr('IFA_LOCAL') or found.get_attr('IFA_ADDRESS')}/{found['prefixlen']}"
            )
        )
        for found in links.get_addr(index=index)
    }


def _index(links: Any, interface: str) -> int:
    found = links.link_lookup(ifname=interface)
    if not found:
        known = ", ".join(sorted(link.get_attr("IFLA_IFNAME") for link in links.get_links()))
        raise RigFault(
            "network",
            f"there is no interface {interface} (there are: {known})",
            remedy="check the cable or adapter, then network.interface in the rig file",
        )
    return int(found[0])


def _add(links: Any, index: int, address: str) -> bool:
    """Whether the address was added; an address that the host already has is not added."""
    from pyroute2.netlink.exceptions import NetlinkError

    entry = ipaddress.ip_interface(address)
    options = {"flags": IFA_F_NODAD} if entry.version == 6 else {}
    try:
        links.addr("add", index=index, address=str(entry.ip), prefixlen=entry.network.prefixlen, **options)
    except NetlinkError as error:
        if error.code == errno.EEXIST:
            return False
        raise
    return True


def _remove(links: Any, index: int, address: str) -> None:
    """Remove an address again; it is not an error if the interface no longer exists."""
    from pyroute2.netlink.exceptions import NetlinkError

    entry = ipaddress.ip_interface(address)
    with contextlib.suppress(NetlinkError):
        links.addr("delete", index=index, address=str(entry.ip), prefixlen=entry.network.prefixlen)
