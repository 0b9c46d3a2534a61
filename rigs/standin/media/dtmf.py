"""Telephone events (RFC 4733): a digit as a run of packets, and the digits of the far end."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

from .rtp import RtpPacket
from .strategies import DtmfStrategy

KEYS = "0123456789*#ABCD"
_EVENT = struct.Struct("!BBH")
_VOLUME = 10
"""-10 dBm0, as most phones say."""
_SHORTEST_MS = 50
LONGEST_SEGMENT = 0xFFFF
"""Units of 1/8 ms that the duration of a packet can tell: 8.2 s."""
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
    _segments: int = 0
    _full: bool = False

    @classmethod
    def of(cls, digit: str, ms: int, began: int) -> SendingDigit:
        """A digit that lasts at least 50 ms."""
        return cls(digit, max(ms, _SHORTEST_MS), began)

    def packet(self, ptime: int, shape: DtmfStrategy) -> bytes:
        """The event payload of the next packet, `ptime` ms after the one before."""
        if self._full:  # the next segment begins where the last one ends (RFC 4733 section 2.5.1.3)
            self._segments, self._full = self._segments + 1, False
            self.began += LONGEST_SEGMENT
        self.elapsed = min(self.elapsed + ptime, self.length)
        units = self.elapsed * 8 - self._segments * LONGEST_SEGMENT
        self._full = units > LONGEST_SEGMENT
        last = self.elapsed >= self.length and not self._full
        self.ends += last
        duration = shape.duration(min(units, LONGEST_SEGMENT))
        return _EVENT.pack(shape.event(self.digit), last << 7 | _VOLUME, duration)

    def over(self, shape: DtmfStrategy) -> bool:
        """True when the last of its end packets was made."""
        return self.ends >= shape.end_packets


@dataclass(slots=True)
class HeardDigits:
    """The far end's digits, each reported once: its packets share a timestamp, and the end comes three times.

    A marker begins a digit also where the timestamp of the one before is used again; a timestamp that is the last one
    and its duration goes on with a long digit.
    """

    digits: list[tuple[str, int]] = field(default_factory=list)
    _event: int | None = None
    _began: int = 0
    _timestamp: int | None = None
    _duration: int = 0
    _over: bool = False
    _sequence: int = 0

    def packet(self, packet: RtpPacket) -> tuple[str, int] | None:
        """The digit and its duration in ms, at the first end packet; None otherwise and for events that are no keys."""
        if len(packet.payload) < _EVENT.size:
            return None
        event, flags, duration = _EVENT.unpack_from(packet.payload)
        if event >= len(KEYS):
            return None
        if packet.timestamp != self._timestamp or self._again(packet):
            if not self._goes_on(packet, event):
                self._began = packet.timestamp
            self._event, self._timestamp, self._over = event, packet.timestamp, False
        self._duration, self._sequence = duration, packet.sequence
        if not flags & 0x80 or self._over:
            return None
        self._over = True
        heard = (KEYS[event], ((packet.timestamp - self._began & 0xFFFFFFFF) + duration) // 8)
        self.digits.append(heard)
        return heard

    def _again(self, packet: RtpPacket) -> bool:
        """A marker behind the end of a digit: the same key once more, by a sender whose clock stood."""
        later = 0 < packet.sequence - self._sequence & 0xFFFF < 0x8000
        return packet.marker and self._over and later

    def _goes_on(self, packet: RtpPacket, event: int) -> bool:
        """The next segment of a digit that lasts longer than a packet can tell (section 2.5.1.3)."""
        if self._over or packet.marker or event != self._event or self._timestamp is None:
            return False
        return packet.timestamp - self._timestamp & 0xFFFFFFFF in (self._duration, LONGEST_SEGMENT)
