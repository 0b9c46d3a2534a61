"""Makes the capture for a report: secrets masked at the same length, checksums repaired, comments on marked packets."""

from __future__ import annotations

import struct
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from harness.capture import binary_secrets, containers, layers, mailbox, packed_bodies, tftp
from harness.capture.layers import Carried
from harness.capture.pcap import Record, is_rtp
from harness.core.redaction import redaction

Mask = Callable[[bytes], bytes]
LARGEST_HOLE = 1 << 20
"""Octets that may be missing in a TCP stream; a larger gap begins another stream."""
_SNAPLEN = 262_144
_HALF = 1 << 31


def scrubbed(
    capture: bytes, *, comments: Mapping[int, str] | None = None, title: str = "", mask: Mask | None = None
) -> bytes:
    """A pcapng of the same packets that may be passed on; names, keys and remarks of the original are left out.

    `comments` go to packets by their number in this capture; a secret that is split over TCP segments or IP fragments
    is found too. Raises UsageError for other files.
    """
    records = containers.records(capture)
    typed = mailbox.typed_digits(capture)
    frames = masked([r.frame for r in records], mask or redaction.mask_bytes, [r.linktype for r in records], typed)
    return pcapng(records, frames, comments or {}, title)


def masked(
    frames: Sequence[bytes], mask: Mask, linktypes: Sequence[int] = (), typed: Collection[int] = ()
) -> list[bytes]:
    """The frames with every secret in their payloads masked; link types are Ethernet unless given.

    `typed` are the numbers, from 1, of frames with a digit that is a secret: the PIN of a mailbox.
    """
    kinds = linktypes or [layers.ETHERNET] * len(frames)
    pieces = [_Piece(bytearray(frame), layers.carried(frame, kind)) for frame, kind in zip(frames, kinds, strict=True)]
    streams: dict[bytes, list[_Piece]] = {}
    for piece in pieces:
        where = piece.where
        if where is None:
            # A packet without UDP or TCP may also contain readable text: a tunnel, an ICMP error with a message.
            piece.buffer[:] = _same_length(mask, bytes(piece.buffer))
        elif not piece.media:
            streams.setdefault(where.flow if where.protocol == layers.TCP or not where.whole else b"", []).append(piece)
    for number in typed:
        pieces[number - 1].put(mailbox.without_digit(pieces[number - 1].payload))
    datagrams = streams.pop(b"", [])
    for alone in datagrams:
        alone.put(_hidden(alone, alone.payload, mask))
    joined: list[Sequence[Part]] = [*streams.values(), *tftp.transfers(datagrams)]
    for stream in joined:
        for run in _runs(stream):
            _mask_run(run, mask)
    _repair(zip(frames, pieces, strict=True))
    return [bytes(piece.buffer) for piece in pieces]


@dataclass
class _Piece:
    """A frame under work, and where its transport header is."""

    buffer: bytearray
    where: Carried | None

    @property
    def position(self) -> int:
        """Where its payload begins in its stream."""
        assert self.where is not None
        return self.where.position

    @property
    def ports(self) -> tuple[int, int]:
        """Of source and destination; 0 where this is a later fragment."""
        where = self.where
        if where is None or not where.first or where.start + 4 > len(self.buffer):
            return 0, 0
        sport, dport = struct.unpack_from("!HH", self.buffer, where.start)
        return sport, dport

    @property
    def media(self) -> bool:
        """RTP is not changed: audio contains no secrets in text form."""
        where = self.where
        return bool(
            where and where.whole and where.protocol == layers.UDP and is_rtp(bytes(self.buffer), where.payload)
        )

    @property
    def payload(self) -> bytes:
        assert self.where is not None
        return bytes(self.buffer[self.where.payload : self.where.end])

    def put(self, payload: bytes) -> None:
        assert self.where is not None
        self.buffer[self.where.payload : self.where.end] = payload


class Part(tftp.Octets, Protocol):
    """A part of a stream of octets: a segment, a fragment, a block of a file."""

    @property
    def position(self) -> int:
        """Where it begins in its stream."""


def _runs(pieces: Sequence[Part]) -> list[list[tuple[int, Part]]]:
    """The pieces of one stream with their positions; a large jump or contradicting octets begin another stream."""
    runs: list[list[tuple[int, Part]]] = []
    seen: dict[int, bytes] = {}
    before = place = 0
    for piece in pieces:
        step = (piece.position - before + _HALF) % (2 * _HALF) - _HALF
        before = piece.position
        place += step
        there = seen.get(place, piece.payload)
        shorter = min(len(there), len(piece.payload))
        if not runs or abs(step) > LARGEST_HOLE or there[:shorter] != piece.payload[:shorter]:
            runs.append([])
            seen = {}
        seen[place] = piece.payload
        runs[-1].append((place, piece))
    return runs


def _mask_run(run: list[tuple[int, Part]], mask: Mask) -> None:
    """Join the pieces, in any order and with repetitions, to a stream, mask it, and split it again."""
    origin = min(place for place, _ in run)
    size = max(place + len(piece.payload) for place, piece in run) - origin
    stream = bytearray(size)
    # The first octet counts: a keep-alive repeats the position of an acknowledged octet (RFC 1122 §4.2.3.6).
    for place, piece in reversed(run):
        stream[place - origin : place - origin + len(piece.payload)] = piece.payload
    hidden = _hidden(run[0][1], bytes(stream), mask)
    for place, piece in run:
        begin, own = place - origin, piece.payload
        if stream[begin : begin + len(own)] == own:
            own = hidden[begin : begin + len(own)]
        piece.put(_same_length(mask, own))


def _hidden(part: Part, data: bytes, mask: Mask) -> bytes:
    """The octets of a datagram or stream without its secrets."""
    unpacked = packed_bodies.hidden(data, lambda plain: _same_length(mask, plain))
    return binary_secrets.hidden(_same_length(mask, unpacked), *part.ports)


def _same_length(mask: Mask, data: bytes) -> bytes:
    hidden = mask(data)
    return hidden if len(hidden) == len(data) else data


def _repair(pieces: Iterable[tuple[bytes, _Piece]]) -> None:
    """Update each checksum by the change (RFC 1624), which is right for an incomplete packet too.

    A wrong checksum remains wrong: it is a finding. That of fragments is in the first one.
    """
    changed: list[tuple[int, _Piece]] = []
    first: dict[bytes, _Piece] = {}
    for before, piece in pieces:
        where = piece.where
        if where is None:
            continue
        if not where.whole and where.first:
            first[where.flow] = piece
        old, new = before[where.start : where.end], bytes(piece.buffer[where.start : where.end])
        if old != new:
            changed.append((_sum(new) + (~_sum(old) & 0xFFFF), piece))
    for difference, piece in changed:
        assert piece.where is not None
        home = piece if piece.where.whole else first.get(piece.where.flow)
        if home is not None and home.where is not None and home.where.checksum:
            _correct(home.buffer, home.where, difference)


def _correct(buffer: bytearray, where: Carried, difference: int) -> None:
    (written,) = struct.unpack_from("!H", buffer, where.checksum)
    if where.protocol == layers.UDP and written == 0:
        return
    right = ~_folded((~written & 0xFFFF) + difference) & 0xFFFF
    struct.pack_into("!H", buffer, where.checksum, right or (0xFFFF if where.protocol == layers.UDP else 0))


def checksum(data: bytes) -> int:
    """The internet checksum (RFC 1071)."""
    return ~_sum(data) & 0xFFFF


def _sum(data: bytes) -> int:
    if len(data) % 2:
        data += b"\0"
    return _folded(sum(struct.unpack(f"!{len(data) // 2}H", data)))


def _folded(total: int) -> int:
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total


def pcapng(records: Sequence[Record], frames: Sequence[bytes], comments: Mapping[int, str], title: str) -> bytes:
    """These frames as a pcapng file with times in ns, an interface for each link type."""
    links = list(dict.fromkeys(record.linktype for record in records)) or [layers.ETHERNET]
    section = struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1) + _options({1: title.encode()} if title else {})
    blocks = [_block(0x0A0D0D0A, section)]
    blocks += [_block(1, struct.pack("<HHI", link, 0, _SNAPLEN) + _options({9: b"\x09"})) for link in links]
    for number, (record, frame) in enumerate(zip(records, frames, strict=True), 1):
        times = (record.stamp >> 32, record.stamp & 0xFFFFFFFF)
        head = struct.pack("<IIIII", links.index(record.linktype), *times, len(frame), record.length)
        remark = {1: comments[number].encode()} if number in comments else {}
        blocks.append(_block(6, head + _padded(frame) + _options(remark)))
    return b"".join(blocks)


def _block(kind: int, body: bytes) -> bytes:
    length = len(body) + 12
    return struct.pack("<II", kind, length) + body + struct.pack("<I", length)


def _options(values: Mapping[int, bytes]) -> bytes:
    if not values:
        return b""
    found = b""
    for code, value in values.items():
        data = value[:65000]
        found += struct.pack("<HH", code, len(data)) + _padded(data)
    return found + struct.pack("<HH", 0, 0)


def _padded(data: bytes) -> bytes:
    return data + b"\0" * (-len(data) % 4)
