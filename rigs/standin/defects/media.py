"""Defects of RTP, RTCP, codecs and tones."""

from __future__ import annotations

from rigs.standin.media.description import Direction, MediaDescription
from rigs.standin.media.spandsp import Packing
from rigs.standin.media.strategies import (
    AnswerStrategy,
    CodingStrategy,
    ContinuityStrategy,
    DestinationStrategy,
    DtmfStrategy,
    MediaTosStrategy,
    MicrophoneStrategy,
    OfferStrategy,
    PacketTimeStrategy,
    PayloadStrategy,
    PortStrategy,
    RtcpStrategy,
    SendingStrategy,
    SourceStrategy,
)


class AlawUnderTheUlawNumber(PayloadStrategy):
    """G.711 A-law goes out with payload type 0: the far end hears a roar."""

    feature = "codec-g711a"

    def number(self, coding: str, remote: int, local: int) -> int:
        return 0 if coding == "PCMA" else remote


class DynamicNumberOfItsOwn(PayloadStrategy):
    """G.726 is sent under number 97 instead of the far end's number."""

    feature = "codec-g726"

    def number(self, coding: str, remote: int, local: int) -> int:
        return 97 if coding.endswith("G726-32") else remote


class G726PackingSwapped(CodingStrategy):
    """G.726 speech is packed the AAL2 way: rough and half as loud at the far end."""

    feature = "codec-g726"

    def packing(self, name: str) -> Packing:
        return "rfc3551" if name == "AAL2-G726-32" else "aal2"


class UlawIsAlaw(CodingStrategy):
    """A call in G.711 u-law is coded as A-law: loud distortion both ways."""

    feature = "codec-g711u"

    def coding(self, name: str) -> str:
        return "PCMA" if name == "PCMU" else name


class G722IsAlaw(CodingStrategy):
    """A call in G.722 carries A-law: noise both ways."""

    feature = "codec-g722"

    def coding(self, name: str) -> str:
        return "PCMA" if name == "G722" else name


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


class DtmfTimestampMoves(DtmfStrategy):
    """Each packet of a digit has a new timestamp: the far end counts many digits for one key."""

    feature = "dtmf-rfc4733"

    def timestamp(self, began: int, now: int) -> int:
        return now


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


class NoRtcpBye(RtcpStrategy):
    """A stream ends without leave: monitors believe that it broke."""

    feature = "rtcp-bye"

    def says_bye(self) -> bool:
        return False


class SourceChangesEachSecond(SourceStrategy):
    """The SSRC changes every second: far ends start their buffers anew, speech crackles."""

    feature = "ssrc"

    def ssrc(self, chosen: int, seconds: float) -> int:
        return (chosen + int(seconds)) & 0xFFFFFFFF


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
