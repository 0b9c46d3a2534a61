"""Faults of telephone events and of digits by INFO."""

from __future__ import annotations

import struct
from dataclasses import replace

from rigs.standin.media.rtp import RtpPacket
from rigs.standin.media.strategies import DtmfStrategy, PacketStrategy
from rigs.standin.sip.call_strategies import DigitStrategy

EVENT_BYTES = 4
FIRST_DYNAMIC = 96

_EVENT = struct.Struct("!BBH")


class EventDefect(PacketStrategy):
    """Spoils the packets of telephone events: they are the ones of four bytes."""

    def shape(self, packet: RtpPacket) -> RtpPacket:
        return self.spoiled(packet) if len(packet.payload) == _EVENT.size else packet

    def spoiled(self, packet: RtpPacket) -> RtpPacket:
        """The packet with its fault."""
        raise NotImplementedError


class EventsUnmarked(EventDefect):
    """The first packet of a digit has no marker: a digit pressed twice may count once."""

    feature = "dtmf-rfc4733"

    def spoiled(self, packet: RtpPacket) -> RtpPacket:
        return replace(packet, marker=False)


class EventsMarkedThroughout(EventDefect):
    """Each packet of a digit is marked: a gateway counts one digit as many."""

    feature = "dtmf-rfc4733"

    def spoiled(self, packet: RtpPacket) -> RtpPacket:
        return replace(packet, marker=True)


class EventsTooQuiet(EventDefect):
    """Digits are said to be at -63 dBm0: a gateway takes them for noise."""

    feature = "dtmf-rfc4733"

    def spoiled(self, packet: RtpPacket) -> RtpPacket:
        event, flags, duration = _EVENT.unpack(packet.payload)
        return replace(packet, payload=_EVENT.pack(event, flags & 0x80 | 63, duration))


class EventEndIsNotMarked(EventDefect):
    """At a gateway a key sounds on after it was let go: no packet of a digit has the end bit."""

    feature = "dtmf-rfc4733"

    def spoiled(self, packet: RtpPacket) -> RtpPacket:
        event, flags, duration = _EVENT.unpack(packet.payload)
        return replace(packet, payload=_EVENT.pack(event, flags & 0x7F, duration))


class EventDurationInMilliseconds(DtmfStrategy):
    """The duration of a digit is told in ms instead of samples: an eighth of what it was."""

    feature = "dtmf-rfc4733"

    def duration(self, elapsed: int) -> int:
        return elapsed // 8


class HashIsSentAsLetterA(DtmfStrategy):
    """No entry in a voice menu ever ends: the hash key sends the event of the letter A."""

    feature = "dtmf-keys"

    def event(self, digit: str) -> int:
        return 12 if digit == "#" else super().event(digit)


class InfoWithoutDuration(DigitStrategy):
    """INFO tells the digit and not how long it was."""

    feature = "dtmf-info"

    def info_body(self, digit: str, ms: int) -> bytes:
        return f"Signal={digit}\r\n".encode()


class InfoNumbersTheStar(DigitStrategy):
    """INFO tells star and hash as letters that no server knows."""

    feature = "dtmf-info"

    def info_body(self, digit: str, ms: int) -> bytes:
        return super().info_body({"*": "E", "#": "F"}.get(digit, digit), ms)


class DoubleDigitsAreOne(PacketStrategy):
    """A PIN of 1123 arrives as 123: a digit pressed twice in a row keeps the timestamp of the first."""

    feature = "dtmf-rfc4733"

    def __init__(self) -> None:
        self._last: dict[int, tuple[int, int]] = {}

    def shape(self, packet: RtpPacket) -> RtpPacket:
        if len(packet.payload) != EVENT_BYTES or packet.payload_type < FIRST_DYNAMIC:
            return packet
        digit = packet.payload[0]
        before, began = self._last.get(packet.ssrc, (-1, 0))
        if digit == before:
            return replace(packet, timestamp=began)
        self._last[packet.ssrc] = digit, packet.timestamp
        return packet
