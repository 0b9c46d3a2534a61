"""What a capture could not show: where it begins and ends, what was cut, lost, repeated or encrypted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness.capture.messages import Packet


@dataclass(frozen=True)
class Sight:
    """The limits of what was seen. `begins` and `ends` are epoch seconds of the first and the last packet."""

    begins: float = 0.0
    ends: float = 0.0
    short_snaplen: int = 0
    """Octets to which packets were cut; 0 when none was."""
    lost_segments: tuple[tuple[str, float], ...] = ()
    """TCP segments that are missing: the connection in words, and when."""
    lost_packets: int = 0
    """Packets that the capture itself says it dropped."""
    damaged: str = ""
    unsorted: bool = False
    mirror: bool = False
    encrypted: tuple[str, ...] = ()
    """Flows in words that cannot be read: TLS without its keys, SRTP."""
    gaps: tuple[tuple[float, float], ...] = ()
    """Spans of time in which the capture dropped packets or did not run."""
    notes: tuple[str, ...] = field(default=())
    """Anything else that a reader must know, one sentence each."""

    @classmethod
    def whole(cls, packets: Sequence[Packet]) -> Sight:
        """Nothing is missing between the first and the last of these packets."""
        return cls(packets[0].at, packets[-1].at) if packets else cls()

    def covers(self, start: float, end: float) -> bool:
        """Whether everything between two moments was seen: the capture ran, and lost nothing there."""
        inside = self.begins <= start and end <= self.ends and not self.lost_packets
        inside = inside and not any(begins <= end and start <= ends for begins, ends in self.gaps)
        return inside and not any(start <= at <= end for _, at in self.lost_segments)
