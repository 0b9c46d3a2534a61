"""The limits of what was seen: where a capture begins and ends, what it lacks, and when the host stood still."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from harness.core.stall import Stall

if TYPE_CHECKING:
    from harness.capture.messages import Packet


@dataclass(frozen=True)
class Sight:
    """The limits of a capture. `begins` and `ends` are epoch seconds of the first and the last packet."""

    begins: float = 0.0
    ends: float = 0.0
    short_snaplen: int = 0
    """Octets to which packets were cut; 0 if none was."""
    lost_segments: tuple[tuple[str, float], ...] = ()
    """Missing TCP segments: the connection in words, and the time."""
    lost_packets: int = 0
    """Packets that the capture file counts as dropped."""
    damaged: str = ""
    unsorted: bool = False
    mirror: bool = False
    encrypted: tuple[str, ...] = ()
    """Unreadable flows in words: TLS without its keys, SRTP."""
    gaps: tuple[tuple[float, float], ...] = ()
    """Spans of time in which the capture dropped packets or did not run."""
    stalls: tuple[Stall, ...] = ()
    """When the host kept a part of the rig or the harness waiting."""
    notes: tuple[str, ...] = field(default=())
    """Other limits for the reader, one sentence each."""

    @classmethod
    def whole(cls, packets: Sequence[Packet]) -> Sight:
        """A sight without gaps between the first and the last of these packets."""
        return cls(packets[0].at, packets[-1].at) if packets else cls()

    def covers(self, start: float, end: float) -> bool:
        """Whether the capture ran and lost nothing between two moments."""
        return self.begins <= start and end <= self.ends and not self.has_lost(start, end)

    def has_lost(self, start: float, end: float) -> bool:
        """Whether packets between two moments may be missing."""
        stood_still = any(begins <= end and start <= ends for begins, ends in self.gaps)
        return stood_still or bool(self.lost_packets) or any(start <= at <= end for _, at in self.lost_segments)
