"""Faults of RTP and RTCP packets: clock, numbers, marker, reports, ports, destination, type of service."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from rigs.standin.core.replacing import defect
from rigs.standin.media.rtcp import Sent
from rigs.standin.media.rtp import RtpPacket
from rigs.standin.media.sender import Sender
from rigs.standin.media.strategies import (
    ContinuityStrategy,
    DestinationStrategy,
    MarkerStrategy,
    MediaTosStrategy,
    PacketStrategy,
    PortStrategy,
    RtcpStrategy,
)


class WidebandClockDoubled(PacketStrategy):
    """The timestamps of G.722 go at 16 kHz, as it sounds and not as RFC 3551 counts."""

    feature = "codec-g722"

    def shape(self, packet: RtpPacket) -> RtpPacket:
        return replace(packet, timestamp=packet.timestamp * 2) if packet.payload_type == 9 else packet


class TimestampCountsPackets(ContinuityStrategy):
    """The timestamp rises by one a packet instead of one a sample."""

    feature = "two-way-audio"

    def step(self, milliseconds: int) -> int:
        return 1


class EveryPacketMarked(MarkerStrategy):
    """Every packet is marked as the start of a talk spurt: the far end's buffer starts anew each time."""

    feature = "two-way-audio"

    def marks(self, first: bool) -> bool:
        return True


class SequenceStepsByTwo(PacketStrategy):
    """Sequence numbers rise by two: the far end counts half of the packets as lost."""

    feature = "two-way-audio"

    def shape(self, packet: RtpPacket) -> RtpPacket:
        return replace(packet, sequence=packet.sequence * 2 & 0xFFFF)


class ReportsOfAnotherSource(RtcpStrategy):
    """Sender reports speak of a source that sends nothing."""

    feature = "rtcp"

    def own(self, sent: Sent) -> Sent:
        return replace(sent, ssrc=sent.ssrc ^ 0xFF)


class ReportsCountTooMuch(RtcpStrategy):
    """Sender reports count bytes where packets are meant."""

    feature = "rtcp"

    def own(self, sent: Sent) -> Sent:
        return replace(sent, packets=sent.octets)


@defect(feature="two-way-audio", replaces=Sender.outgoing)
def packets_lack_their_last_byte(
    healthy: Callable[[Sender, RtpPacket], RtpPacket], sender: Sender, packet: RtpPacket
) -> RtpPacket:
    """Each packet ends a sample too early: speech crackles, some far ends refuse the packets."""
    return healthy(sender, replace(packet, payload=packet.payload[:-1]))


class OldGatewayKept(DestinationStrategy):
    """When the far end's media move to another gateway it hears nothing more: packets go to the first one for ever."""

    feature = "rtp-recovery"

    def target(
        self, signalled: tuple[str, int], seen: tuple[str, int] | None, *, first: tuple[str, int]
    ) -> tuple[str, int]:
        return super().target(signalled, seen, first=first) if signalled == first else first


class PortsUsedOnce(PortStrategy):
    """After some calls none is possible until a reboot: past the end of the RTP range the ports do not begin anew."""

    feature = "rtp-ports"

    def pairs(self, first: int, last: int, start: int) -> list[int]:
        return [port for port in super().pairs(first, last, start) if port >= start]


class ThreeBitsOfTos(MediaTosStrategy):
    """Media marked EF (184) leaves as CS5 (160): only the three precedence bits of tos_rtp are used."""

    feature = "tos"

    def value(self, setting: int) -> int:
        return setting & 0xE0
