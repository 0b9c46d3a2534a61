"""DNS, DHCP and ICMP from their octets: they are few, and tshark would take longer than the rest of a trace.

Cut packets, TCP and fragments are left to tshark; self-tests compare these readers with it.
"""

from __future__ import annotations

import ipaddress
import struct
from collections.abc import Callable, Collection, Iterator
from functools import lru_cache
from typing import Any

import numpy as np

from harness.capture import layers
from harness.capture.dissect import dhcp_options
from harness.capture.frames import Frames, Integers
from harness.capture.layers import ICMP, ICMP6, UDP
from harness.capture.messages import DHCP_TYPES, DNS_TYPES, DhcpMessage, DnsMessage, IcmpMessage, Packet
from harness.capture.packets import NONE, Others, Packets

PORTS = {"dns": (53, 5353), "dhcp": (67, 68)}
_COOKIE = b"\x63\x82\x53\x63"
_DNS_HEAD, _DNS_RECORD, _BOOTP = 12, 10, 240
_MOST_JUMPS = 20
_FRAMES_KEPT = 256
"""After this many frames their part of the file is released, as each frame loads its neighbours."""


def datagrams_of(packets: Packets, want: Collection[str], taken: Integers) -> tuple[list[Packet], Integers]:
    """The messages of the requested protocols in whole datagrams, and a mask of the packets that were read."""
    events: list[Packet] = []
    mask = np.zeros(len(packets), dtype=bool)
    whole = (packets.protocol == UDP) & (packets.fragment == NONE) & (packets.kept == packets.length) & ~taken
    for name, reader in _READERS.items():
        if name not in want:
            continue
        ports = np.array(PORTS[name], dtype=np.uint16)
        for index in np.flatnonzero(whole & (np.isin(packets.sport, ports) | np.isin(packets.dport, ports))).tolist():
            event = reader(_common(packets, index, name), packets.octets(index))
            if event is not None:
                mask[index] = True
                events.append(event)
    return events, mask


def icmp_of(frames: Frames, others: Others) -> Iterator[IcmpMessage]:
    """The ICMP messages among the frames that carry neither UDP nor TCP."""
    begun = 0
    for count, row in enumerate(others.rows.tolist()):
        frame = frames.frame(row)
        if count % _FRAMES_KEPT == 0:
            frames.forget(begun, int(frames.start[row]))
            begun = int(frames.start[row])
        found = layers.carried(frame, int(frames.linktype[row]))
        if found is None or found.protocol not in (ICMP, ICMP6) or not found.first or found.start + 2 > len(frame):
            continue
        place, length = (8, 16) if frame[found.network] >> 4 == 6 else (12, 4)
        begin = found.network + place
        ends = [_address(frame[begin + n * length : begin + (n + 1) * length]) for n in (0, 1)]
        at = int(frames.stamp[row]) / 1_000_000_000
        name = "icmpv6" if found.protocol == ICMP6 else "icmp"
        kind, code = frame[found.start], frame[found.start + 1]
        yield IcmpMessage(int(frames.number[row]), at, ends[0], 0, ends[1], 0, "", name, type=kind, code=code)


@lru_cache(maxsize=1024)
def _address(octets: bytes) -> str:
    return str(ipaddress.ip_address(octets))


def _common(packets: Packets, index: int, name: str) -> dict[str, Any]:
    flow = packets.flow(index)
    return {
        "frame": int(packets.number[index]), "at": float(packets.at[index]), "src": flow.src, "sport": flow.sport,
        "dst": flow.dst, "dport": flow.dport, "transport": "udp", "protocols": name,
    }  # fmt: skip


def _dhcp(common: dict[str, Any], octets: bytes) -> DhcpMessage | None:
    """RFC 2131 section 2; only with the magic cookie of RFC 2132."""
    if len(octets) < _BOOTP or octets[_BOOTP - 4 : _BOOTP] != _COOKIE:
        return None
    options = dhcp_options(octets)
    (xid,) = struct.unpack_from("!I", octets, 4)
    return DhcpMessage(
        **common,
        type=DHCP_TYPES.get(next(iter(options.get(53, b"")), 0), ""),
        xid=xid,
        mac=octets[28:34].hex(":"),
        your_address=str(ipaddress.IPv4Address(octets[16:20])),
        client_address=str(ipaddress.IPv4Address(octets[12:16])),
        host_name=options.get(12, b"").rstrip(b"\0").decode("utf-8", "replace"),
        options=options,
    )


def _dns(common: dict[str, Any], octets: bytes) -> DnsMessage | None:
    """RFC 1035 section 4; the answers in tshark's words."""
    if len(octets) < _DNS_HEAD:
        return None
    number, flags, questions, *counts = struct.unpack_from("!6H", octets)
    try:
        name, kind, position = "", 0, _DNS_HEAD
        for index in range(questions):
            asked, position = _name(octets, position)
            (of_type, _) = struct.unpack_from("!2H", octets, position)
            position += 4
            if index == 0:
                name, kind = asked, of_type
        records = list(_records(octets, position, sum(counts)))
    except (IndexError, struct.error, ValueError):
        return None
    response = bool(flags & 0x8000)
    return DnsMessage(
        **common,
        id=number,
        response=response,
        name=name,
        type=DNS_TYPES.get(kind, str(kind)),
        rcode=flags & 0x0F,
        answers=tuple(words for words, _ in records) if response else (),
        ttl=min((ttl for _, ttl in records[: counts[0]]), default=None) if response else None,
    )


def _records(octets: bytes, position: int, count: int) -> Iterator[tuple[str, int]]:
    """Each record in words, with its time to live."""
    for _ in range(count):
        name, position = _name(octets, position)
        kind, of_class, ttl, length = struct.unpack_from("!2HIH", octets, position)
        position += _DNS_RECORD
        if position + length > len(octets):
            raise ValueError("a record that is cut")
        words = f"{name or '<Root>'}: type {DNS_TYPES.get(kind, str(kind))}"
        if kind != 41:  # an option has no class (RFC 6891)
            words += f", class {'IN' if of_class & 0x7FFF == 1 else of_class & 0x7FFF}"
        yield words + _data(octets, position, length, kind), ttl
        position += length


def _data(octets: bytes, position: int, length: int, kind: int) -> str:
    if kind in (1, 28) and length in (4, 16):
        return f", addr {ipaddress.ip_address(octets[position : position + length])}"
    if kind == 33:
        priority, weight, port = struct.unpack_from("!3H", octets, position)
        target, _ = _name(octets, position + 6)
        return f", priority {priority}, weight {weight}, port {port}, target {target}"
    if kind in (2, 5, 12):
        word = {2: "ns", 5: "cname", 12: ""}[kind]
        return f", {f'{word} {_name(octets, position)[0]}'.strip()}"
    return ""


def _name(octets: bytes, position: int) -> tuple[str, int]:
    """A domain name and where it ends; names may point back (RFC 1035 section 4.1.4)."""
    labels: list[str] = []
    after = 0
    for _ in range(_MOST_JUMPS + 128):
        length = octets[position]
        if length >= 0xC0:
            after = after or position + 2
            position = (length & 0x3F) << 8 | octets[position + 1]
        elif length == 0:
            return ".".join(labels), after or position + 1
        else:
            label = octets[position + 1 : position + 1 + length]
            labels.append(label.decode("utf-8", "replace"))
            position += 1 + length
    raise ValueError("a name without an end")


_READERS: dict[str, Callable[[dict[str, Any], bytes], Packet | None]] = {"dns": _dns, "dhcp": _dhcp}
