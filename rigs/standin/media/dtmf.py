"""Telephone events (RFC 4733): a digit as a run of packets, and the digits of the far end."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

from .strategies import DtmfStrategy

KEYS = "0123456789*#ABCD"
_EVENT = struct.Struct("!BBH")
_VOLUME = 10
"""-10 dBm0, as most phones say."""
_SHORTEST_MS = 50
PAUSE_MS = 50
"""Silence between two digits of a queue."""


@dataclass(slots=True)
class SendingDigit:
    """One digit on its way out; `began` is the RTP timestamp of its first packet, `length` its duration in ms."""

    digit: str
    length: int
    began: int
    elapsed: int = 0
    ends: int = 0

    @classmethod
    def of(cls, digit: str, ms: int, began: int) -> SendingDigit:
        """A digit that lasts at least 50 ms."""
        return cls(digit, max(ms, _SHORTEST_MS), began)

    def packet(self, ptime: int, shape: DtmfStrategy) -> bytes:
        """The event payload of the next packet, `ptime` ms after the one before."""
        self.elapsed = min(self.elapsed + ptime, self.length)
        last = self.elapsed >= self.length
        self.ends += last
        duration = shape.duration(self.elapsed * 8)
        return _EVENT.pack(shape.event(self.digit), last << 7 | _VOLUME, duration)

    def over(self, shape: DtmfStrategy) -> bool:
        """True when the last of its end packets was made."""
        return self.ends >= shape.end_packets


@dataclass(slots=True)
class HeardDigits:
    """The far end's digits, each reported once: its packets share a timestamp, and the end comes three times."""

    digits: list[tuple[str, int]] = field(default_factory=list)
    _ended: int | None = None

    def packet(self, timestamp: int, payload: bytes) -> tuple[str, int] | None:
        """The digit and its duration in ms, at the first end packet; None otherwise and for events that are no keys."""
        if len(payload) < _EVENT.size:
            return None
        event, flags, duration = _EVENT.unpack_from(payload)
        if not flags & 0x80 or timestamp == self._ended or event >= len(KEYS):
            return None
        self._ended = timestamp
        heard = (KEYS[event], duration // 8)
        self.digits.append(heard)
        return heard
