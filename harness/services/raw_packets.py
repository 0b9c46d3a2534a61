"""Ethernet frames of one protocol on one interface, sent and received without the kernel's own protocols."""

from __future__ import annotations

import socket
from collections.abc import Iterator

from harness.core.clock import Deadline
from harness.core.errors import RigFault

_LONGEST = 2048


def opened(interface: str, ethertype: int, purpose: str) -> socket.socket:
    """A socket for frames of this type; RigFault, with its purpose, if the interface cannot be opened."""
    try:
        raw = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ethertype))
        raw.bind((interface, ethertype))
    except OSError as error:
        raise RigFault(
            "network",
            f"cannot {purpose} on {interface}: {error.strerror}",
            remedy="check network.interface of the rig file, and run as root or with CAP_NET_RAW",
        ) from error
    return raw


def received(raw: socket.socket, deadline: Deadline) -> Iterator[bytes]:
    """The frames that come until the deadline."""
    while not deadline.expired:
        raw.settimeout(max(deadline.left, 0.001))
        try:
            yield raw.recv(_LONGEST)
        except TimeoutError:
            return
