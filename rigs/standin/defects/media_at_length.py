"""Faults of media that show with some digits, codecs and marks only, or after many calls."""

from __future__ import annotations

import re
from dataclasses import replace

from rigs.standin.defects._altering import DescriptionDefect
from rigs.standin.media.rtp import RtpPacket
from rigs.standin.media.strategies import (
    AnswerStrategy,
    DestinationStrategy,
    MediaTosStrategy,
    PacketStrategy,
    PortStrategy,
    RtcpStrategy,
)
from rigs.standin.sip.message import Message

EVENT_BYTES = 4
FIRST_DYNAMIC = 96


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


class WidebandInOwnCallsOnly(AnswerStrategy):
    """Calls that come in are never wideband: G.722 is offered, but an offer of it is not taken."""

    feature = "codec-g722"

    def codecs(self, offered: list[str], ours: list[str]) -> list[str]:
        common = super().codecs(offered, ours)
        return [name for name in common if name != "G722"] or common


class NoReportsOnHold(RtcpStrategy):
    """Monitors take a call on hold for dead: while the far end holds, no receiver report is sent."""

    feature = "rtcp"

    def reports(self, sending: bool) -> bool:
        return sending


class ThreeBitsOfTos(MediaTosStrategy):
    """Media marked EF (184) leaves as CS5 (160): only the three precedence bits of tos_rtp are used."""

    feature = "tos"

    def value(self, setting: int) -> int:
        return setting & 0xE0


class OriginOfTheOtherFamily(DescriptionDefect):
    """Strict far ends refuse calls over IPv6: the o= line calls the IPv6 address IP4."""

    feature = "ipv6"

    def text(self, body: str, message: Message) -> str:
        return re.sub(r"(?m)^(o=.*) IN IP6 ", r"\1 IN IP4 ", body)
