"""Telephone events of an RTP stream: packets of one timestamp are one key (RFC 4733)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from harness.capture.messages import clock_text
from harness.capture.rtp_columns import Event, Rows, RtpRow

DIGITS = "0123456789*#ABCD"


@dataclass(frozen=True)
class DtmfEvent:
    """One RFC 4733 event: its packets share a timestamp; three of them should carry the end bit."""

    digit: str
    at: float
    payload_type: int
    timestamp: int
    packets: int
    ends: int
    duration_ms: float
    rising: bool
    volume: int
    rows: tuple[RtpRow, ...] = field(default=(), repr=False, compare=False)

    def __str__(self) -> str:
        return f"digit {self.digit} at {clock_text(self.at)}, {self.duration_ms:.0f} ms, {self.ends} end packets"


def dtmf_of(rows: Rows, events: Mapping[int, Event], rate_of: Callable[[int], int]) -> Iterator[DtmfEvent]:
    """The events of a stream in order; `rate_of` is the clock of a payload type."""
    found: dict[tuple[int, int, int], list[RtpRow]] = {}
    for place, event in events.items():
        row = rows[place]
        found.setdefault((row.timestamp, event[0], row.payload_type), []).append(row)
    for key, packets in found.items():
        yield _event(key, packets, rate_of(key[2]))


def _event(key: tuple[int, int, int], rows: list[RtpRow], rate: int) -> DtmfEvent:
    timestamp, number, payload_type = key
    events = [row.event for row in rows if row.event is not None]
    durations = [duration for _, _, duration, _ in events]
    return DtmfEvent(
        digit=DIGITS[number] if number < len(DIGITS) else f"<{number}>",
        at=rows[0].at,
        payload_type=payload_type,
        timestamp=timestamp,
        packets=len(rows),
        ends=sum(end for _, end, _, _ in events),
        duration_ms=max(durations) * 1000 / rate,
        rising=durations == sorted(durations) and durations[-1] > durations[0],
        volume=events[0][3],
        rows=tuple(rows),
    )
