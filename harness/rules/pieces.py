"""Pieces of RTP streams: the packets between two moments, as columns."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from harness.capture.rtp import RtpStream


@dataclass(frozen=True)
class Piece:
    """Some packets of one stream by their indexes, in order."""

    stream: RtpStream
    places: Any

    def __len__(self) -> int:
        return len(self.places)

    def column(self, name: str) -> Any:
        """One field of the headers, an entry for each packet: see RtpColumns."""
        return getattr(self.stream.columns, name)[self.places]

    @property
    def first_at(self) -> float:
        """The time of its first packet."""
        return float(self.stream.columns.at[self.places[0]])

    @property
    def last_at(self) -> float:
        """The time of its last packet."""
        return float(self.stream.columns.at[self.places[-1]])

    @property
    def first_frame(self) -> int:
        """The frame of its first packet."""
        return int(self.stream.columns.frame[self.places[0]])

    def without(self, kinds: Collection[int]) -> Piece:
        """Without the packets of these payload types and without telephone events."""
        import numpy as np

        kept = self.stream.heard[self.places] & ~np.isin(self.column("payload_type"), list(kinds))
        return Piece(self.stream, self.places[kept])

    @property
    def payloads(self) -> list[bytes]:
        """The payloads of the packets."""
        return [self.stream.columns.payload(place) for place in self.places.tolist()]


def between(streams: Iterable[RtpStream], start: float, end: float) -> list[Piece]:
    """The packets of some streams between two moments, both included; streams without any are left out."""
    import numpy as np

    found = []
    for stream in streams:
        first, last = np.searchsorted(stream.columns.at, (start, np.nextafter(end, np.inf)))
        if last > first:
            found.append(Piece(stream, np.arange(first, last)))
    return found


def count(pieces: Sequence[Piece]) -> int:
    """The number of packets."""
    return sum(len(piece) for piece in pieces)


def moments(pieces: Sequence[Piece]) -> Any:
    """The times of all packets, in order."""
    import numpy as np

    return np.sort(np.concatenate([piece.column("at") for piece in pieces])) if pieces else np.zeros(0)


def earliest(pieces: Sequence[Piece]) -> Piece | None:
    """The piece that begins first."""
    return min(pieces, key=lambda piece: piece.first_at, default=None)
