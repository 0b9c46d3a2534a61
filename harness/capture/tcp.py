"""Joins the octets of a TCP connection, one direction at a time, and names the gaps in it."""

from __future__ import annotations

import bisect
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from harness.capture.frames import Integers
from harness.capture.messages import endpoint
from harness.capture.packets import Packets

SYN = 0x02
_WHOLE, _HALF = 1 << 32, 1 << 31


@dataclass
class Run:
    """Octets without a gap; `places` has the octet at which each packet (an index) begins.

    `packets` are the latest until there: a packet that came early counts once the missing ones have come.
    """

    octets: bytearray = field(default_factory=bytearray)
    places: list[int] = field(default_factory=list)
    packets: list[int] = field(default_factory=list)
    after_hole: bool = False

    def add(self, index: int, octets: bytes) -> None:
        """Append the octets of the next packet."""
        self.places.append(len(self.octets))
        self.packets.append(max(index, self.packets[-1]) if self.packets else index)
        self.octets += octets

    def completes(self, end: int) -> int:
        """The packet with which everything before this octet was complete."""
        return self.packets[bisect.bisect_left(self.places, end) - 1]


@dataclass(frozen=True)
class Hole:
    """Octets that are missing before a packet (an index); `cut` if the capture did not keep them."""

    packet: int
    octets: int
    cut: bool


@dataclass
class Direction:
    """The octets that one end sent on one connection."""

    runs: list[Run] = field(default_factory=list)
    holes: list[Hole] = field(default_factory=list)


def directions(packets: Packets, indices: Integers) -> Iterator[Direction]:
    """The connections in the packets of one flow, in order of time; each SYN with a new sequence number begins one."""
    opened = np.flatnonzero((packets.flags[indices] & SYN) != 0)
    begins, known = [0], set[int]()
    for place in opened.tolist():
        first = int(packets.sequence[indices[place]])
        if place and first not in known:
            begins.append(place)
        known.add(first)
    for begin, end in zip(begins, [*begins[1:], len(indices)], strict=True):
        yield _direction(packets, indices[begin:end])


def _direction(packets: Packets, indices: Integers) -> Direction:
    """Sorted by sequence number; of repeated octets the first ones count."""
    first, opened = int(packets.sequence[indices[0]]), bool(packets.flags[indices[0]] & SYN)
    relative = (packets.sequence[indices].astype(np.int64) - first + _HALF) % _WHOLE - _HALF
    relative += (packets.flags[indices] & SYN) != 0
    carrying = packets.length[indices] > 0
    indices, relative = indices[carrying], relative[carrying]
    order = np.argsort(relative, kind="stable")
    found, position = Direction([Run()]), 1 if opened else None  # SYN counts as one octet
    for index, begins in zip(indices[order].tolist(), relative[order].tolist(), strict=True):
        length, kept = int(packets.length[index]), int(packets.kept[index])
        if position is not None and begins + length <= position:
            continue
        if position is None or begins > position:
            if position is not None:
                found.holes.append(Hole(index, begins - position, cut=False))
                found.runs.append(Run(after_hole=True))
            position = begins
        found.runs[-1].add(index, packets.octets(index)[position - begins :])
        position = begins + length
        if kept < length:
            found.holes.append(Hole(index, length - kept, cut=True))
            found.runs.append(Run(after_hole=True))
    found.runs = [run for run in found.runs if run.octets]
    return found


def words(packets: Packets, index: int) -> str:
    """The connection of a packet in words: `TCP 192.0.2.50:40000 → 192.0.2.11:5060`."""
    flow = packets.flow(index)
    return f"TCP {endpoint(flow.src, flow.sport)} → {endpoint(flow.dst, flow.dport)}"
