"""Where in a frame the network and transport layers begin, for every link type that SIP traces come in.

Only as much as masking and checksum repair need: tshark does the dissection.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

NULL, ETHERNET, RAW_BSD, RAW, LOOP, SLL, IPV4, IPV6, SLL2 = 0, 1, 12, 101, 108, 113, 228, 229, 276
"""Link types (tcpdump.org/linktypes.html)."""
ICMP, TCP, UDP, ICMP6 = 1, 6, 17, 58
_GRE = 47
_TAGS = (b"\x81\x00", b"\x88\xa8", b"\x91\x00")
_EXTENSIONS = (0, 43, 60)
_FRAGMENT = 44
_IN_IP = (4, 41)
_CHECKSUMS = {UDP: 6, TCP: 16, ICMP: 2, ICMP6: 2}
_DEEPEST = 4


@dataclass(frozen=True)
class Carried:
    """The transport part of a frame: its octets from `start` to `end`, the payload from `payload` on.

    `flow` names the octet stream it belongs to and `position` where in that stream the payload begins: a TCP
    connection's direction and sequence number, or a fragmented datagram and the fragment's offset.
    """

    protocol: int
    start: int
    payload: int
    end: int
    flow: bytes
    position: int
    first: bool = True
    whole: bool = True
    network: int = 0
    """Where the header of the IP packet begins that carries it: of several, the innermost."""

    @property
    def checksum(self) -> int:
        """Where the transport checksum stands, or 0 when it is not in this frame."""
        place = self.start + _CHECKSUMS[self.protocol] if self.protocol in _CHECKSUMS else 0
        return place if self.first and place and place + 2 <= self.end else 0


def carried(frame: bytes, linktype: int = ETHERNET) -> Carried | None:
    """The UDP, TCP or ICMP part of a frame; None for all else.

    VLAN tags, PPPoE, extension headers, and IP or Ethernet in IP or GRE are looked through.
    """
    found = _network(frame, linktype)
    return _internet(frame, found, 0) if found else None


def _network(frame: bytes, linktype: int) -> int:
    """Where the IP packet begins; 0 when there is none (a raw one is looked for at 0 by its version, see below)."""
    if linktype == ETHERNET:
        return _after_type(frame, 12)
    if linktype == SLL:
        return _after_type(frame, 14)
    if linktype == SLL2:
        return 20 if frame[:2] in (b"\x08\x00", b"\x86\xdd") else 0
    if linktype in (NULL, LOOP):
        return 4
    return -1 if linktype in (RAW, RAW_BSD, IPV4, IPV6) else 0


def _after_type(frame: bytes, position: int) -> int:
    while frame[position : position + 2] in _TAGS:
        position += 4
    kind = frame[position : position + 2]
    if kind == b"\x88\x64" and frame[position + 8 : position + 10] in (b"\x00\x21", b"\x00\x57"):
        return position + 10
    return position + 2 if kind in (b"\x08\x00", b"\x86\xdd") else 0


def _internet(frame: bytes, at: int, depth: int) -> Carried | None:
    at = max(at, 0)
    if len(frame) <= at or depth > _DEEPEST:
        return None
    version = frame[at] >> 4
    if version == 4 and len(frame) >= at + 20:
        return _four(frame, at, depth)
    if version == 6 and len(frame) >= at + 40:
        return _six(frame, at, depth)
    return None


def _four(frame: bytes, at: int, depth: int) -> Carried | None:
    length, identity, fragment = struct.unpack_from("!HHH", frame, at + 2)
    start = at + (frame[at] & 0x0F) * 4
    # A length of 0 is one that the network card was to fill in (segmentation offload).
    end = min(len(frame), at + length) if length else len(frame)
    ends = frame[at + 12 : at + 20]
    if fragment & 0x3FFF:
        name = ends + struct.pack("!H", identity)
        return _fragment(frame[at + 9], start, end, name, (fragment & 0x1FFF) * 8, at)
    return _transport(frame, frame[at + 9], start, end, ends, depth, at)


def _six(frame: bytes, at: int, depth: int) -> Carried | None:
    (length,) = struct.unpack_from("!H", frame, at + 4)
    end = min(len(frame), at + 40 + length) if length else len(frame)
    ends, protocol, start = frame[at + 8 : at + 40], frame[at + 6], at + 40
    while start + 8 <= end and (protocol in _EXTENSIONS or protocol == _FRAGMENT):
        following = frame[start]
        if protocol == _FRAGMENT:
            (offset,) = struct.unpack_from("!H", frame, start + 2)
            if offset & 0xFFF9:
                return _fragment(following, start + 8, end, ends + frame[start + 4 : start + 8], offset & 0xFFF8, at)
            start += 8
        else:
            start += 8 * (frame[start + 1] + 1)
        protocol = following
    return _transport(frame, protocol, start, end, ends, depth, at)


def _fragment(protocol: int, start: int, end: int, name: bytes, offset: int, network: int) -> Carried | None:
    """A piece of a datagram; its octets are counted from the transport header on."""
    if start >= end:
        return None
    name = b"fragments" + bytes([protocol]) + name
    return Carried(protocol, start, start, end, name, offset, not offset, False, network)


def _transport(
    frame: bytes, protocol: int, start: int, end: int, ends: bytes, depth: int, network: int
) -> Carried | None:
    if protocol in _IN_IP:
        return _internet(frame, start, depth + 1)
    if protocol == _GRE:
        return _tunnel(frame, start, depth)
    name = bytes([protocol]) + ends + frame[start : start + 4]
    if protocol == UDP and end >= start + 8:
        return Carried(UDP, start, start + 8, end, name, 0, network=network)
    if protocol == TCP and end >= start + 20:
        payload = start + (frame[start + 12] >> 4) * 4
        (number,) = struct.unpack_from("!I", frame, start + 4)
        return Carried(TCP, start, payload, end, name, number, network=network) if payload <= end else None
    if protocol in (ICMP, ICMP6) and end >= start + 8:
        return Carried(protocol, start, start + 8, end, name, 0, network=network)
    return None


def _tunnel(frame: bytes, start: int, depth: int) -> Carried | None:
    """What a GRE packet carries (RFC 2784, RFC 2890): IP, or Ethernet as mirrors over routed networks send it.

    Of the two headers of such mirrors (ERSPAN) the first comes with a sequence number only.
    """
    if len(frame) < start + 4:
        return None
    inside = start + 4 + 4 * sum(bool(frame[start] & bit) for bit in (0x80, 0x20, 0x10))
    kind = frame[start + 2 : start + 4]
    if kind == b"\x88\xbe" and frame[start] & 0x10:
        inside += 8
    if kind == b"\x22\xeb" and len(frame) > inside + 11:
        inside += 12 + 8 * (frame[inside + 11] & 1)
    if kind in (b"\x65\x58", b"\x88\xbe", b"\x22\xeb"):
        inside = _after_type(frame, inside + 12)
        return _internet(frame, inside, depth + 1) if inside else None
    return _internet(frame, inside, depth + 1) if kind in (b"\x08\x00", b"\x86\xdd") else None


def past_link(frame: bytes, linktype: int = ETHERNET) -> bytes:
    """A frame from its IP packet on, or as it is when there is none: the same for both copies of a mirrored frame."""
    return frame[max(_network(frame, linktype), 0) :]
