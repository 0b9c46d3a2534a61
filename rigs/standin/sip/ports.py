"""Bound sockets: one port number for UDP and TCP of both families, and which own address faces a far end."""

from __future__ import annotations

import socket
from pathlib import Path

PORT_ATTEMPTS = 40


class Unreachable(OSError):
    """A message could not be handed to the network."""


def local_address_for(host: str) -> str:
    """The own address that packets to `host` leave from; Unreachable if there is no way. Sends nothing."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(socket.getaddrinfo(host, 9, family, socket.SOCK_DGRAM)[0][4])
        except OSError as failed:
            raise Unreachable(f"no way to {host}: {failed.strerror or failed}") from None
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
