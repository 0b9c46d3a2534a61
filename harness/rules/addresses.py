"""Compares IP addresses in any notation."""

from __future__ import annotations

import ipaddress
from functools import cache


@cache
def plain(address: str) -> str:
    """An IP address in its shortest form; anything else as it is."""
    try:
        return str(ipaddress.ip_address(address.strip("[]")))
    except ValueError:
        return address


def is_literal(host: str) -> bool:
    """Whether a host is an IP address and not a name."""
    try:
        return bool(ipaddress.ip_address(host.strip("[]")))
    except ValueError:
        return False
