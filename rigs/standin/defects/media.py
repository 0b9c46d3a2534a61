"""Defects of RTP, RTCP, codecs and tones."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from weakref import WeakKeyDictionary

from rigs.standin.core.replacing import defect
from rigs.standin.defects._altering import is_event
from rigs.standin.defects._healthy import Packets
from rigs.standin.media import codecs
from rigs.standin.media.codecs import AirToNetwork
from rigs.standin.media.description import Direction, MediaDescription
from rigs.standin.media.reports import Reports
from rigs.standin.media.rtp import RtpPacket
from rigs.standin.media.sender import Format, Sender
from rigs.standin.media.spandsp import Packing
from rigs.standin.media.strategies import (
    AnswerStrategy,
    ContinuityStrategy,
    DestinationStrategy,
    DtmfStrategy,
    MediaTosStrategy,
    MicrophoneStrategy,
    OfferStrategy,
    PacketTimeStrategy,
    PortStrategy,
    RtcpStrategy,
    SendingStrategy,
)


@defect(feature="codec-g711a", replaces=Sender.configure)
def alaw_under_the_ulaw_number(
    healthy: Callable[[Sender, Format, AirToNetwork], None], sender: Sender, form: Format, path: AirToNetwork
) -> None:
    """G.711 A-law goes out with payload type 0: the far end hears a roar."""
    healthy(sender, replace(form, payload_type=0) if form.codec == "PCMA" else form, path)


@defect(feature="codec-g726", replaces=Sender.configure)
def dynamic_number_of_its_own(
    healthy: Callable[[Sender, Format, AirToNetwork], None], sender: Sender, form: Format, path: AirToNetwork
) -> None:
    """G.726 is sent under number 97 instead of the far end's number."""
    healthy(sender, replace(form, payload_type=97) if form.codec.endswith("G726-32") else form, path)


@defect(feature="codec-g726", replaces=codecs.coding)
def g726_packing_swapped(healthy: Callable[[str], tuple[str, Packing]], name: str) -> tuple[str, Packing]:
    """G.726 speech is packed the AAL2 way: rough and half as loud at the far end."""
    codec, packing = healthy(name)
    return codec, "rfc3551" if packing == "aal2" else "aal2"


@defect(feature="codec-g711u", replaces=codecs.coding)
def ulaw_is_alaw(healthy: Callable[[str], tuple[str, Packing]], name: str) -> tuple[str, Packing]:
    """A call in G.711 u-law is coded as A-law: loud distortion both ways."""
    return healthy("PCMA" if name == "PCMU" else name)


@defect(feature="codec-g722", replaces=codecs.coding)
def g722_is_alaw(healthy: Callable[[str], tuple[str, Packing]], name: str) -> tuple[str, Packing]:
    """A call in G.722 carries A-law: noise both ways."""
    return healthy("PCMA" if name == "G722" else name)


class PacketLengthIgnored(PacketTimeStrategy):
    """Packets are always 20 ms long; packet_length and the far end's ptime have no effect."""

    feature = "ptime"

    def sending(self, setting: int, remote: int | None, *, was_held: bool) -> int:
        return 20


class CodecOrderIgnored(OfferStrategy):
    """Offers list the codecs by name, not in the order of the Audio page."""

    feature = "codec-order"

    def codecs(self, slots: list[str]) -> list[str]:
        return sorted(set(slots))


class AnswersInItsOwnOrder(AnswerStrategy):
    """Answers prefer the base's first codec over the caller's."""

    feature = "codec-answer"

    def codecs(self, offered: list[str], ours: list[str]) -> list[str]:
        return [name for name in ours if name in offered]


class MuteMicrophone(MicrophoneStrategy):
    """The far end hears silence: one-way audio."""

    feature = "two-way-audio"

    def carries(self, local: Direction, was_held: bool) -> bool:
        return False


class MuteAfterHold(MicrophoneStrategy):
    """Once taken back from hold, the far end hears nothing any more."""

    feature = "resume"

    def carries(self, local: Direction, was_held: bool) -> bool:
        return not was_held


class SendsWhileHeld(SendingStrategy):
    """The base goes on sending RTP after the far end has put the call on hold."""

    feature = "remote-hold-media"

    def sends(self, local: Direction, remote: MediaDescription) -> bool:
        return remote.port != 0


class SymmetricRtpIgnored(DestinationStrategy):
    """Behind a NAT the far end hears nothing: media goes to the address in its SDP for ever."""

    feature = "symmetric-rtp"

    def target(
        self, signalled: tuple[str, int], seen: tuple[str, int] | None, *, first: tuple[str, int]
    ) -> tuple[str, int]:
        return signalled


class OneEndPacket(DtmfStrategy):
    """The end of a digit is sent once only: a lost packet makes it long."""

    feature = "dtmf-rfc4733"
    end_packets = 1


@defect(feature="dtmf-rfc4733", replaces=Sender.outgoing)
def dtmf_timestamp_moves(healthy: Packets, sender: Sender, packet: RtpPacket) -> RtpPacket:
    """Each packet of a digit has a new timestamp: the far end counts many digits for one key."""
    return healthy(sender, replace(packet, timestamp=sender.timestamp) if is_event(packet) else packet)


class DtmfDurationStuck(DtmfStrategy):
    """Voice menus miss keys as too short to be pressed: the duration of a digit does not grow."""

    feature = "dtmf-rfc4733"

    def duration(self, elapsed: int) -> int:
        return 160


class PortsOutsideTheRange(PortStrategy):
    """RTP uses ports from 16384 on: a firewall that follows the settings blocks it."""

    feature = "rtp-ports"

    def pairs(self, first: int, last: int, start: int) -> list[int]:
        return super().pairs(16384, 16482, start)


class OddMediaPorts(PortStrategy):
    """Far ends that count on RTCP one port up lose its reports, gateways the speech: RTP sits on odd ports."""

    feature = "rtp-ports"

    def pairs(self, first: int, last: int, start: int) -> list[int]:
        return [port + 1 for port in super().pairs(first, last - 2, start - 1)]


class NoRtcp(RtcpStrategy):
    """No reports are sent: monitors cannot show the quality of a call."""

    feature = "rtcp"
    interval = None


@defect(feature="rtcp-bye", replaces=Reports.send)
def no_rtcp_bye(healthy: Callable[[Reports], None], reports: Reports, *, bye: bool = False) -> None:
    """A stream ends without leave: monitors believe that it broke."""
    if not bye:
        healthy(reports)


_began: WeakKeyDictionary[Sender, tuple[int, float]] = WeakKeyDictionary()


@defect(feature="ssrc", replaces=Sender.outgoing)
def source_changes_each_second(healthy: Packets, sender: Sender, packet: RtpPacket) -> RtpPacket:
    """The SSRC changes every second: far ends start their buffers anew, speech crackles."""
    chosen, began = _began.setdefault(sender, (sender.ssrc, time.monotonic()))
    sender.ssrc = (chosen + int(time.monotonic() - began)) & 0xFFFFFFFF
    return healthy(sender, replace(packet, ssrc=sender.ssrc))


class SequenceJumps(ContinuityStrategy):
    """Every fiftieth sequence number is left out: monitors report two per cent loss."""

    feature = "ssrc"

    def sequence(self, current: int) -> int:
        following = super().sequence(current)
        return super().sequence(following) if following % 50 == 0 else following


class MediaUnmarked(MediaTosStrategy):
    """Media packets carry no type of service: first to be dropped on a full line."""

    feature = "tos"

    def value(self, setting: int) -> int:
        return 0
