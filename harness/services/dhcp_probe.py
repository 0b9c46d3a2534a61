"""Looks for another DHCP server on a segment before ours starts: one raw DHCPDISCOVER (RFC 2131).

Used on physical segments only; a private one has no other server.
"""

from __future__ import annotations

import os
import socket
import struct
from dataclasses import dataclass

from harness.core.clock import Deadline
from harness.services import raw_packets

_IPV4 = struct.Struct("!BBHHHBBH4s4s")
_COOKIE = b"\x63\x82\x53\x63"
_DISCOVER, _OFFER = 1, 2
_ETHERTYPE_IPV4 = 0x0800


@dataclass(frozen=True)
class Offer:
    """A DHCP server's answer: its identifier (option 54), the address it offered, and all options by number."""

    server: str
    address: str
    options: dict[int, bytes]


def discover_packet(mac: bytes, transaction: int, options: bytes = b"", kind: int = _DISCOVER) -> bytes:
    """A BOOTP message with the broadcast flag, so that no own address is needed for the answer."""
    head = struct.pack("!BBBBIHH", 1, 1, 6, 0, transaction, 0, 0x8000) + bytes(16)
    return head + mac.ljust(16, b"\0") + bytes(192) + _COOKIE + bytes([53, 1, kind]) + options + b"\xff"


def read_answer(payload: bytes, transaction: int) -> Offer | None:
    """The offer or acknowledgement in a UDP payload, or None if it is for another client."""
    if len(payload) < 240 or payload[0] != 2 or payload[236:240] != _COOKIE:
        return None
    if struct.unpack_from("!I", payload, 4)[0] != transaction:
        return None
    options: dict[int, bytes] = {}
    position = 240
    while position + 1 < len(payload) and payload[position] != 255:
        code = payload[position]
        if code == 0:
            position += 1
            continue
        length = payload[position + 1]
        options[code] = options.get(code, b"") + payload[position + 2 : position + 2 + length]
        position += 2 + length
    server = options.get(54, payload[20:24])
    return Offer(".".join(map(str, server)), ".".join(map(str, payload[16:20])), options)


def other_servers(interface: str, within: float = 1.0) -> list[Offer]:
    """The DHCP servers that answer on `interface` within the limit; asks with a random, local MAC.

    Raises RigFault if the interface cannot be opened raw.
    """
    mac = bytes([0x02]) + os.urandom(5)
    transaction = int.from_bytes(os.urandom(4), "big")
    raw = raw_packets.opened(interface, _ETHERTYPE_IPV4, "look for other DHCP servers")
    with raw:
        raw.send(_frame(mac, discover_packet(mac, transaction)))
        return _collect(raw, transaction, Deadline(within))


def _collect(raw: socket.socket, transaction: int, deadline: Deadline) -> list[Offer]:
    offers: dict[str, Offer] = {}
    for frame in raw_packets.received(raw, deadline):
        payload = _udp_payload(frame)
        offer = read_answer(payload, transaction) if payload else None
        if offer is not None:
            offers.setdefault(offer.server, offer)
    return list(offers.values())


def _frame(mac: bytes, payload: bytes) -> bytes:
    """The payload as a broadcast from port 68 to 67; a UDP checksum of zero means none (RFC 768)."""
    udp = struct.pack("!HHHH", 68, 67, 8 + len(payload), 0) + payload
    head = _IPV4.pack(0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0, bytes(4), b"\xff" * 4)
    head = head[:10] + struct.pack("!H", _checksum(head)) + head[12:]
    return b"\xff" * 6 + mac + struct.pack("!H", _ETHERTYPE_IPV4) + head + udp


def _checksum(head: bytes) -> int:
    total: int = sum(struct.unpack(f"!{len(head) // 2}H", head))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return (~total) & 0xFFFF


def _udp_payload(frame: bytes) -> bytes:
    """The payload of a frame from UDP 67 to 68, empty for any other."""
    if len(frame) < 42 or frame[23] != 17:
        return b""
    start = 14 + (frame[14] & 0x0F) * 4
    source, destination = struct.unpack_from("!HH", frame, start)
    return frame[start + 8 :] if (source, destination) == (67, 68) else b""
