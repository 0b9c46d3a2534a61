"""IPv4 packets with a mark in the name of any host: they show what a capture point sees of others' traffic."""

from __future__ import annotations

import socket
import struct
from ipaddress import IPv4Address

from harness.capture.scrub import checksum
from harness.core.errors import RigFault

_IPV4 = struct.Struct("!BBHHHBBH4s4s")
_ICMP, _UDP, _HOPS = 1, 17, 64


def echo(source: str, target: str, mark: bytes) -> bytes:
    """An echo request (RFC 792); the answer repeats the mark."""
    head = struct.pack("!BBHHH", 8, 0, 0, 0, 1) + mark
    checked = head[:2] + struct.pack("!H", checksum(head)) + head[4:]
    return _packet(source, target, _ICMP, checked)


def datagram(source: str, target: str, port: int, payload: bytes) -> bytes:
    """A UDP datagram from and to the same port, without a checksum (RFC 768)."""
    return _packet(source, target, _UDP, struct.pack("!HHHH", port, port, 8 + len(payload), 0) + payload)


def send(packet: bytes, interface: str = "") -> None:
    """Send it, through one interface if it is named, else by the host's routes; raises RigFault if that is refused."""
    target = str(IPv4Address(packet[16:20]))
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW) as raw:
            if interface:
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, interface.encode())
            raw.sendto(packet, (target, 0))
    except OSError as error:
        raise RigFault(
            "capture",
            f"no marked packet can be sent to {target}: {error.strerror}",
            remedy="check the route to it, and run as root or with CAP_NET_RAW",
        ) from error


def _packet(source: str, target: str, protocol: int, content: bytes) -> bytes:
    ends = IPv4Address(source).packed, IPv4Address(target).packed
    head = _IPV4.pack(0x45, 0, 20 + len(content), 0, 0, _HOPS, protocol, 0, *ends)
    return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + content
