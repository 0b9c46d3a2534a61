"""The addresses by which packets of the base are known."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness.rig.model import Rig


def of_the_base(rig: Rig, address: str) -> tuple[str, ...]:
    """Its IPv4 address and the IPv6 addresses that it makes itself from its MAC (RFC 4291, appendix A)."""
    prefixes = ["fe80::/64", *([rig.network.address6] if rig.network.address6 else [])]
    return (address, *(_autoconfigured(prefix, rig.base.mac) for prefix in prefixes))


def _autoconfigured(prefix: str, mac: str) -> str:
    """The address of a prefix with the modified EUI-64 of a MAC."""
    digits = bytes.fromhex(mac.replace(":", ""))
    interface = bytes([digits[0] ^ 2]) + digits[1:3] + b"\xff\xfe" + digits[3:]
    network = ipaddress.IPv6Interface(prefix).network.network_address
    return str(ipaddress.IPv6Address(int(network) | int.from_bytes(interface, "big")))
