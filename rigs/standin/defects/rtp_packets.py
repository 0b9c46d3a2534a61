"""Faults of RTP and RTCP packets: clock, numbers, marker, reports, ports, destination, type of service."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from weakref import WeakKeyDictionary

from rigs.standin.core.replacing import defect
from rigs.standin.defects._altering import is_event
from rigs.standin.defects._healthy import Packets
from rigs.standin.media.codecs import AirToNetwork
from rigs.standin.media.reports import Reports
from rigs.standin.media.rtcp import Sent
from rigs.standin.media.rtp import RtpPacket
from rigs.standin.media.sender import Format, Sender
from rigs.standin.media.strategies import ContinuityStrategy, DestinationStrategy, MediaTosStrategy, PortStrategy


@defect(feature="codec-g722", replaces=Sender.outgoing)
def wideband_clock_doubled(healthy: Packets, sender: Sender, packet: RtpPacket) -> RtpPacket:
    """The timestamps of G.722 go at 16 kHz, as it sounds and not as RFC 3551 counts."""
    return healthy(sender, replace(packet, timestamp=packet.timestamp * 2) if packet.payload_type == 9 else packet)


class TimestampCountsPackets(ContinuityStrategy):
    """The timestamp rises by one a packet instead of one a sample."""

    feature = "two-way-audio"

    def step(self, milliseconds: int) -> int:
        return 1


@defect(feature="two-way-audio", replaces=Sender.outgoing)
def every_packet_marked(healthy: Packets, sender: Sender, packet: RtpPacket) -> RtpPacket:
    """Every packet is marked as the start of a talk spurt: the far end's buffer starts anew each time."""
    return healthy(sender, packet if is_event(packet) else replace(packet, marker=True))


@defect(feature="two-way-audio", replaces=Sender.outgoing)
def sequence_steps_by_two(healthy: Packets, sender: Sender, packet: RtpPacket) -> RtpPacket:
    """Sequence numbers rise by two: the far end counts half of the packets as lost."""
    return healthy(sender, replace(packet, sequence=packet.sequence * 2 & 0xFFFF))


@defect(feature="rtcp", replaces=Reports.sent)
def reports_of_another_source(healthy: Callable[[Reports], Sent], reports: Reports) -> Sent:
    """Sender reports speak of a source that sends nothing."""
    sent = healthy(reports)
    return replace(sent, ssrc=sent.ssrc ^ 0xFF)


@defect(feature="rtcp", replaces=Reports.sent)
def reports_count_too_much(healthy: Callable[[Reports], Sent], reports: Reports) -> Sent:
    """Sender reports count bytes where packets are meant."""
    sent = healthy(reports)
    return replace(sent, packets=sent.octets)


@defect(feature="two-way-audio", replaces=Sender.outgoing)
def packets_lack_their_last_byte(healthy: Packets, sender: Sender, packet: RtpPacket) -> RtpPacket:
    """Each packet ends a sample too early: speech crackles, some far ends refuse the packets."""
    return healthy(sender, replace(packet, payload=packet.payload[:-1]))


class OldGatewayKept(DestinationStrategy):
    """When the far end's media move to another gateway it hears nothing more: packets go to the first one for ever."""

    feature = "rtp-recovery"

    def target(
        self, signalled: tuple[str, int], seen: tuple[str, int] | None, *, first: tuple[str, int]
    ) -> tuple[str, int]:
        return super().target(signalled, seen, first=first) if signalled == first else first


class OldHostKept(DestinationStrategy):
    """A recorder to which a call is moved hears nothing: a new port is followed, a new address is not."""

    feature = "rtp-recovery"

    def target(
        self, signalled: tuple[str, int], seen: tuple[str, int] | None, *, first: tuple[str, int]
    ) -> tuple[str, int]:
        return first[0], super().target(signalled, seen, first=first)[1]


_event_numbers: WeakKeyDictionary[Sender, int] = WeakKeyDictionary()


@defect(feature="dtmf-rfc4733", replaces=Sender.configure)
def first_event_number_kept(
    healthy: Callable[[Sender, Format, AirToNetwork], None], sender: Sender, form: Format, path: AirToNetwork
) -> None:
    """Once a call was moved to another gateway its menus do not react to keys: digits keep their first number."""
    if form.telephone_event is not None:
        form = replace(form, telephone_event=_event_numbers.setdefault(sender, form.telephone_event))
    healthy(sender, form, path)


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
