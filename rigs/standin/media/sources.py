"""Which source of RTP is heard: one at a time, and a new one only when it has taken the place of the old (RFC 3550)."""

from __future__ import annotations

from .rtp import RtpPacket

PROBATION = 3
"""Packets in a row, with none of the source that is heard between them, that make a new source the one (A.1)."""


class Sources:
    """A second stream beside the first is not heard: two of them in turn would begin the ear anew at each packet."""

    def __init__(self) -> None:
        self._heard: int | None = None
        self._newcomer: list[RtpPacket] = []

    def admitted(self, packet: RtpPacket) -> list[RtpPacket]:
        """What is to be heard now: the packet, nothing, or all that a new source has sent on probation."""
        if self._heard in (None, packet.ssrc):
            self._heard = packet.ssrc
            self._newcomer.clear()
            return [packet]
        if self._newcomer and not _follows(self._newcomer[-1], packet):
            self._newcomer.clear()
        self._newcomer.append(packet)
        if len(self._newcomer) < PROBATION:
            return []
        self._heard, taken = packet.ssrc, self._newcomer
        self._newcomer = []
        return taken


def _follows(one: RtpPacket, other: RtpPacket) -> bool:
    return other.ssrc == one.ssrc and other.sequence == (one.sequence + 1) & 0xFFFF
