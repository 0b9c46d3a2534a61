"""Writes captures of the size of a night and of a long call, without placing calls or opening pages."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import IO

from harness.bench.stored_call import BEGINS, CallParties, alaw_of, frames, register, tcp, udp
from harness.capture.pcap import PcapHeader

CALLS, REGISTRATIONS, PAGES = 150, 1300, 1300
"""The amount of a night of the asterisk profile: 7000 SIP messages, 94,000 packets, 70 % of them web pages."""
_PAGE = (1448, 0, 420, 0, 300, 0)
"""Octets of the segments of a page; 0 is an acknowledgement."""
_ROUNDS = 8
_STEP = 4.0


def write_night(path: Path) -> int:
    """A night's capture; returns its packets."""
    with path.open("wb") as file:
        return _written(file, sorted(_night(), key=lambda pair: pair[0]))


def write_long_call(path: Path, hours: float) -> int:
    """A call of so many hours with packets of 20 ms both ways; returns its packets."""
    who = CallParties()
    with path.open("wb") as file:
        opening = sorted(frames(0.0, who, BEGINS), key=lambda pair: pair[0])
        count = _written(file, (pair for pair in opening if pair[0] < BEGINS + 1.0))
        return count + _written(file, _speech(who, BEGINS + 1.0, round(hours * 3600 * 50)), header=False)


def _speech(who: CallParties, begins: float, packets: int) -> Iterator[tuple[float, bytes]]:
    here, there = (who.base, who.base_port), (who.peer, who.peer_port)
    ways = []
    for ends, ssrc, tone in (((*here, *there), 0x11111111, 440.0), ((*there, *here), 0x22222222, 1000.0)):
        whole = udp(*ends, bytes(12) + alaw_of(0, tone))
        ways.append((whole[:42], whole[54:], ssrc))
    for number in range(packets):
        for way, (head, payload, ssrc) in enumerate(ways):
            marker = 0x80 if number == 0 else 0
            rtp = struct.pack("!BBHII", 0x80, 8 | marker, (100 + number) & 0xFFFF, number * 160 & 0xFFFFFFFF, ssrc)
            yield begins + number * 0.02 + way * 0.0004, head + rtp + payload


def _night() -> Iterator[tuple[float, bytes]]:
    who = CallParties()
    for number in range(CALLS):
        parties = replace(who, base_port=50000 + 2 * number, call_id=f"call-{number}@snom")
        yield from frames(1.0, parties, BEGINS + number * _STEP)
    for number in range(REGISTRATIONS):
        yield from register(who, number, BEGINS + number * 0.4)
    for number in range(PAGES):
        yield from _page(who, 40000 + number % 20000, BEGINS + number * 0.4)


def _page(who: CallParties, port: int, begins: float) -> Iterator[tuple[float, bytes]]:
    """A page that the web browser fetches from the base."""
    there, back = (who.pbx, port, who.base, 80), (who.base, 80, who.pbx, port)
    asked = b"GET /index.htm HTTP/1.1\r\nHost: " + who.base.encode() + b"\r\n\r\n"
    length = sum(_PAGE) * _ROUNDS
    head = f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {length}\r\n\r\n".encode()
    yield begins, tcp(*there, 1000, 0, 0x02)
    yield begins + 0.001, tcp(*back, 5000, 1001, 0x12)
    yield begins + 0.002, tcp(*there, 1001, 5001, 0x18, asked)
    at, sent, answered = begins + 0.003, 5001, 1001 + len(asked)
    yield at, tcp(*back, sent, answered, 0x18, head)
    sent += len(head)
    for size in _PAGE * _ROUNDS:
        at += 0.0005
        if size:
            yield at, tcp(*back, sent, answered, 0x10, b"<td>status</td>".ljust(size, b" "))
            sent += size
        else:
            yield at, tcp(*there, answered, sent, 0x10)


def _written(file: IO[bytes], packets: Iterable[tuple[float, bytes]], *, header: bool = True) -> int:
    file.write(PcapHeader.ethernet().raw if header else b"")
    count = 0
    for at, frame in packets:
        microseconds = round(at * 1_000_000)
        seconds, rest = divmod(microseconds, 1_000_000)
        file.write(struct.pack("<IIII", seconds, rest, len(frame), len(frame)) + frame)
        count += 1
    return count
