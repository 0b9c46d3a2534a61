"""Frames and files as other people's captures have them: link types, tags, fragments, tunnels, pcapng, gzip."""

from __future__ import annotations

import ipaddress
import struct

from harness.capture.scrub import checksum

BASE, PBX = "192.0.2.50", "192.0.2.11"
BASE6, PBX6 = "2001:db8::50", "2001:db8::11"
MACS = bytes.fromhex("02000000000102000000000a")


def internet(source: str, target: str, protocol: int, carried: bytes, *, more: int = 0, offset: int = 0) -> bytes:
    """An IP packet (v4 or v6 by its addresses); `more` and `offset` make it a fragment."""
    ends = ipaddress.ip_address(source).packed + ipaddress.ip_address(target).packed
    if ":" in source:
        if more or offset:
            carried = struct.pack("!BBHI", protocol, 0, offset | more, 77) + carried
            protocol = 44
        return struct.pack("!IHBB", 0x60000000, len(carried), protocol, 64) + ends + carried
    flags = (more << 13) | (offset // 8)
    head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(carried), 77, flags, 64, protocol, 0) + ends
    return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + carried


def udp(source: str, target: str, payload: bytes, *, ports: tuple[int, int] = (5060, 5060)) -> bytes:
    """A UDP datagram with its checksum."""
    plain = struct.pack("!HHHH", *ports, 8 + len(payload), 0) + payload
    return plain[:6] + struct.pack("!H", _transport_sum(source, target, 17, plain) or 0xFFFF) + plain[8:]


def tcp(source: str, target: str, payload: bytes, number: int, *, ports: tuple[int, int] = (5060, 5060)) -> bytes:
    """A TCP segment with its checksum; one without payload opens the connection."""
    flags = 0x18 if payload else 0x02
    plain = struct.pack("!HHIIBBHHH", *ports, number, 1 if payload else 0, 0x50, flags, 65535, 0, 0) + payload
    return plain[:16] + struct.pack("!H", _transport_sum(source, target, 6, plain)) + plain[18:]


def _transport_sum(source: str, target: str, protocol: int, carried: bytes) -> int:
    ends = ipaddress.ip_address(source).packed + ipaddress.ip_address(target).packed
    return checksum(ends + struct.pack("!II", len(carried), protocol) + carried)


def datagram(payload: bytes, source: str = BASE, target: str = PBX, **options: tuple[int, int]) -> bytes:
    """An IP packet with a UDP datagram."""
    return internet(source, target, 17, udp(source, target, payload, **options))


def segment(payload: bytes, number: int, source: str = BASE, target: str = PBX) -> bytes:
    """An IP packet with a TCP segment."""
    return internet(source, target, 6, tcp(source, target, payload, number))


def fragments(payload: bytes, source: str = BASE, target: str = PBX, *, size: int = 400) -> list[bytes]:
    """A UDP datagram in IP fragments."""
    whole = udp(source, target, payload)
    starts = range(0, len(whole), size)
    return [
        internet(source, target, 17, whole[at : at + size], more=int(at + size < len(whole)), offset=at)
        for at in starts
    ]


def ethernet(packet: bytes, *tags: int) -> bytes:
    """An Ethernet frame, with VLAN tags from the outermost on."""
    kind = b"\x86\xdd" if packet[0] >> 4 == 6 else b"\x08\x00"
    return MACS + b"".join(b"\x81\x00" + struct.pack("!H", tag) for tag in tags) + kind + packet


LINKS = {
    "ethernet": (1, ethernet),
    "vlan": (1, lambda packet: ethernet(packet, 100)),
    "two tags": (1, lambda packet: ethernet(packet, 100, 200)),
    "pppoe": (1, lambda packet: MACS + b"\x88\x64\x11\x00\x00\x01" + struct.pack("!H", len(packet) + 2) + b"\x00\x21"
              + packet),
    "cooked": (113, lambda packet: struct.pack("!HHH8sH", 0, 1, 6, MACS[:8], 0x0800) + packet),
    "cooked 2": (276, lambda packet: struct.pack("!HHIHBB8s", 0x0800, 0, 3, 1, 0, 6, MACS[:8]) + packet),
    "raw": (101, lambda packet: packet),
    "loopback": (0, lambda packet: struct.pack("<I", 2) + packet),
    "ip in ip": (1, lambda packet: ethernet(internet("198.51.100.1", "198.51.100.2", 4, packet))),
    "gre": (1, lambda packet: ethernet(internet("198.51.100.1", "198.51.100.2", 47, b"\0\0\x08\0" + packet))),
    "ip in ip 6": (1, lambda packet: ethernet(internet("2001:db8:1::1", "2001:db8:1::2", 4, packet))),
    "vlan in gre with a key": (1, lambda packet: ethernet(internet("198.51.100.1", "198.51.100.2", 47,
               b"\x30\0\x65\x58" + bytes(8) + ethernet(packet, 100)))),
    "erspan 1": (1, lambda packet: ethernet(internet("198.51.100.1", "198.51.100.2", 47, b"\0\0\x88\xbe"
               + ethernet(packet)))),
    "erspan 2": (1, lambda packet: ethernet(internet("198.51.100.1", "198.51.100.2", 47, b"\x10\0\x88\xbe\0\0\0\1"
               + b"\x10\0\0\0\0\0\0\0" + ethernet(packet, 7)))),
    "erspan 3": (1, lambda packet: ethernet(internet("198.51.100.1", "198.51.100.2", 47, b"\x10\0\x22\xeb\0\0\0\1"
               + b"\x20" + bytes(11) + ethernet(packet)))),
    "erspan": (1, lambda packet: ethernet(internet("198.51.100.1", "198.51.100.2", 47, b"\0\0\x65\x58"
               + ethernet(packet)))),
}  # fmt: skip
"""Name of a link: its link type and how it wraps an IPv4 packet."""


def pcap(frames: list[bytes], linktype: int = 1, *, nano: bool = False, order: str = "<", snaplen: int = 0) -> bytes:
    """A classic pcap, a frame each 30 ms; `snaplen` cuts frames off as tcpdump -s does."""
    units = 1_000_000_000 if nano else 1_000_000
    data = struct.pack(order + "IHHiIII", 0xA1B23C4D if nano else 0xA1B2C3D4, 2, 4, 0, 0, snaplen or 65535, linktype)
    for number, frame in enumerate(frames):
        kept = frame[: snaplen or len(frame)]
        at = number * 30 * units // 1000 + (7 if nano else 0)
        data += struct.pack(order + "IIII", 1_700_000_000 + at // units, at % units, len(kept), len(frame)) + kept
    return data


def pcapng(frames: list[tuple[int, bytes]], links: list[int], *, order: str = "<", secret: bytes = b"") -> bytes:
    """A pcapng with an interface for each link type, frames as (interface, octets), and a block of TLS secrets."""

    def block(kind: int, body: bytes) -> bytes:
        body += b"\0" * (-len(body) % 4)
        return struct.pack(order + "II", kind, len(body) + 12) + body + struct.pack(order + "I", len(body) + 12)

    data = block(0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1))
    for link in links:
        resolution = struct.pack(order + "HH", 9, 1) + b"\x09\0\0\0" + struct.pack(order + "HH", 0, 0)
        data += block(1, struct.pack(order + "HHI", link, 0, 0) + resolution)
    if secret:
        data += block(0x0A, struct.pack(order + "II", 0x544C534B, len(secret)) + secret)
    for number, (interface, frame) in enumerate(frames):
        stamp = 1_700_000_000_000_000_007 + number * 30_000_000
        head = struct.pack(order + "IIIII", interface, stamp >> 32, stamp & 0xFFFFFFFF, len(frame), len(frame))
        data += block(6, head + frame)
    return data


def request(method: str = "INVITE", body: str = "", *extra: str, call: str = "foreign", number: int = 1) -> bytes:
    """A SIP request of a stranger."""
    lines = [
        f"{method} sip:301@pbx.example SIP/2.0",
        f"Via: SIP/2.0/UDP {BASE}:5060;branch=z9hG4bK-{call}-{number};rport",
        "From: <sip:40@pbx.example>;tag=a",
        "To: <sip:301@pbx.example>",
        f"Call-ID: {call}",
        f"CSeq: {number} {method}",
        f"Contact: <sip:40@{BASE}:5060>",
        *extra,
        *(["Content-Type: application/sdp"] if body and not any(e.startswith("Content-Type") for e in extra) else []),
        f"Content-Length: {len(body)}",
    ]
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode("latin-1")


RESPONSE = "0123456789abcdef0123456789abcdef"
SIGNED = f'Authorization: Digest username="40",realm="pbx",nonce="n1",uri="sip:pbx",response="{RESPONSE}"'
KEYED = (
    "v=0\r\no=- 1 1 IN IP4 192.0.2.50\r\ns=-\r\nc=IN IP4 192.0.2.50\r\nt=0 0\r\nm=audio 4000 RTP/SAVP 8\r\n"
    "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz\r\n"
)
SECRETS = (b"0123456789abcdef0123456789abcdef", b"WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz")
