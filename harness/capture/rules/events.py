"""Telephone events as RFC 4733 wants them: marker, duration, end packets, volume, timestamps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from harness.capture.rtp import CLOCK_RATE, DtmfEvent, RtpStream
from harness.errors import Expectation

SHORTEST_MS = 40
"""The shortest digit that a receiver must know (ITU-T Q.24)."""
QUIETEST = 36
"""Volume is minus dBm0; down to -36 dBm0 it is surely taken for a digit (RFC 4733 §2.3.5)."""
END_PACKETS = 3
MIN_SPEECH = 10


def broken_events(streams: Sequence[RtpStream], payload_type: int | None) -> list[Expectation]:
    """Everything that the telephone events of one side break; `payload_type` is the number the far end described."""
    found: list[Expectation] = []
    for stream in streams:
        for event in stream.dtmf:
            found += [*_packets(event, payload_type), *_durations(event, _packet_time(stream)), *_place(event, stream)]
        found += _apart(stream.dtmf)
    return found


def _packet_time(stream: RtpStream) -> float:
    """The packet time in ms, 0 where there is too little speech to tell it."""
    steps = [
        (row.timestamp - before.timestamp) % 2**32 * 1000 / CLOCK_RATE
        for before, row in pairwise(stream.rows)
        if before.event is None and row.event is None
    ]
    return sorted(steps)[len(steps) // 2] if len(steps) >= MIN_SPEECH else 0.0


def _packets(event: DtmfEvent, payload_type: int | None) -> Iterator[Expectation]:
    if payload_type is None or event.payload_type != payload_type:
        claim = "events have the number that the far end described"
        yield _broken(claim, payload_type or "no events", event.payload_type, "RFC 3264 §5.1", event)
    if not event.rows[0].marker or any(row.marker for row in event.rows[1:]):
        seen = "".join("M" if row.marker else "-" for row in event.rows)
        yield _broken("the first packet of an event is marked, no other", "M---…", seen, "RFC 4733 §2.5.1.1", event)
    if not event.digit.isalnum() and event.digit not in "*#":
        yield _broken("an event is a key", "0 to 15", event.digit, "RFC 4733 §3.2", event)
    volumes = {row.event[3] for row in event.rows if row.event}
    if len(volumes) != 1 or max(volumes) > QUIETEST:
        claim = "the volume of an event stays, and is that of a digit"
        yield _broken(claim, f"0 to {QUIETEST}", sorted(volumes), "RFC 4733 §2.3.5", event)


def _durations(event: DtmfEvent, ptime: float) -> Iterator[Expectation]:
    told = [row.event for row in event.rows if row.event]
    running = [duration for _, end, duration, _ in told if not end]
    ended = [duration for _, end, duration, _ in told if end]
    if any(end for _, end, _, _ in told[: len(running)]):
        yield _broken(
            "the end of an event comes last",
            "packets with the end bit last",
            "others after it",
            "RFC 4733 §2.5.1.4",
            event,
        )
    if any(later <= before for before, later in pairwise(running)):
        yield _broken("the duration of an event rises with each packet", "rising", running, "RFC 4733 §2.5.1.2", event)
    if not ended:
        yield _broken("an event ends", "packets with the end bit", "none", "RFC 4733 §2.5.1.4", event)
        return
    if len(ended) != END_PACKETS:
        yield _broken("the end of an event is sent three times", END_PACKETS, len(ended), "RFC 4733 §2.5.1.4", event)
    if len(set(ended)) > 1 or (running and ended[0] < running[-1]):
        yield _broken("all ends of an event tell the same duration", "one duration", ended, "RFC 4733 §2.5.1.4", event)
    milliseconds = ended[0] * 1000 / CLOCK_RATE
    passed = (len(running) + 1) * ptime
    if milliseconds < SHORTEST_MS:
        claim = "a digit is long enough to be known"
        yield _broken(claim, f"{SHORTEST_MS} ms", f"{milliseconds:.0f} ms", "ITU-T Q.24", event)
    elif ptime and not passed * 0.5 - ptime <= milliseconds <= passed * 2 + ptime:
        claim = "the duration of an event is that of its packets"
        yield _broken(claim, f"about {passed:.0f} ms", f"{milliseconds:.0f} ms", "RFC 4733 §2.3.5", event)


def _place(event: DtmfEvent, stream: RtpStream) -> Iterator[Expectation]:
    """An event stands in the clock of the audio around it."""
    before = [row for row in stream.rows if row.event is None and row.frame < event.rows[0].frame]
    if not before:
        return
    ahead = (event.timestamp - before[-1].timestamp + 2**31) % 2**32 - 2**31
    passed = (event.rows[0].at - before[-1].at) * CLOCK_RATE
    if not 0 <= ahead <= passed + CLOCK_RATE // 4:
        claim = "the timestamp of an event is that of its begin"
        yield _broken(claim, "a packet time after the audio before it", f"{ahead} after it", "RFC 4733 §2.1", event)


def _apart(events: Sequence[DtmfEvent]) -> Iterator[Expectation]:
    for one, other in pairwise(events):
        longest = max(row.event[2] for row in one.rows if row.event)
        gap = (other.timestamp - one.timestamp + 2**31) % 2**32 - 2**31
        if gap < longest:
            claim = "one event begins after the other has ended"
            yield _broken(claim, f"{longest} ticks later at least", gap, "RFC 4733 §2.5.1.5", other)


def _broken(claim: str, expected: object, seen: object, source: str, event: DtmfEvent) -> Expectation:
    frames = (event.rows[0].frame,)
    return Expectation(claim, str(expected), f"{seen}\n            {event}", source=source, frames=frames)
