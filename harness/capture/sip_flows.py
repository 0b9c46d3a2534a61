"""Finds the SIP messages of a capture: in datagrams, in TCP connections, and by tshark in fragments and TLS."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from harness.capture import exported, headers, tcp
from harness.capture.frames import Integers
from harness.capture.layers import TCP, UDP
from harness.capture.messages import SipMessage, endpoint
from harness.capture.packets import FIRST, Others, Packets
from harness.capture.sip_reader import Repetitions, looks_like_sip, sip_message

SIP_PORTS = (5060, 5061)
"""The ports for UDP and TCP, and for TLS (RFC 3261 section 18.2.1)."""
_COOKIE = 0x2112A442
_NAMES = b"INVIREGIOPTIACK BYE CANCNOTISUBSREFEINFOPRACUPDAMESSPUBLSIP/"
_KNOWN = tuple(_NAMES[place : place + 4] for place in range(0, len(_NAMES), 4))
_BEGINS = np.frombuffer(_NAMES, dtype=">u4").astype(np.uint32)
_MEANT = re.compile(rb"[\x20-\x7e]{0,9000}SIP/")
_BEGUN = re.compile(rb"SIP/2\.0 [1-6]|[A-Z]{3,20} (?:sips?|tel|urn):")
"""A first line that may be incomplete."""
_EMPTY_LINE = re.compile(rb"\r?\n\r?\n")
_NEXT = re.compile(
    rb"(?:(?<=\n)|\A)(?:SIP/[0-9.]{1,9} [^\r\n]{0,500}|[!-~][^\r\n]{2,9000}[ \t]SIP/[0-9][^\r\n/ ]{0,8})\r?\n"
)
"""A first line, valid or not: no header ends with the version."""
_FIRST_RECORD, _LAST_RECORD = 0x14, 0x17
"""Types of TLS records."""


@dataclass
class SipFound:
    """The messages of a capture in order, and the flows that could not be read."""

    messages: list[SipMessage] = field(default_factory=list)
    lost: list[tuple[str, float]] = field(default_factory=list)
    encrypted: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    indices: set[int] = field(default_factory=set)
    """Indices of the packets with SIP."""


def sip_of(
    packets: Packets, others: Others, *, ports: Collection[int] = SIP_PORTS, keylog: Path | None = None
) -> SipFound:
    """All SIP messages, repetitions marked; `ports` are those where SIP is always expected."""
    found = SipFound()
    found.messages += _datagrams(packets, ports, found)
    found.messages += _connections(packets, ports, found)
    found.messages += _by_tshark(packets, others, ports, keylog, found)
    if packets.frames.unsorted:
        found.messages.sort(key=lambda message: (message.at, message.frame))
    else:
        found.messages.sort(key=lambda message: message.frame)
    again = Repetitions()
    found.messages[:] = [again.marked(message) for message in found.messages]
    return found


def _message(packets: Packets, index: int, octets: bytes, *, cut: bool, transport: str) -> SipMessage:
    flow = packets.flow(index)
    fields = {"tos": int(packets.tos[index]), "ttl": int(packets.ttl[index])}
    return sip_message(
        int(packets.number[index]), float(packets.at[index]), flow.src, flow.sport, flow.dst, flow.dport,
        transport, octets, cut=cut, fields=fields,
    )  # fmt: skip


def _on_ports(packets: Packets, ports: Collection[int]) -> Integers:
    known = np.array(sorted(ports), dtype=np.uint16)
    return np.isin(packets.sport, known) | np.isin(packets.dport, known)


def _datagrams(packets: Packets, ports: Collection[int], found: SipFound) -> Iterator[SipMessage]:
    """Datagrams on any port that begin like SIP, and on a SIP port also those with an invalid first line."""
    first = packets.head[:, 0] >> 24
    text = ((first >= 0x41) & (first <= 0x5A)) | ((first >= 0x61) & (first <= 0x7A)) | (first == 0x0D)
    on_port = _on_ports(packets, ports)
    text |= on_port & (first >= 0x20) & (first < 0x7F)
    text &= (packets.protocol == UDP) & (packets.fragment != FIRST) & (packets.head[:, 1] != _COOKIE)
    chosen = np.flatnonzero(text)
    for index, _ in zip(chosen.tolist(), packets.frames.swept(packets.row[chosen]), strict=True):
        octets = packets.octets(index)
        cut = bool(packets.kept[index] < packets.length[index])
        meant = (on_port[index] and _MEANT.match(octets)) or (cut and _BEGUN.match(octets))
        if looks_like_sip(octets) or meant:
            found.indices.add(index)
            yield _message(packets, index, octets, cut=cut, transport="udp")


def _connections(packets: Packets, ports: Collection[int], found: SipFound) -> Iterator[SipMessage]:
    """The messages on connections of a SIP port, or with a first line of SIP in either direction."""
    of_tcp = packets.protocol == TCP
    on_port = of_tcp & _on_ports(packets, ports)
    spoken = {int(key) for key in np.unique(packets.key[on_port]).tolist()}
    known = np.flatnonzero(of_tcp & ~on_port & np.isin(packets.head[:, 0], _BEGINS))
    for index in known.tolist():
        if int(packets.key[index]) not in spoken and looks_like_sip(packets.octets(index)):
            spoken.add(int(packets.key[index]))
            spoken |= _reverse(packets, index)
    for indices in groups(packets.key, np.flatnonzero(np.isin(packets.key, sorted(spoken)))):
        if is_tls(packets, indices):
            continue
        found.indices.update(indices.tolist())
        for direction in tcp.directions(packets, indices):
            yield from _stream(packets, direction, found)


def _reverse(packets: Packets, index: int) -> set[int]:
    """The flow in the other direction."""
    flow = packets.flow(index)
    try:
        pair = packets.addresses.index((flow.dst, flow.src))
    except ValueError:
        return set()
    return {pair << 33 | 1 << 32 | flow.dport << 16 | flow.sport}


def groups(keys: Integers, indices: Integers) -> Iterator[Integers]:
    """Indices of one key each, in order within a group."""
    order = indices[np.argsort(keys[indices], kind="stable")]
    if len(order):
        yield from np.split(order, np.flatnonzero(np.diff(keys[order])) + 1)


def is_tls(packets: Packets, indices: Integers) -> bool:
    """Whether a direction carries TLS records: most long packets begin as one (RFC 8446 section 5.1)."""
    heads = packets.head[indices, 0]
    heads = heads[heads != 0]
    kind, version = heads >> 24, heads >> 16 & 0xFF
    records = (kind >= _FIRST_RECORD) & (kind <= _LAST_RECORD) & (version == 3)
    return bool(len(heads)) and bool(records.sum() * 4 >= len(heads))


def _stream(packets: Packets, direction: tcp.Direction, found: SipFound) -> Iterator[SipMessage]:
    for run in direction.runs:
        for start, end, whole in framed(bytes(run.octets), after_hole=run.after_hole):
            index = run.completes(end)
            yield _message(packets, index, bytes(run.octets[start:end]), cut=not whole, transport="tcp")
    for hole in direction.holes:
        if not hole.cut:
            found.lost.append((tcp.words(packets, hole.packet), float(packets.at[hole.packet])))


def framed(octets: bytes, *, after_hole: bool = False) -> Iterator[tuple[int, int, bool]]:
    """Where each message of a stream begins and ends, and whether it is whole (RFC 3261 section 18.3).

    Octets between two messages are skipped up to the next first line. After a gap the rest of a line may look like one:
    there only a known method begins a message.
    """
    position = int(after_hole and not octets.startswith(_KNOWN))
    while begin := _NEXT.search(octets, position):
        start = begin.start()
        head = _EMPTY_LINE.search(octets, start)
        if head is None:
            return
        length = _content_length(octets[start : head.end()])
        if length is None:
            following = _NEXT.search(octets, head.end())
            position = following.start() if following else len(octets)
        else:
            position = head.end() + length
        yield start, min(position, len(octets)), position <= len(octets)


def _content_length(head: bytes) -> int | None:
    for line in headers.split_lines(head)[0]:
        name, _, value = line.partition(":")
        if headers.full_name(name) == "content-length":
            return headers.number(value)
    return None


def _by_tshark(
    packets: Packets, others: Others, ports: Collection[int], keylog: Path | None, found: SipFound
) -> Iterator[SipMessage]:
    """Fragments of datagrams, frames of links that only tshark knows, TLS with its keys."""
    pieces, broken = _fragments(packets, others)
    secure = _tls_flows(packets, ports)
    opened = [packets.row[np.concatenate(secure)]] if keylog is not None and secure else []
    chosen = np.unique(np.concatenate([pieces, others.strange, *opened]))
    extra = sorted(set(ports) - set(SIP_PORTS))
    put_together = decrypted = 0
    if len(chosen):
        for one in exported.exported(packets.frames, chosen, keylog=keylog, ports=extra):
            put_together += one.transport == "udp"
            decrypted += one.transport == "tcp"
            yield sip_message(
                int(packets.frames.number[one.row]), int(packets.frames.stamp[one.row]) / 1_000_000_000,
                one.src, one.sport, one.dst, one.dport, "tls" if one.transport == "tcp" else one.transport, one.octets,
            )  # fmt: skip
    if broken > put_together:
        found.notes.append(f"{broken - put_together} SIP messages came in IP fragments that are not all there")
    if secure and not decrypted:
        found.encrypted += sorted({_tls_words(packets, indices) for indices in secure})
        found.notes += ["the key log opens no TLS connection of SIP"] if keylog else []


def _fragments(packets: Packets, others: Others) -> tuple[Integers, int]:
    """All fragments if a first fragment begins like SIP, and the number of those that do."""
    first = np.flatnonzero((packets.fragment == FIRST) & (packets.protocol == UDP))
    begun = sum(_BEGUN.match(packets.octets(index)) is not None for index in first.tolist())
    return others.fragments if begun else others.fragments[:0], begun


def _tls_flows(packets: Packets, ports: Collection[int]) -> list[Integers]:
    """The TLS connections of SIP ports, each direction separately."""
    flows = list(groups(packets.key, np.flatnonzero((packets.protocol == TCP) & _on_ports(packets, ports))))
    keys = set[int]()
    for indices in flows:
        if is_tls(packets, indices):
            keys |= {int(packets.key[indices[0]])} | _reverse(packets, int(indices[0]))
    return [indices for indices in flows if int(packets.key[indices[0]]) in keys]


def _tls_words(packets: Packets, indices: Integers) -> str:
    """Both ends in words; the lower port is the server's: `TLS 192.0.2.50 ↔ 192.0.2.11:5061`."""
    flow = packets.flow(int(indices[0]))
    client, server = sorted(((flow.src, flow.sport), (flow.dst, flow.dport)), key=lambda end: end[1], reverse=True)
    return f"TLS {client[0]} ↔ {endpoint(*server)}"
