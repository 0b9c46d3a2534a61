"""Choices of the media path."""

from __future__ import annotations

from rigs.standin.core.strategies import Strategy

from .description import Direction, MediaDescription


class PacketTimeStrategy(Strategy):
    """How much speech goes into a packet, in ms."""

    def sending(self, setting: int, remote: int | None, *, was_held: bool) -> int:
        """The far end's ptime where it names one (RFC 3551 section 4.2), else the setting packet_length."""
        wanted = remote or setting
        return min(max(wanted // 10 * 10, 10), 60)


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


class ContinuityStrategy(Strategy):
    """Sequence numbers and timestamps of a stream."""

    def sequence(self, current: int) -> int:
        """One more with each packet."""
        return (current + 1) & 0xFFFF

    def step(self, milliseconds: int) -> int:
        """The RTP clock of all codecs here is 8 kHz, that of G.722 too (RFC 3551 section 4.5.2)."""
        return milliseconds * 8


class DtmfStrategy(Strategy):
    """The shape of an RFC 4733 event."""

    end_packets = 3

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


class EncryptionStrategy(Strategy):
    """How encryption is asked for where it is switched on."""

    def profile(self, agreed: str) -> str:
        """Of an offer: the one agreed on, else what may not be answered in clear (RFC 4568 section 6)."""
        return agreed or "RTP/SAVP"

    def encrypts(self, remote: MediaDescription) -> bool:
        """Whether the answer to an offer has keys: those of which one can be used."""
        return bool(remote.crypto)
