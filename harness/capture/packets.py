"""The UDP and TCP packets of a capture as columns, read from their headers for many frames at once.

Ethernet with VLAN tags or PPPoE, cooked, raw and loopback captures, IPv4, IPv6 and IP in IP are read by whole columns;
rarer layers (GRE, extension headers) are read frame by frame by `layers`.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from harness.capture import layers
from harness.capture.frames import Frames, Integers, Words
from harness.capture.layers import TCP, UDP

CHUNK = 1 << 14
"""Frames that are read at a time; then their part of the file is released."""
_TAGS = (0x8100, 0x88A8, 0x9100)
_IPV4, _IPV6, _PPPOE = 0x0800, 0x86DD, 0x8864
_IN_IP, _GRE, _EXTENSIONS = (4, 41), 47, (0, 43, 44, 60)
_DEEPEST = 4
_RAW = (layers.RAW, layers.RAW_BSD, layers.IPV4, layers.IPV6)
_KNOWN = (layers.ETHERNET, layers.SLL, layers.SLL2, layers.NULL, layers.LOOP, *_RAW)
NONE, FIRST, LATER = 0, 1, 2
"""A whole datagram; its first fragment; a later fragment."""


class Flow(NamedTuple):
    """One direction between two ends."""

    src: str
    sport: int
    dst: str
    dport: int
    protocol: int


@dataclass(frozen=True)
class Packets:
    """One entry for each UDP or TCP packet, in the order of the frames.

    `row` is its place among the frames; `pair` names its two addresses. `payload` is where its octets begin in the
    file, `length` their number on the wire, `kept` that in the file. `head` has the first twelve as three numbers, 0 if
    they are missing. `fragment` marks the first fragment of a datagram.
    """

    frames: Frames
    addresses: tuple[tuple[str, str], ...]
    row: Integers
    pair: Integers
    protocol: Integers
    sport: Integers
    dport: Integers
    payload: Integers
    length: Integers
    kept: Integers
    ttl: Integers
    tos: Integers
    identity: Integers
    checksum: Integers
    network: Integers
    sequence: Integers
    flags: Integers
    fragment: Integers
    head: NDArray[np.uint32]

    def __len__(self) -> int:
        return len(self.row)

    def where(self, chosen: Any) -> Packets:
        """The packets of a mask or of indices."""
        columns = {f.name: getattr(self, f.name) for f in fields(self) if f.name not in ("frames", "addresses")}
        return replace(self, **{name: column[chosen] for name, column in columns.items()})

    @cached_property
    def number(self) -> Integers:
        """The numbers of the frames, counted from 1."""
        found: Integers = self.frames.number[self.row]
        return found

    @cached_property
    def at(self) -> NDArray[np.float64]:
        """The times in epoch seconds."""
        return self.frames.stamp[self.row] / 1_000_000_000

    @cached_property
    def key(self) -> Integers:
        """A number for each flow: addresses, protocol and ports."""
        key = self.pair.astype(np.int64) << 33
        key |= (self.protocol == TCP).astype(np.int64) << 32
        key |= self.sport.astype(np.int64) << 16
        key |= self.dport
        return key

    def flow(self, index: int) -> Flow:
        """The ends of one packet."""
        src, dst = self.addresses[int(self.pair[index])]
        return Flow(src, int(self.sport[index]), dst, int(self.dport[index]), int(self.protocol[index]))

    def octets(self, index: int) -> bytes:
        """The payload of one packet, as far as it was captured."""
        start = int(self.payload[index])
        return bytes(self.frames.data[start : start + int(self.kept[index])])


class Others(NamedTuple):
    """Rows of the frames that are no UDP or TCP packet, of all IP fragments, and of links that only tshark knows."""

    rows: Integers
    fragments: Integers
    strange: Integers


def packets_of(frames: Frames) -> tuple[Packets, Others]:
    """The packets of all frames, and the other frames."""
    pairs: dict[bytes, int] = {}
    parts = [_chunk(frames, begin, pairs) for begin in range(0, max(1, len(frames)), CHUNK)]
    columns = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    others, fragments = columns.pop("others"), columns.pop("fragments")
    strange = np.flatnonzero(~np.isin(frames.linktype, _KNOWN)).astype(np.int32)
    return Packets(frames, tuple(map(_ends, pairs)), **columns), Others(others, fragments, strange)


def _ends(both: bytes) -> tuple[str, str]:
    half = len(both) // 2
    return str(ipaddress.ip_address(both[:half])), str(ipaddress.ip_address(both[half:]))


def _chunk(frames: Frames, begin: int, pairs: dict[bytes, int]) -> dict[str, Any]:
    end = min(begin + CHUNK, len(frames))
    rows = np.arange(begin, end, dtype=np.int32)
    words = Words(frames.data)
    found = _Headers(frames, rows, words)
    spoken = np.isin(found.protocol, (UDP, TCP)) & (found.fragment != LATER)
    room = np.where(found.protocol == TCP, 20, 8)
    spoken &= found.start + room <= found.end
    columns = _transport(found, np.flatnonzero(spoken), words, pairs)
    kept = columns.pop("whole")
    columns = {name: column[kept] for name, column in columns.items()}
    spoken[np.flatnonzero(spoken)[~kept]] = False
    columns["others"] = rows[~spoken]
    columns["fragments"] = rows[found.fragment != NONE]
    if end > begin and not frames.unsorted:
        frames.forget(int(frames.start[begin]), int(frames.start[end - 1] + frames.kept[end - 1]))
    return columns


class _Headers:
    """For each frame of a chunk: where its innermost IP packet and the payload of this begin and end."""

    def __init__(self, frames: Frames, rows: Integers, words: Words) -> None:
        self.rows, self.words = rows, words
        self.begin = frames.start[rows]
        self.end = self.begin + frames.kept[rows]
        self.network = _network(self.begin, self.end, frames.linktype[rows], words)
        shape = len(rows)
        self.version = np.zeros(shape, dtype=np.uint8)
        self.protocol = np.full(shape, 255, dtype=np.uint8)
        self.start = np.zeros(shape, dtype=np.int64)
        self.stop = np.zeros(shape, dtype=np.int64)
        self.fragment = np.zeros(shape, dtype=np.uint8)
        inside = np.flatnonzero(self.network >= 0)
        for _ in range(_DEEPEST):
            inside = self._internet(inside)
        odd = (self.protocol == _GRE) | ((self.version == 6) & np.isin(self.protocol, _EXTENSIONS))
        for index in np.flatnonzero(odd):
            self._rare(int(index), frames)

    def _internet(self, inside: Integers) -> Integers:
        """Read one IP header of each; returns the frames with another IP packet inside, whose header is next."""
        at, end = self.network[inside], self.end[inside]
        version = np.where(at < end, self.words.one[np.minimum(at, len(self.words.one) - 1)] >> 4, 0)
        four = inside[(version == 4) & (at + 20 <= end)]
        six = inside[(version == 6) & (at + 40 <= end)]
        self._four(four)
        self._six(six)
        deeper: Integers = np.concatenate((four, six))
        deeper = deeper[np.isin(self.protocol[deeper], _IN_IP) & (self.fragment[deeper] == NONE)]
        self.network[deeper] = self.start[deeper]
        return deeper

    def _four(self, which: Integers) -> None:
        at, one, two = self.network[which], self.words.one, self.words.two
        total = two(at + 2).astype(np.int64)
        fragment = two(at + 6) & 0x3FFF
        self.version[which] = 4
        self.protocol[which] = one[at + 9]
        self.start[which] = at + (one[at] & 0x0F).astype(np.int64) * 4
        # A length of 0 was to be set by the network card (segmentation offload).
        self.stop[which] = np.where(total > 0, at + total, self.end[which])
        self.fragment[which] = np.where(fragment == 0, NONE, np.where(fragment & 0x1FFF, LATER, FIRST))

    def _six(self, which: Integers) -> None:
        at = self.network[which]
        total = self.words.two(at + 4).astype(np.int64)
        self.version[which] = 6
        self.protocol[which] = self.words.one[at + 6]
        self.start[which] = at + 40
        self.stop[which] = np.where(total > 0, at + 40 + total, self.end[which])

    def _rare(self, index: int, frames: Frames) -> None:
        """Read one frame that needs `layers`."""
        row = int(self.rows[index])
        found = layers.carried(frames.frame(row), int(frames.linktype[row]))
        if found is None:
            self.protocol[index] = 255
            return
        begin = int(self.begin[index])
        self.network[index] = begin + found.network
        one = np.array([index])
        (self._four if self.words.one[begin + found.network] >> 4 == 4 else self._six)(one)
        self.protocol[index] = found.protocol
        self.start[index] = begin + found.start
        self.fragment[index] = NONE if found.whole else FIRST if found.first else LATER


def _network(begin: Integers, end: Integers, linktype: Integers, words: Words) -> Integers:
    """Where the IP packet of each frame begins; -1 without one, or if the link type is not known."""
    found = np.full(len(begin), -1, dtype=np.int64)
    for link, place in ((layers.ETHERNET, 12), (layers.SLL, 14)):
        which = np.flatnonzero(linktype == link)
        found[which] = _after_type(begin[which] + place, end[which], words)
    cooked = np.flatnonzero((linktype == layers.SLL2) & (begin + 20 <= end))
    kind = words.two(begin[cooked])
    found[cooked] = np.where((kind == _IPV4) | (kind == _IPV6), begin[cooked] + 20, -1)
    for links, length in (((layers.NULL, layers.LOOP), 4), (_RAW, 0)):
        which = np.flatnonzero(np.isin(linktype, links))
        found[which] = begin[which] + length
    return found


def _after_type(at: Integers, end: Integers, words: Words) -> Integers:
    """The type and offset behind VLAN tags and PPPoE."""
    last = len(words.one) - 2
    for _ in range(_DEEPEST):
        kind = np.where(at + 2 <= end, words.two(np.minimum(at, last)), 0)
        at = np.where(np.isin(kind, _TAGS), at + 4, at)
    inner = np.where((kind == _PPPOE) & (at + 10 <= end), words.two(np.minimum(at + 8, last)), 0)
    found = np.where((kind == _IPV4) | (kind == _IPV6), at + 2, -1)
    return np.where((inner == 0x0021) | (inner == 0x0057), at + 10, found)


def _transport(found: _Headers, which: Integers, words: Words, pairs: dict[bytes, int]) -> dict[str, Any]:
    """The columns of the frames with UDP or TCP; `whole` is false for a cut TCP header."""
    at, start, end, stop = found.network[which], found.start[which], found.end[which], found.stop[which]
    four, tcp = found.version[which] == 4, found.protocol[which] == TCP
    payload = start + np.where(tcp, (words.one[np.where(tcp, start + 12, start)] >> 4).astype(np.int64) * 4, 8)
    counted = words.two(start + 4).astype(np.int64) - 8
    fragment = found.fragment[which]
    length = np.where(tcp | (counted < 0), stop - payload, counted)
    length = np.where((fragment == NONE) & ~tcp, np.minimum(length, stop - payload), length)
    kept = np.clip(np.minimum(np.minimum(payload + length, end), stop) - payload, 0, None)
    six = ~four
    return {
        "row": found.rows[which],
        "pair": _pairs(at, four, words, pairs),
        "protocol": found.protocol[which],
        "sport": words.two(start).astype(np.uint16),
        "dport": words.two(start + 2).astype(np.uint16),
        "payload": payload,
        "length": np.maximum(length, 0).astype(np.int32),
        "kept": kept.astype(np.int32),
        "ttl": words.one[at + np.where(four, 8, 7)],
        "tos": np.where(six, words.two(at) >> 4 & 0xFF, words.one[at + 1]).astype(np.uint8),
        "identity": np.where(four, words.two(at + 4), 0).astype(np.uint16),
        "checksum": words.two(start + np.where(tcp, 16, 6)).astype(np.uint16),
        "network": (at - found.begin[which]).astype(np.uint16),
        "sequence": np.where(tcp, words.four(np.where(tcp, start + 4, start)), 0).astype(np.uint32),
        "flags": np.where(tcp, words.one[np.where(tcp, start + 13, start)], 0).astype(np.uint8),
        "fragment": fragment,
        "head": _head(payload, kept, words),
        "whole": payload <= end,
    }


def _head(payload: Integers, kept: Integers, words: Words) -> NDArray[np.uint32]:
    found = np.zeros((len(payload), 3), dtype=np.uint32)
    for place in range(3):
        there = np.flatnonzero(kept >= 4 * place + 4)
        found[there, place] = words.four(payload[there] + 4 * place)
    return found


def _pairs(at: Integers, four: Any, words: Words, pairs: dict[bytes, int]) -> Integers:
    """A number for the two addresses of each packet, the same in all chunks."""
    found = np.zeros(len(at), dtype=np.int32)
    for which, place, length in ((np.flatnonzero(four), 12, 8), (np.flatnonzero(~four), 8, 32)):
        if not len(which):
            continue
        both = np.empty((len(which), length // 4), dtype=">u4")
        for word in range(length // 4):
            both[:, word] = words.four(at[which] + place + 4 * word)
        # An array of texts loses trailing zeros; numbers are sorted much faster.
        plain = both.view(">u8").ravel().astype(np.uint64) if length == 8 else both.view(f"S{length}").ravel()
        names, inverse = np.unique(plain, return_inverse=True)
        texts = [n.ljust(length, b"\0") if isinstance(n, bytes) else int(n).to_bytes(8, "big") for n in names]
        numbers = np.array([pairs.setdefault(text, len(pairs)) for text in texts], dtype=np.int32)
        found[which] = numbers[inverse.ravel()]
    return found
