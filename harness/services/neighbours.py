"""Asks by ARP who has an address (RFC 826): finds a device by its MAC that has no reason to speak by itself."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterable
from ipaddress import IPv4Address

from harness.core.clock import Deadline
from harness.services import raw_packets

_ARP = struct.Struct("!HHBBH6s4s6s4s")
_ETHERTYPE_ARP = 0x0806
_REQUEST, _REPLY = 1, 2
_BROADCAST = b"\xff" * 6
_AGAIN = 0.5
"""Seconds until a request is repeated: a packet may be lost, and a port that has just come up may not forward yet."""


def holder(interface: str, asker: str, addresses: Iterable[str], mac: str, within: float) -> str:
    """The first of these addresses that answers from `mac`; empty if none does in time.

    `asker` is the own address, to which the answers come. Raises RigFault if the interface cannot be opened raw.
    """
    wanted, asked = bytes.fromhex(mac.replace(":", "")), list(dict.fromkeys(addresses))
    raw = raw_packets.opened(interface, _ETHERTYPE_ARP, f"look for {mac}")
    with raw:
        own, deadline = raw.getsockname()[4][:6], Deadline(within)
        while asked:
            for address in asked:
                raw.send(_request(own, asker, address))
            found = _answer(raw, wanted, set(asked), Deadline(min(_AGAIN, deadline.left)))
            if found or deadline.expired:
                return found
    return ""


def _request(own: bytes, asker: str, address: str) -> bytes:
    """Who has this address? Broadcast, as the device may have moved to another port."""
    body = _ARP.pack(1, 0x0800, 6, 4, _REQUEST, own, _packed(asker), bytes(6), _packed(address))
    return _BROADCAST + own + struct.pack("!H", _ETHERTYPE_ARP) + body


def _answer(raw: socket.socket, mac: bytes, asked: set[str], deadline: Deadline) -> str:
    for frame in raw_packets.received(raw, deadline):
        if len(frame) < 14 + _ARP.size:
            continue
        operation, sender, address = (_ARP.unpack_from(frame, 14)[at] for at in (4, 5, 6))
        if operation == _REPLY and sender == mac and str(IPv4Address(address)) in asked:
            return str(IPv4Address(address))
    return ""


def _packed(address: str) -> bytes:
    return IPv4Address(address).packed
