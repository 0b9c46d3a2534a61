"""Reads RTCP: the packets of a compound with their fields (RFC 3550 section 6)."""

from __future__ import annotations

import dataclasses
import struct
from collections.abc import Iterator
from typing import Any

from harness.capture.headers import decoded
from harness.capture.messages import Packet, ReportBlock, RtcpReport

SENDER, RECEIVER, DESCRIPTION, BYE = 200, 201, 202, 203
FIRST_TYPE, LAST_TYPE = 200, 207
_CNAME = 1
_BLOCK = struct.Struct("!IIIIII")


def is_compound(octets: bytes) -> bool:
    """Whether octets have the form of RTCP: version 2, known types, lengths that add up to the whole (§A.2)."""
    position = 0
    while position + 4 <= len(octets):
        first, kind, words = struct.unpack_from("!BBH", octets, position)
        if first >> 6 != 2 or not FIRST_TYPE <= kind <= LAST_TYPE:
            return False
        position += 4 * (words + 1)
    return 0 < position == len(octets)


def reports(base: Packet, octets: bytes, *, encrypted: bool = False) -> Iterator[RtcpReport]:
    """The packets of a compound; `base` has frame, time and ends. Of an encrypted one only the first is readable."""
    common = {field.name: getattr(base, field.name) for field in dataclasses.fields(Packet)}
    position = 0
    while position + 4 <= len(octets):
        first, kind, words = struct.unpack_from("!BBH", octets, position)
        if first >> 6 != 2:
            return
        end = position + 4 * (words + 1)
        found = {"type": kind, **_ssrc(octets[position:end], kind, first & 0x1F)}
        if encrypted:
            yield RtcpReport(**common, **{**found, "encrypted": True})
            return
        found |= _read(kind, first & 0x1F, octets[position:end])
        if end > len(octets):
            found["problem"] = f"the packet ends {end - len(octets)} octets before its length"
        yield RtcpReport(**common, **found)
        position = end


def _ssrc(packet: bytes, kind: int, count: int) -> dict[str, Any]:
    """The sender's source identifier; none in a BYE or a description without a source."""
    named = count if kind in (DESCRIPTION, BYE) else 1
    return {"ssrc": struct.unpack_from("!I", packet, 4)[0]} if named and len(packet) >= 8 else {}


def _read(kind: int, count: int, packet: bytes) -> dict[str, Any]:
    try:
        if kind == SENDER:
            seconds, fraction, stamp, packets, octets = struct.unpack_from("!IIIII", packet, 8)
            head = {"ntp": (seconds, fraction), "rtp_timestamp": stamp, "sender_packets": packets, "octets": octets}
            return {**head, **_blocks(packet, 28, count)}
        if kind == RECEIVER:
            return _blocks(packet, 8, count)
        if kind == BYE:
            return {"sources": struct.unpack_from(f"!{count}I", packet, 4)}
        if kind == DESCRIPTION:
            return _description(packet, count)
    except struct.error:
        return {"problem": "the packet is too short for its counts"}
    return {}


def _blocks(packet: bytes, position: int, count: int) -> dict[str, Any]:
    blocks = []
    for _ in range(count):
        ssrc, losses, highest, jitter, last, delay = _BLOCK.unpack_from(packet, position)
        lost = losses & 0xFFFFFF
        blocks.append(
            ReportBlock(ssrc, losses >> 24, lost - (lost >> 23 << 24), highest, jitter, last, delay)
        )  # the cumulative count is a signed number of 24 bits
        position += _BLOCK.size
    first = {"lost": blocks[0].lost, "jitter": blocks[0].jitter} if blocks else {}
    return {"blocks": tuple(blocks), **first}


def _description(packet: bytes, count: int) -> dict[str, Any]:
    """The sources of a description and the canonical name of the first (section 6.5)."""
    sources, cname, position = [], "", 4
    for _ in range(count):
        (source,) = struct.unpack_from("!I", packet, position)
        sources.append(source)
        position += 4
        while position < len(packet) and packet[position]:
            kind, length = struct.unpack_from("!BB", packet, position)
            if kind == _CNAME and not cname:
                cname = decoded(packet[position + 2 : position + 2 + length])
            position += 2 + length
        position += 4 - position % 4  # the null item and its padding
    return {"sources": tuple(sources), "cname": cname}
