"""The packets of an RTP stream as columns, and one by one if needed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, overload

Event = tuple[int, bool, int, int]
"""Number, end bit, duration and volume of a telephone event (RFC 4733)."""
NOT_SEEN = -1
"""The type of service of a packet whose IP header is not known."""
_BLOCK = 4096


@dataclass(frozen=True)
class RtpRow:
    """One packet; `event` is set for a telephone event."""

    frame: int
    at: float
    sequence: int
    timestamp: int
    payload_type: int
    marker: bool
    payload: bytes
    event: Event | None
    tos: int = NOT_SEEN


@dataclass(frozen=True, eq=False)
class RtpColumns:
    """The header fields of a stream, one entry for each packet (numpy arrays).

    `offset` is where a payload begins in `data`, `length` its length on the wire, `kept` its captured length. `tos` is
    the type of service (IPv4) or traffic class (IPv6). `events` has number, end bit, duration and volume of telephone
    events by the index of their packets.
    """

    frame: Any
    at: Any
    sequence: Any
    timestamp: Any
    payload_type: Any
    marker: Any
    offset: Any
    length: Any
    kept: Any
    tos: Any
    data: Any
    events: Mapping[int, Event] | None = None

    def __len__(self) -> int:
        return len(self.frame)

    def part(self, first: int, last: int) -> RtpColumns:
        """The packets from one index to another, the last one not included."""
        every = {**vars(self)}
        kept = {name: every[name][first:last] for name in every.keys() - {"data", "events"}}
        events = self.events
        if events is not None:
            events = {place - first: event for place, event in events.items() if first <= place < last}
        return RtpColumns(**kept, data=self.data, events=events)

    def payload(self, index: int) -> bytes:
        """The payload of one packet, as far as it was captured."""
        start = int(self.offset[index])
        return bytes(self.data[start : start + int(self.kept[index])])

    def events_of(self, kinds: Sequence[int]) -> dict[int, Event]:
        """The fields of telephone events in packets of these payload types (RFC 4733 section 2.3)."""
        import numpy as np

        found = {}
        for place in np.flatnonzero(np.isin(self.payload_type, kinds) & (self.kept >= 4)).tolist():
            octets = self.payload(place)
            found[place] = (octets[0], bool(octets[1] & 0x80), octets[2] << 8 | octets[3], octets[1] & 0x3F)
        return found


class Rows(Sequence[RtpRow]):
    """The packets of a stream one by one, each made on demand: a long call has half a million."""

    def __init__(self, columns: RtpColumns, events: Mapping[int, Event]) -> None:
        self._columns, self._events = columns, events

    def __len__(self) -> int:
        return len(self._columns)

    @overload
    def __getitem__(self, index: int) -> RtpRow: ...
    @overload
    def __getitem__(self, index: slice) -> list[RtpRow]: ...
    def __getitem__(self, index: int | slice) -> RtpRow | list[RtpRow]:
        if isinstance(index, slice):
            return [self[place] for place in range(*index.indices(len(self)))]
        place = index + len(self) if index < 0 else index
        if not 0 <= place < len(self):
            raise IndexError(index)
        return next(self._from(place, place + 1))

    def __iter__(self) -> Iterator[RtpRow]:
        for begin in range(0, len(self), _BLOCK):
            yield from self._from(begin, min(begin + _BLOCK, len(self)))

    def _from(self, begin: int, end: int) -> Iterator[RtpRow]:
        c = self._columns
        names = (c.frame, c.at, c.sequence, c.timestamp, c.payload_type, c.marker, c.offset, c.kept, c.tos)
        for place, row in enumerate(zip(*(column[begin:end].tolist() for column in names), strict=True), begin):
            frame, at, sequence, timestamp, kind, marker, offset, kept, tos = row
            payload = bytes(c.data[offset : offset + kept])
            yield RtpRow(frame, at, sequence, timestamp, kind, marker, payload, self._events.get(place), tos)


def columns_of(rows: Sequence[RtpRow]) -> RtpColumns:
    """The columns of single packets."""
    import numpy as np

    lengths = np.array([len(row.payload) for row in rows], dtype=np.int32)
    return RtpColumns(
        frame=np.array([row.frame for row in rows], dtype=np.int32),
        at=np.array([row.at for row in rows], dtype=np.float64),
        sequence=np.array([row.sequence for row in rows], dtype=np.int32),
        timestamp=np.array([row.timestamp for row in rows], dtype=np.int64),
        payload_type=np.array([row.payload_type for row in rows], dtype=np.uint8),
        marker=np.array([row.marker for row in rows], dtype=bool),
        offset=np.cumsum(lengths) - lengths,
        length=lengths,
        kept=lengths,
        tos=np.array([row.tos for row in rows], dtype=np.int16),
        data=b"".join(row.payload for row in rows),
        events={place: row.event for place, row in enumerate(rows) if row.event is not None},
    )
