"""RTP streams from the rows tshark gives of each packet: loss, jitter, packet time, pauses, telephone events."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from harness.capture import tshark
from harness.capture.messages import clock_text, endpoint

# One row a packet; `streams_of` reads them by position.
ROW_FIELDS = (
    "frame.number", "frame.time_epoch", "ip.src", "ipv6.src", "udp.srcport", "ip.dst", "ipv6.dst", "udp.dstport",
    "rtp.ssrc", "rtp.seq", "rtp.timestamp", "rtp.p_type", "rtp.marker", "rtp.payload",
    "rtpevent.event_id", "rtpevent.end_of_event", "rtpevent.duration", "rtpevent.volume",
)  # fmt: skip
RTP_FILTER = "rtp and not icmp and not icmpv6"
# Streams are known by their session descriptions; the heuristic finds those whose call began before the slice.
RTP_OPTIONS = ("--enable-heuristic", "rtp_udp")
CLOCK_RATE = 8000
DIGITS = "0123456789*#ABCD"


@dataclass(frozen=True)
class RtpRow:
    """One packet; `event` is number, end bit, duration and volume of a telephone event."""

    frame: int
    at: float
    sequence: int
    timestamp: int
    payload_type: int
    marker: bool
    payload: bytes
    event: tuple[int, bool, int, int] | None


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


@dataclass(frozen=True)
class RtpStream:
    """One direction from one source. Telephone events count as packets, not as audio."""

    src: str
    sport: int
    dst: str
    dport: int
    ssrc: int
    payload_types: tuple[int, ...]
    packets: int
    lost: int
    duplicates: int
    reordered: int
    jitter_ms: float
    max_jitter_ms: float
    ptime_ms: float
    payload_length: int
    max_gap_ms: float
    first_at: float
    last_at: float
    first_frame: int
    dtmf: tuple[DtmfEvent, ...]
    arrivals: Any = field(default=None, repr=False, compare=False)
    timestamps: Any = field(default=None, repr=False, compare=False)
    payloads: tuple[tuple[int, int, bytes], ...] = field(default=(), repr=False, compare=False)
    rows: tuple[RtpRow, ...] = field(default=(), repr=False, compare=False)

    @property
    def audio_types(self) -> tuple[int, ...]:
        """Payload types other than those of the telephone events."""
        events = {event.payload_type for event in self.dtmf}
        return tuple(kind for kind in self.payload_types if kind not in events)

    @property
    def digits(self) -> str:
        """The digits that were sent, in order."""
        return "".join(event.digit for event in self.dtmf)

    @property
    def duration(self) -> float:
        """Seconds from the first packet to the last."""
        return self.last_at - self.first_at

    @property
    def loss(self) -> float:
        """Share of packets that are missing, 0 to 1."""
        return self.lost / (self.packets + self.lost) if self.packets else 0.0

    def between(self, start: float, end: float) -> int:
        """How many packets arrived between two moments."""
        return int(((self.arrivals >= start) & (self.arrivals <= end)).sum())

    def __str__(self) -> str:
        ends = f"{endpoint(self.src, self.sport)} → {endpoint(self.dst, self.dport)}"
        types = "/".join(str(kind) for kind in self.payload_types)
        return (
            f"RTP {ends} ssrc {self.ssrc:08x} type {types}: {self.packets} packets, {self.lost} lost, "
            f"jitter {self.jitter_ms:.1f} ms, ptime {self.ptime_ms:g} ms"
        )


def media_table(capture: bytes, before: int = 0) -> list[list[str]]:
    """The rows of a capture in memory; `before` is added to its frame numbers."""
    found = tshark.table_of(capture, ROW_FIELDS, RTP_FILTER, RTP_OPTIONS)
    return [[str(int(row[0]) + before), *row[1:]] for row in found]


def streams_of(
    rows: Sequence[Sequence[str]], *, since: float = 0.0, until: float = math.inf, audio: bool = False
) -> list[RtpStream]:
    """The streams in rows of ROW_FIELDS, in order of their first packets.

    Packets before `since` and after `until` are left out; `audio` keeps the payloads.
    """
    sorted_rows: dict[tuple[str, int, str, int, int], list[RtpRow]] = {}
    for row in rows:
        # A packet of another kind on a port that was described for RTP has no SSRC and no number.
        if len(row) != len(ROW_FIELDS) or not (row[8] and row[9]) or not since <= float(row[1]) <= until:
            continue
        # Of several values the last is the stream's own: the others are those of a tunnel around it.
        source, target = (_last(row[2] or row[3]), _last(row[5] or row[6]))
        key = (source, int(_last(row[4])), target, int(_last(row[7])), int(_first(row[8]), 16))
        sorted_rows.setdefault(key, []).append(_read(row))
    return sorted((_stream(key, found, audio) for key, found in sorted_rows.items()), key=lambda s: s.first_at)


def _last(values: str) -> str:
    return values.rpartition(",")[2]


def _first(values: str) -> str:
    return values.partition(",")[0]


def _read(row: Sequence[str]) -> RtpRow:
    """The header's own values: a redundant payload (RFC 2198) brings more types and payloads behind the first."""
    event = None
    if row[14]:
        number, end, duration, volume = (_first(value) for value in row[14:18])
        event = (int(number), end in ("1", "True"), int(duration or 0), int(volume or 0))
    return RtpRow(
        frame=int(row[0]),
        at=float(row[1]),
        sequence=int(_first(row[9])),
        timestamp=int(_first(row[10])),
        payload_type=int(_first(row[11])),
        marker=_first(row[12]) in ("1", "True"),
        payload=bytes.fromhex(_first(row[13]).replace(":", "")),
        event=event,
    )


def _stream(key: tuple[str, int, str, int, int], rows: list[RtpRow], audio: bool) -> RtpStream:
    import numpy as np

    sequences = unwrapped([row.sequence for row in rows], 16)
    unique = np.unique(sequences)
    heard = [row for row in rows if row.event is None]
    arrivals = np.array([row.at for row in rows])
    stamps = unwrapped([row.timestamp for row in heard], 32)
    heard_at = np.array([row.at for row in heard])
    jitter, worst = jitter_ms(heard_at, stamps)
    steps = np.diff(stamps)
    steps = steps[(steps > 0) & (steps < CLOCK_RATE)]
    lengths = [len(row.payload) for row in heard]
    gaps = np.diff(heard_at)
    return RtpStream(
        *key,
        payload_types=tuple(dict.fromkeys(row.payload_type for row in rows)),
        packets=len(rows),
        lost=int(unique[-1] - unique[0] + 1 - len(unique)),
        duplicates=len(rows) - len(unique),
        reordered=int((np.diff(sequences) < 0).sum()),
        jitter_ms=jitter,
        max_jitter_ms=worst,
        ptime_ms=float(np.median(steps)) * 1000 / CLOCK_RATE if len(steps) else 0.0,
        payload_length=max(set(lengths), key=lengths.count) if lengths else 0,
        max_gap_ms=float(gaps.max()) * 1000 if len(gaps) else 0.0,
        first_at=rows[0].at,
        last_at=rows[-1].at,
        first_frame=rows[0].frame,
        dtmf=tuple(_events(rows)),
        arrivals=arrivals,
        timestamps=stamps,
        payloads=tuple((row.payload_type, row.timestamp, row.payload) for row in heard) if audio else (),
        rows=tuple(rows),
    )


def unwrapped(values: Sequence[int], bits: int) -> Any:
    """Counters that wrap at 2**bits as an array of numbers that do not; steps back stay steps back."""
    import numpy as np

    array = np.array(values, dtype=np.int64)
    if len(array) < 2:
        return array
    half, whole = 1 << (bits - 1), 1 << bits
    steps = (np.diff(array) + half) % whole - half
    return np.concatenate(([array[0]], array[0] + np.cumsum(steps)))


def jitter_ms(arrivals: Any, timestamps: Any) -> tuple[float, float]:
    """The interarrival jitter of RFC 3550 §6.4.1 after the last packet, and its largest value on the way."""
    import numpy as np

    if len(arrivals) < 2:
        return 0.0, 0.0
    differences = np.abs(np.diff(arrivals * CLOCK_RATE) - np.diff(timestamps))
    jitter = worst = 0.0
    for difference in cast("list[float]", differences.tolist()):
        jitter += (difference - jitter) / 16
        worst = max(worst, jitter)
    return jitter * 1000 / CLOCK_RATE, worst * 1000 / CLOCK_RATE


def _events(rows: list[RtpRow]) -> list[DtmfEvent]:
    found: dict[tuple[int, int, int], list[RtpRow]] = {}
    for row in rows:
        if row.event is not None:
            found.setdefault((row.timestamp, row.event[0], row.payload_type), []).append(row)
    return [_event(key, packets) for key, packets in found.items()]


def _event(key: tuple[int, int, int], rows: list[RtpRow]) -> DtmfEvent:
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
        duration_ms=max(durations) * 1000 / CLOCK_RATE,
        rising=durations == sorted(durations) and durations[-1] > durations[0],
        volume=events[0][3],
        rows=tuple(rows),
    )
