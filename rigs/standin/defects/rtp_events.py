"""Faults of telephone events and of digits by INFO."""

from __future__ import annotations

import functools
import struct
from collections.abc import Callable
from dataclasses import replace
from weakref import WeakKeyDictionary

from rigs.standin.core.replacing import Replacement, defect
from rigs.standin.defects._altering import is_event
from rigs.standin.defects._healthy import Packets
from rigs.standin.media.rtp import RtpPacket
from rigs.standin.media.sender import Sender
from rigs.standin.media.strategies import DtmfStrategy
from rigs.standin.sip.call_strategies import DigitStrategy

_EVENT = struct.Struct("!BBH")


def spoils_event(*, feature: str) -> Callable[[Callable[[RtpPacket], RtpPacket]], Replacement]:
    """Declares a defect of the packets of telephone events."""

    def declare(spoil: Callable[[RtpPacket], RtpPacket]) -> Replacement:
        @functools.wraps(spoil)
        def outgoing(healthy: Packets, sender: Sender, packet: RtpPacket) -> RtpPacket:
            return healthy(sender, spoil(packet) if is_event(packet) else packet)

        return defect(feature=feature, replaces=Sender.outgoing)(outgoing)

    return declare


@spoils_event(feature="dtmf-rfc4733")
def events_unmarked(packet: RtpPacket) -> RtpPacket:
    """The first packet of a digit has no marker: a digit pressed twice may count once."""
    return replace(packet, marker=False)


@spoils_event(feature="dtmf-rfc4733")
def events_marked_throughout(packet: RtpPacket) -> RtpPacket:
    """Each packet of a digit is marked: a gateway counts one digit as many."""
    return replace(packet, marker=True)


@spoils_event(feature="dtmf-rfc4733")
def events_too_quiet(packet: RtpPacket) -> RtpPacket:
    """Digits are said to be at -63 dBm0: a gateway takes them for noise."""
    event, flags, duration = _EVENT.unpack(packet.payload)
    return replace(packet, payload=_EVENT.pack(event, flags & 0x80 | 63, duration))


@spoils_event(feature="dtmf-rfc4733")
def event_end_is_not_marked(packet: RtpPacket) -> RtpPacket:
    """At a gateway a key sounds on after it was let go: no packet of a digit has the end bit."""
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


_last_digits: WeakKeyDictionary[Sender, tuple[int, int]] = WeakKeyDictionary()


@defect(feature="dtmf-rfc4733", replaces=Sender.outgoing)
def double_digits_are_one(healthy: Packets, sender: Sender, packet: RtpPacket) -> RtpPacket:
    """A PIN of 1123 arrives as 123: a digit pressed twice in a row keeps the timestamp of the first."""
    if is_event(packet):
        digit = packet.payload[0]
        before, began = _last_digits.get(sender, (-1, 0))
        if digit == before:
            packet = replace(packet, timestamp=began)
        _last_digits[sender] = digit, packet.timestamp
    return healthy(sender, packet)
