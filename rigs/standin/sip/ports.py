"""Bound sockets: one port number for UDP and TCP of both families, and which own address faces a far end."""

from __future__ import annotations

import ipaddress
import socket
from pathlib import Path

PORT_ATTEMPTS = 40


class Unreachable(OSError):
    """A message could not be handed to the network."""


def is_address(host: str) -> bool:
    """Whether the host is an IPv4 or IPv6 literal."""
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True


def scope_of(zone: str) -> int:
    """The number of an interface, 0 where none is named. Unreachable if there is no such interface."""
    try:
        return socket.if_nametoindex(zone) if zone else 0
    except (OSError, ValueError):
        raise Unreachable(f"no interface {zone[:20]!r}") from None


def local_address_for(host: str) -> str:
    """The own address that packets to `host` leave from; Unreachable if there is no way. Sends nothing."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            # A name must not be looked up here: all the base would wait for the answer.
            found = socket.getaddrinfo(host, 9, family, socket.SOCK_DGRAM, flags=socket.AI_NUMERICHOST)
            probe.connect(found[0][4])
        except (OSError, ValueError) as failed:
            raise Unreachable(f"no way to {host}: {getattr(failed, 'strerror', '') or failed}") from None
        return str(probe.getsockname()[0])


def bind_all(port: int) -> list[socket.socket]:
    """UDP and TCP sockets of both families on one port number; without IPv6 in the kernel only IPv4."""
    for _ in range(1 if port else PORT_ATTEMPTS):
        bound: list[socket.socket] = []
        try:
            number = port
            for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
                for family in _families():
                    bound.append(_bind(family, kind, number))
                    number = bound[0].getsockname()[1]
            return bound
        except OSError as failed:
            for bare in bound:
                bare.close()
            reason = failed
    raise Unreachable(f"port {port or 'ephemeral'} cannot be bound: {reason.strerror}")


def _families() -> list[socket.AddressFamily]:
    return [socket.AF_INET, *([socket.AF_INET6] if Path("/proc/net/if_inet6").exists() else [])]


def _bind(family: socket.AddressFamily, kind: socket.SocketKind, port: int) -> socket.socket:
    bare = socket.socket(family, kind)
    try:
        bare.setblocking(False)
        if kind == socket.SOCK_STREAM:
            bare.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            bare.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        bare.bind(("::" if family == socket.AF_INET6 else "0.0.0.0", port))
    except OSError:
        bare.close()
        raise
    return bare
