"""Finds the packets that a mirror port delivered twice: unchanged, or again behind the router that forwarded them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from harness.capture import layers
from harness.capture.frames import Frames, Integers
from harness.capture.packets import Others, Packets

WINDOW_NS = 20_000_000
MIRRORED_FROM = 0.25
"""The share of repeated frames from which on a capture is treated as that of a mirror port, which doubles frames."""
_ODD = (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0x27D4EB2F165667C5)


@dataclass(frozen=True)
class Repeats:
    """The repeated packets and other frames, as indices among the packets and among the frames."""

    packets: Integers
    rows: Integers
    routed: int
    """The number of those that a router forwarded between both copies."""

    def __len__(self) -> int:
        return len(self.packets) + len(self.rows)


def repeats_of(packets: Packets, others: Others) -> Repeats:
    """The repeats of a capture.

    A copy whose time to live is one less comes from a router. Identical copies may be the sender's own: they count as a
    mirror's if a quarter of all frames came twice.
    """
    later, alike = _verified(packets, *_candidates(packets))
    routed = later[~alike]
    rows = np.zeros(0, dtype=np.int32)
    if len(later) or not len(packets):
        rows = _other_repeats(packets.frames, others.rows)
    if len(later) + len(rows) >= MIRRORED_FROM * len(packets.frames) > 0:
        return Repeats(later, rows, len(routed))
    return Repeats(routed, rows[:0], len(routed))


def _candidates(packets: Packets) -> tuple[Integers, Integers]:
    """Neighbours of one flow with the same header fields within the window."""
    with np.errstate(over="ignore"):
        mark = packets.key.astype(np.uint64) * np.uint64(_ODD[0])
        numbers = packets.identity.astype(np.uint64) << np.uint64(48)
        numbers |= packets.checksum.astype(np.uint64) << np.uint64(32)
        mark ^= (numbers | packets.head[:, 0]) * np.uint64(_ODD[1])
        mark ^= packets.head[:, 1] * np.uint64(_ODD[2])
        numbers = packets.sequence.astype(np.uint64) << np.uint64(17) | packets.length.astype(np.uint64)
        mark ^= numbers * np.uint64(_ODD[3])
    order = np.argsort(mark, kind="stable")
    same = mark[order[1:]] == mark[order[:-1]]
    stamps = packets.frames.stamp[packets.row[order]]
    same &= np.diff(stamps) <= WINDOW_NS
    return order[:-1][same], order[1:][same]


def _verified(packets: Packets, first: Integers, second: Integers) -> tuple[Integers, Any]:
    """The candidates whose octets are equal from the IP header on, and whether their time to live is equal."""
    data, four = packets.frames.data, _begins(packets)
    ends = packets.payload + packets.kept
    later, alike = [], []
    for one, other in zip(first.tolist(), second.tolist(), strict=True):
        hops = abs(int(packets.ttl[one]) - int(packets.ttl[other]))
        if hops > 1:
            continue
        before = data[int(four[one]) : int(ends[one])]
        after = data[int(four[other]) : int(ends[other])]
        if _without_hops(before) == _without_hops(after):
            later.append(other)
            alike.append(hops == 0)
    return np.array(later, dtype=np.int64), np.array(alike, dtype=bool)


def _begins(packets: Packets) -> Integers:
    begins: Integers = packets.frames.start[packets.row] + packets.network
    return begins


def _without_hops(packet: Any) -> tuple[bytes, ...]:
    """An IP packet without the fields that a router changes: time to live and header checksum, or hop limit."""
    if packet[0] >> 4 == 4:
        return bytes(packet[:8]), bytes(packet[9:10]), bytes(packet[12:])
    return bytes(packet[:7]), bytes(packet[8:])


def _other_repeats(frames: Frames, rows: Integers) -> Integers:
    last: dict[bytes, int] = {}
    found = []
    for row in rows.tolist():
        packet = layers.past_link(frames.frame(row), int(frames.linktype[row]))
        stamp = int(frames.stamp[row])
        if packet in last and stamp - last[packet] <= WINDOW_NS:
            found.append(row)
        last[packet] = stamp
    return np.array(found, dtype=np.int32)
