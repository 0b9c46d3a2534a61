"""RTCP (RFC 3550 section 6): sender and receiver reports with a CNAME, and BYE."""

from __future__ import annotations

import struct
import time
from dataclasses import dataclass

from .reception import Reception

_SR, _RR, _SDES, _BYE = 200, 201, 202, 203
_NTP_EPOCH = 2_208_988_800


@dataclass(slots=True)
class FarReport:
    """What the far end last said: its clock (middle 32 bits; when it came), our loss in 256ths, round trip in s."""

    clock: int = 0
    came_at: float = 0.0
    fraction_lost: int = 0
    round_trip: float | None = None
    said_bye: bool = False


@dataclass(frozen=True, slots=True)
class Sent:
    """Our own stream at the moment of a report."""

    ssrc: int
    timestamp: int
    packets: int
    octets: int


def _packet(count: int, kind: int, body: bytes) -> bytes:
    return struct.pack("!BBH", 0x80 | count, kind, len(body) // 4) + body


def _ntp(now: float) -> tuple[int, int]:
    seconds = int(now)
    return seconds + _NTP_EPOCH & 0xFFFFFFFF, int((now - seconds) * 2**32)


@dataclass(frozen=True, slots=True)
class Received:
    """The far end's stream as a block tells it: packets lost so far and the highest number."""

    lost: int
    highest: int


def report(
    sent: Sent,
    talking: bool,
    reception: Reception,
    far: FarReport,
    cname: str,
    *,
    now: float,
    received: Received,
    bye: bool = False,
) -> bytes:
    """A compound packet: SR while we talk, else RR; SDES with CNAME; BYE when the stream ends. `now` is our clock."""
    block = _block(reception, far, received)
    count = 1 if block else 0
    own = struct.pack("!I", sent.ssrc)
    if talking:
        clock = struct.pack("!IIIII", *_ntp(now), sent.timestamp, sent.packets, sent.octets & 0xFFFFFFFF)
        compound = _packet(count, _SR, own + clock + block)
    else:
        compound = _packet(count, _RR, own + block)
    name = cname.encode()[:255]
    item = bytes([1, len(name)]) + name
    compound += _packet(1, _SDES, own + item + b"\0" * (4 - len(item) % 4))
    return compound + _packet(1, _BYE, own) if bye else compound


def _block(reception: Reception, far: FarReport, received: Received) -> bytes:
    if reception.ssrc is None:
        return b""
    delay = int((time.time() - far.came_at) * 65536) if far.clock else 0
    lost = max(-0x800000, min(0x7FFFFF, received.lost)) & 0xFFFFFF
    return struct.pack(
        "!IIIIII",
        reception.ssrc,
        reception.fraction_lost() << 24 | lost,
        received.highest & 0xFFFFFFFF,
        int(reception.jitter),
        far.clock,
        delay & 0xFFFFFFFF,
    )


def read(data: bytes, ours: int, far: FarReport) -> bool:
    """Takes in a compound packet; False if it is none. Blocks about other sources than `ours` are passed over."""
    seen = False
    while len(data) >= 4:
        first, kind, words = struct.unpack_from("!BBH", data)
        body, rest = data[4 : 4 + words * 4], data[4 + words * 4 :]
        if first >> 6 != 2 or len(body) < words * 4 or not _SR <= kind <= 207:
            return seen
        seen = True
        if kind == _SR and len(body) >= 24:
            high, low = struct.unpack_from("!II", body, 4)
            far.clock, far.came_at = (high & 0xFFFF) << 16 | low >> 16, time.time()
            _blocks(body[24:], first & 31, ours, far)
        elif kind == _RR:
            _blocks(body[4:], first & 31, ours, far)
        elif kind == _BYE:
            far.said_bye = True
        data = rest
    return seen


def _blocks(data: bytes, count: int, ours: int, far: FarReport) -> None:
    for at in range(0, min(count * 24, len(data) - 23), 24):
        ssrc, loss, _highest, _jitter, last, delay = struct.unpack_from("!IIIIII", data, at)
        if ssrc != ours:
            continue
        far.fraction_lost = loss >> 24
        if last:
            high, low = _ntp(time.time())
            now = (high & 0xFFFF) << 16 | low >> 16
            trip = now - last - delay & 0xFFFFFFFF
            far.round_trip = trip / 65536 if trip < 0x80000000 else None
