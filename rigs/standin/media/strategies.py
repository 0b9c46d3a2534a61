"""The decisions of the media path that a fault could get wrong."""

from __future__ import annotations

from rigs.standin.core.strategies import Strategy

from .description import Direction, MediaDescription
from .rtcp import Sent
from .rtp import RtpPacket
from .spandsp import Packing


class PayloadStrategy(Strategy):
    """Which payload type number goes into the packets."""

    def number(self, coding: str, remote: int, local: int) -> int:
        """The far end's number, since it says what it wants to receive (RFC 3264 section 5.1)."""
        return remote


class CodingStrategy(Strategy):
    """How payloads of an encoding name are made."""

    def coding(self, name: str) -> str:
        """The codec that is run for it."""
        return name

    def packing(self, name: str) -> Packing:
        """RFC 3551 section 4.5.4: G726-32 is little-end first, AAL2-G726-32 the other way."""
        return "aal2" if name == "AAL2-G726-32" else "rfc3551"


class PacketTimeStrategy(Strategy):
    """How much speech goes into a packet, in ms."""

    def sending(self, setting: int, remote: int | None, *, was_held: bool) -> int:
        """The far end's ptime where it names one (RFC 3551 section 4.2), else the setting packet_length."""
        wanted = remote or setting
        return min(max(wanted // 10 * 10, 10), 60)

    def announced(self, setting: int, propose: bool) -> int | None:
        """What stands in our own description: nothing, unless propose_length is set (profiles, RTP-2)."""
        return setting if propose else None


class LevelStrategy(Strategy):
    """How loud speech is passed on."""

    def gain(self, *, to_the_ear: bool, was_held: bool) -> float:
        """As it came, in both directions; an earlier hold leaves no trace."""
        return 1.0


class BeginStrategy(Strategy):
    """When packets begin to flow that are allowed to."""

    def delay(self, *, again: bool) -> float:
        """Seconds after the answer, or after the end of a pause (`again`): at once."""
        return 0.0


class PortStrategy(Strategy):
    """Where RTP is sent from and received."""

    def pairs(self, first: int, last: int, start: int) -> list[int]:
        """Even ports of the range with room for RTCP above, from `start` on and round."""
        even = range(first + first % 2, last, 2)
        if not even:
            return []
        at = max(0, min(len(even) - 1, (start - even[0]) // 2)) if start in even else 0
        return [*even[at:], *even[:at]]


class MicrophoneStrategy(Strategy):
    """Whether a frame of the handset goes out."""

    def carries(self, local: Direction, was_held: bool) -> bool:
        """Where we said that we speak; a handset on hold brings no frames, so that the far end gets silence."""
        return local in ("sendrecv", "sendonly")


class EarpieceStrategy(Strategy):
    """Whether what arrives is played to the handset."""

    def plays(self, local: Direction, was_held: bool) -> bool:
        """Only where we said that we listen; an earlier hold leaves no trace."""
        return local in ("sendrecv", "recvonly")


class SendingStrategy(Strategy):
    """Whether RTP is sent at all."""

    def sends(self, local: Direction, remote: MediaDescription) -> bool:
        """Both sides must want it, and the old hold by a null address wants nothing (RFC 3264 section 8.4)."""
        null = remote.port == 0 or remote.address in ("0.0.0.0", "::")
        return not null and local in ("sendrecv", "sendonly") and remote.direction in ("sendrecv", "recvonly")


class DestinationStrategy(Strategy):
    """Where RTP is sent to."""

    def target(
        self, signalled: tuple[str, int], seen: tuple[str, int] | None, *, first: tuple[str, int]
    ) -> tuple[str, int]:
        """Where the packets of the far end come from, as soon as some did: symmetric RTP (RFC 4961).

        `signalled` is what its last description says, `first` what the first one said.
        """
        return seen or signalled


class SourceStrategy(Strategy):
    """The SSRC of a stream."""

    def ssrc(self, chosen: int, seconds: float) -> int:
        """One for the life of the session (RFC 3550 section 8.1)."""
        return chosen


class ContinuityStrategy(Strategy):
    """Sequence numbers and timestamps of a stream."""

    def sequence(self, current: int) -> int:
        """One more with each packet."""
        return (current + 1) & 0xFFFF

    def step(self, milliseconds: int) -> int:
        """The RTP clock of all codecs here is 8 kHz, that of G.722 too (RFC 3551 section 4.5.2)."""
        return milliseconds * 8


class MarkerStrategy(Strategy):
    """The marker bit."""

    def marks(self, first: bool) -> bool:
        """Set on the first packet after a pause (RFC 3551 section 4.1)."""
        return first


class PacketStrategy(Strategy):
    """The last look at an RTP packet."""

    def shape(self, packet: RtpPacket) -> RtpPacket:
        """As the sender made it."""
        return packet


class DtmfStrategy(Strategy):
    """The shape of an RFC 4733 event."""

    end_packets = 3

    def timestamp(self, began: int, now: int) -> int:
        """All packets of an event carry the time at which it began (section 2.1)."""
        return began

    def duration(self, elapsed: int) -> int:
        """Rises with each packet, in units of the timestamp."""
        return min(elapsed, 0xFFFF)

    def event(self, digit: str) -> int:
        """0-9, * is 10, # is 11, A-D are 12-15; ValueError for anything else."""
        return "0123456789*#ABCD".index(digit.upper())


class RtcpStrategy(Strategy):
    """Sender and receiver reports."""

    interval: float | None = 5.0
    """Seconds between two (RFC 3550 section 6.2, minimum); None for no RTCP."""

    def own(self, sent: Sent) -> Sent:
        """What a report says of our own stream: how it is."""
        return sent

    def cname(self, own: str) -> str:
        """The canonical name that goes with a report (section 6.5.1): that of the session."""
        return own

    def reports(self, sending: bool) -> bool:
        """Whether a report is sent that is due: on hold too, so that the far end knows that we are there."""
        return True

    def says_bye(self) -> bool:
        """A stream that ends is taken leave of."""
        return True

    def wall_clock(self, now: float) -> float:
        """The time that a sender report tells (section 6.4.1): that of the base's clock, in epoch seconds."""
        return now

    def received(self, lost: int, highest: int) -> tuple[int, int]:
        """What a block says of the far end's stream: packets lost so far, and the highest number."""
        return lost, highest


class MediaTosStrategy(Strategy):
    """The TOS byte of media packets."""

    def value(self, setting: int) -> int:
        """The setting tos_rtp, default 160."""
        return setting & 0xFF


class AnswerStrategy(Strategy):
    """Which formats of an offer are taken."""

    def codecs(self, offered: list[str], ours: list[str]) -> list[str]:
        """Those that both know, in the order of the offer (profiles, RTP-1)."""
        return [name for name in offered if name in ours]


class OfferStrategy(Strategy):
    """Which formats are offered."""

    def codecs(self, slots: list[str]) -> list[str]:
        """The slots of the Audio page from the first to the last, each codec once."""
        return list(dict.fromkeys(slots))


class ToneStrategy(Strategy):
    """Call progress tones towards the handset."""

    def country(self, setting: str) -> str:
        """The number in the setting `tones`."""
        return setting
