"""What is known of the incoming stream: losses and jitter as RFC 3550 appendix A.3 and A.8 count them."""

from __future__ import annotations

from dataclasses import dataclass

from .rtp import RtpPacket

MAX_DROPOUT, MAX_MISORDER = 3000, 100
"""Steps forward and back in the numbers of one stream; a larger one is a stream that begins anew (A.1)."""


@dataclass(slots=True)
class Reception:
    """Statistics of one source; a new SSRC starts anew, and so does one whose numbers jump (A.1): a far end that was
    on hold may go on anywhere."""

    ssrc: int | None = None
    packets: int = 0
    octets: int = 0
    highest: int = 0
    jitter: float = 0.0
    _base: int = 0
    _transit: int | None = None
    _expected_before: int = 0
    _received_before: int = 0
    _after_jump: int | None = None

    def packet(self, packet: RtpPacket) -> bool:
        """Counts a packet; True if it is the first of a new source."""
        fresh = packet.ssrc != self.ssrc
        difference = (packet.sequence - self.highest + 0x8000 & 0xFFFF) - 0x8000
        jumped = not fresh and not -MAX_MISORDER < difference < MAX_DROPOUT
        if jumped and packet.sequence != self._after_jump:  # two in a row are needed for a jump to be believed
            self._after_jump = packet.sequence + 1 & 0xFFFF
            return False
        self._after_jump = None
        if fresh or jumped:
            self.ssrc, self.packets, self.octets, self.jitter, self._transit = packet.ssrc, 0, 0, 0.0, None
            self._base = self.highest = packet.sequence
            self._expected_before = self._received_before = 0
            difference = 0
        if difference > 0:
            self.highest += difference
        self.packets += 1
        self.octets += len(packet.payload)
        return fresh

    def spacing(self, packet: RtpPacket, clock: int) -> None:
        """Counts the jitter of a speech packet that came at `clock` (8 kHz); events repeat their timestamp: no use."""
        transit = clock - packet.timestamp
        if self._transit is not None:
            self.jitter += (abs(((transit - self._transit + 2**31) % 2**32) - 2**31) - self.jitter) / 16
        self._transit = transit

    @property
    def lost(self) -> int:
        """Packets that the numbering promised and that did not come; below zero when there were duplicates."""
        return 0 if self.ssrc is None else self.highest - self._base + 1 - self.packets

    def fraction_lost(self) -> int:
        """Loss since the last call, in 256ths."""
        expected = self.highest - self._base + 1
        new, got = expected - self._expected_before, self.packets - self._received_before
        self._expected_before, self._received_before = expected, self.packets
        return max(0, min(255, ((new - got) << 8) // new)) if new > 0 else 0
