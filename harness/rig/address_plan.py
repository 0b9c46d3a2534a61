"""The addresses of a rig file together: hosts of one network, each in one use.

They are checked when the file is read; during a run a wrong address would look like a fault of the base.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from itertools import combinations

from harness.rig.field_types import mistake_at

Uses = Mapping[str, range]
"""The host numbers of each use, by its key in the rig file."""


def check_network(address: str, uses: Uses) -> None:
    """Raise the mistake of the harness's own address and of the host numbers in its network."""
    interface = ipaddress.IPv4Interface(address)
    network = interface.network
    room = network.num_addresses - 2
    if interface.ip.is_loopback or interface.ip.is_multicast or interface.ip.is_unspecified:
        raise mistake_at("address", f"{interface.ip} is no address of a network interface that a base can reach")
    if room > 0 and interface.ip in (network.network_address, network.broadcast_address):
        what = "network" if interface.ip == network.network_address else "broadcast"
        raise mistake_at("address", f"{interface.ip} is the {what} address of {network}; choose a host, 1 to {room}")
    for key, numbers in uses.items():
        if numbers[-1] > room:
            text = f"{address} has hosts 1 to {max(room, 0)}, and network.{key} needs {_span(numbers)}"
            raise mistake_at("address", f"{text}: widen the prefix or move network.{key}")
    own = int(interface.ip) - int(network.network_address)
    for key, numbers in uses.items():
        if own in numbers and key != "bases":  # DHCP leaves the harness's address out
            has = "is" if len(numbers) == 1 else f"{_span(numbers)} includes"
            raise mistake_at(key, f"{has} {own}, the harness's own host number ({address}); choose another")
    for (one, left), (other, right) in combinations(uses.items(), 2):
        if left[0] <= right[-1] and right[0] <= left[-1]:
            raise mistake_at(other, f"{_span(right)} overlaps network.{one}, which has {_span(left)}; move one of them")


def check_base(base: str, address: str, address6: str | None, uses: Uses) -> None:
    """Raise the mistake of a base's fixed address."""
    found = ipaddress.ip_address(base)
    own = address6 if found.version == 6 else address
    if own is None:
        text = f"{base} is IPv6, and network.address6 is missing: the harness cannot reach it"
        raise mistake_at("base.address", text)
    interface = ipaddress.ip_interface(own)
    network = interface.network
    if found not in network:
        key = "address6" if found.version == 6 else "address"
        raise mistake_at("base.address", f"{base} is outside network.{key}, which is {network}")
    if found == interface.ip:
        raise mistake_at("base.address", f"{base} is the harness's own address; write the base's")
    if found.version == 6:
        return
    if network.num_addresses > 2 and found in (network.network_address, network.broadcast_address):
        raise mistake_at("base.address", f"{base} is the network or broadcast address of {network}; write the base's")
    number = int(found) - int(network.network_address)
    for key, numbers in uses.items():
        if number in numbers and key != "bases":
            raise mistake_at("base.address", f"{base} is host {number}, which network.{key} uses ({_span(numbers)})")


def _span(numbers: range) -> str:
    return str(numbers[0]) if len(numbers) == 1 else f"{numbers[0]} to {numbers[-1]}"
