"""Telephone events of the base by RFC 4733: number, marker, duration, end packets, volume, timestamps."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from harness.capture.rtp import DtmfEvent, RtpStream
from harness.rules.call_evidence import CallEvidence
from harness.rules.findings import Finding, broken, cannot_be_said, held_unless
from harness.rules.media_types import allowed_types
from harness.rules.registry import rule
from harness.rules.sources import CLOCK_RATE, Packets, Source

SHORTEST_MS = 40
"""The shortest digit that a receiver must know (ITU-T Q.24)."""
QUIETEST = 36
"""Volume is minus dBm0; down to -36 dBm0 every receiver detects a digit (RFC 4733 §2.3.5)."""
END_PACKETS = 3
MIN_SPEECH = 10
EVENT = "TELEPHONE-EVENT"
FLASH = "<16>"
"""The hook flash, an event that has no sign of its own (RFC 4733 section 3.2)."""


@dataclass(frozen=True)
class Key:
    """One event with its packets, and the source that sent it."""

    source: Source
    event: DtmfEvent
    rate: int
    """The clock of its payload type in Hz: that of the speech around it (RFC 4733 section 2.1)."""

    @property
    def occasion(self) -> Packets:
        """Its first packet."""
        call_id = self.source.call.call_id if self.source.call else ""
        return Packets(self.event.at, self.event.rows[0].frame, call_id, self.event)

    @property
    def told(self) -> list[tuple[int, bool, int, int]]:
        """Number, end bit, duration and volume of each packet."""
        return [row.event for row in self.event.rows if row.event]

    @property
    def may_lack_packets(self) -> bool:
        """Whether packets may have been lost before they were captured."""
        return not self.source.is_gapless and self.source.may_lack_packets


def keys_of(call: CallEvidence) -> Iterator[Key]:
    """The events of a call, source by source."""
    for source in call.sources:
        for stream in source.streams:
            yield from _keys(source, stream)


def _keys(source: Source, stream: RtpStream) -> Iterator[Key]:
    return (Key(source, event, stream.rate_of(event.payload_type)) for event in stream.dtmf)


JudgesKey = Callable[[Key], Iterator[Finding]]


def event_rule(row: str, *, timed: bool = False) -> Callable[[JudgesKey], JudgesKey]:
    """Declare a rule about each telephone event of the base; encrypted ones cannot be read."""

    def declare(judge: JudgesKey) -> JudgesKey:
        def of_call(call: CallEvidence) -> Iterator[Finding]:
            for key in keys_of(call):
                yield from held_unless(judge(key), key.occasion)
            yield from _unreadable(call)

        of_call.__name__ = judge.__name__
        rule(row, reads=("sip", "rtp"), timed=timed)(of_call)
        return judge

    return declare


def _unreadable(call: CallEvidence) -> Iterator[Finding]:
    for source in call.sources:
        kinds = {kind for kind, name in source.names.items() if name == EVENT}
        sent = {kind for stream in source.streams for kind in stream.payload_types}
        if source.protected and kinds & sent:
            yield cannot_be_said(source.occasion(), why=f"the payload cannot be read: {source.protected}")


@rule("DTMF-NUMBER", reads=("sip", "rtp"))
def described_number(call: CallEvidence) -> Iterator[Finding]:
    """Events go under the payload type that the far end described for them."""
    for key in keys_of(call):
        yield from held_unless(_number(call, key), key.occasion)


def _number(call: CallEvidence, key: Key) -> Iterator[Finding]:
    told = [one for one in allowed_types(call, key.source) if one.begins <= key.event.at <= one.ends]
    wanted = sorted({number for one in told for number, name in one.types.items() if name == EVENT})
    if not told:
        yield cannot_be_said(key.occasion, why="no description of the far end was seen before it")
    elif key.event.payload_type not in wanted:
        claim = "events have the number that the far end described"
        expected = " or ".join(map(str, wanted)) or "no events"
        yield broken(key.occasion, expected=expected, seen=key.event.payload_type, claim=claim)


@event_rule("DTMF-MARKER")
def marker(key: Key) -> Iterator[Finding]:
    """The first packet of an event has the marker."""
    rows = key.event.rows
    if rows[0].marker and not any(row.marker for row in rows[1:]):
        return
    if not rows[0].marker and key.may_lack_packets:
        yield cannot_be_said(key.occasion, why="its first packet may have been lost before the capture")
        return
    seen = "".join("M" if row.marker else "-" for row in rows)
    claim = "the first packet of an event is marked, no other"
    yield broken(key.occasion, expected="M---…", seen=seen, claim=claim)


@event_rule("DTMF-KEY")
def is_a_key(key: Key) -> Iterator[Finding]:
    """An event is a key of a phone and loud enough to be detected."""
    digit = key.event.digit
    if not digit.isalnum() and digit not in ("*", "#", FLASH):
        claim = "an event is a key"
        yield broken(key.occasion, expected="0 to 16", seen=digit, claim=claim, source="RFC 4733 §3.2")
    volumes = {volume for _, _, _, volume in key.told}
    if len(volumes) != 1 or max(volumes) > QUIETEST:
        claim = "the volume of an event stays, and is that of a digit"
        seen = ", ".join(map(str, sorted(volumes)))
        yield broken(key.occasion, expected=f"0 to {QUIETEST}", seen=seen, claim=claim, source="RFC 4733 §2.3.5")


@event_rule("DTMF-DURATION", timed=True)
def duration(key: Key) -> Iterator[Finding]:
    """The duration rises with each packet, is long enough for a digit, and is the time that its packets took."""
    running = [duration for _, end, duration, _ in key.told if not end]
    ended = [duration for _, end, duration, _ in key.told if end]
    while not ended and len(running) > 1 and running[-1] == running[-2]:
        running.pop()  # packets that end it and do not say so: that is the fault that is named
    if any(later <= before for before, later in pairwise(running)):
        claim, source = "the duration of an event rises with each packet", "RFC 4733 §2.5.1.2"
        seen = ", ".join(map(str, running))
        yield broken(key.occasion, expected="rising", seen=seen, claim=claim, source=source)
    if not ended:
        return
    milliseconds = ended[0] * 1000 / key.rate
    ptime = _packet_time(key.source)
    passed = (len(running) + 1) * ptime
    seen = f"{milliseconds:.0f} ms"
    if milliseconds < SHORTEST_MS:
        claim = "a digit is long enough to be known"
        yield broken(key.occasion, expected=f"{SHORTEST_MS} ms", seen=seen, claim=claim, source="ITU-T Q.24")
    elif ptime and not key.may_lack_packets and not passed * 0.5 - ptime <= milliseconds <= passed * 2 + ptime:
        claim = "the duration of an event is that of its packets"
        yield broken(key.occasion, expected=f"about {passed:.0f} ms", seen=seen, claim=claim, source="RFC 4733 §2.3.5")


def _packet_time(source: Source) -> float:
    """The packet time in ms, 0 if there is too little speech."""
    import numpy as np

    both = source.audio[:-1] & source.audio[1:]
    steps = np.sort(np.diff(source.timestamp)[both])
    return float(steps[len(steps) // 2]) * 1000 / CLOCK_RATE if len(steps) >= MIN_SPEECH else 0.0


@event_rule("DTMF-END", timed=True)
def end(key: Key) -> Iterator[Finding]:
    """An event ends with three packets with the end bit, all with one duration."""
    ends = [end for _, end, _, _ in key.told]
    ended = [duration for _, end, duration, _ in key.told if end]
    running = [duration for _, end, duration, _ in key.told if not end]
    if any(ends[: len(running)]):
        claim, seen = "the end of an event comes last", "".join("E" if one else "-" for one in ends)
        yield broken(key.occasion, expected="packets with the end bit last", seen=seen, claim=claim)
    if len(ended) != END_PACKETS:
        if key.may_lack_packets and len(ended) < END_PACKETS:
            yield cannot_be_said(key.occasion, why="its last packets may have been lost before the capture")
            return
        claim = "the end of an event is sent three times" if ended else "an event ends"
        expected = END_PACKETS if ended else "packets with the end bit"
        yield broken(key.occasion, expected=expected, seen=len(ended) or "none", claim=claim)
    if ended and (len(set(ended)) > 1 or (running and ended[0] < running[-1])):
        claim, seen = "all ends of an event tell the same duration", ", ".join(map(str, ended))
        yield broken(key.occasion, expected="one duration", seen=seen, claim=claim)


@event_rule("DTMF-TIME", timed=True)
def stands_in_the_audio(key: Key) -> Iterator[Finding]:
    """The timestamp of an event is that of its beginning, in the clock of the audio around it."""
    import numpy as np

    source, first = key.source, key.event.rows[0]
    places = np.flatnonzero(source.audio)
    before = int(np.searchsorted(source.at[places], first.at))
    if not before:
        return
    last = places[before - 1]
    ahead = (key.event.timestamp - int(source.timestamp[last]) + 2**31) % 2**32 - 2**31
    passed = (first.at - float(source.at[last])) * CLOCK_RATE
    if not 0 <= ahead <= passed + CLOCK_RATE // 4:
        claim = "the timestamp of an event is that of its begin"
        expected = "a packet time after the audio before it"
        yield broken(key.occasion, expected=expected, seen=f"{ahead} after it", claim=claim)


@rule("DTMF-TIME", reads=("sip", "rtp"), timed=True)
def one_after_the_other(call: CallEvidence) -> Iterator[Finding]:
    """One event begins after the other has ended."""
    for source in call.sources:
        for stream in source.streams:
            for one, other in pairwise(_keys(source, stream)):
                longest = max((duration for _, _, duration, _ in one.told), default=0)
                gap = (other.event.timestamp - one.event.timestamp + 2**31) % 2**32 - 2**31
                if gap < longest:
                    claim, seen = "one event begins after the other has ended", f"{gap} after it began"
                    expected = f"{longest} ticks later at least"
                    yield broken(other.occasion, expected=expected, seen=seen, claim=claim, source="RFC 4733 §2.5.1.5")
