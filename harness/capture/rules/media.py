"""The base's RTP as RFC 3550 and 3551 want it: numbers, clock, packet lengths, marker, payload types."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from harness.capture.rtp import CLOCK_RATE, RtpRow, RtpStream, unwrapped
from harness.errors import Expectation

TICKS_PER_BYTE = {"PCMU": 1, "PCMA": 1, "G722": 1, "G726-32": 2, "AAL2-G726-32": 2}
"""The RTP clock is 8 kHz for all of them, G.722 too (RFC 3551 §4.5.2)."""
LONGEST_MS, SHORTEST_MS = 120, 5
STRAY_MARKERS = 2
PAUSE = 3
"""From so many packet times on it is a pause, after which the clock may stand anywhere."""
MANY_STEPS, BURSTS = 15, 0.6
MIN_STEPS = 5
"""Shorter streams have no pace to speak of."""


def broken_streams(streams: Sequence[RtpStream], names: Mapping[int, str]) -> list[Expectation]:
    """Everything that one side's streams of a call break; `names`: what each payload type that may be sent means."""
    found = [*_sources(streams)]
    for stream in streams:
        found += [*_types(stream, names), *_sequence(stream), *_clock(stream, names), *_markers(stream, names)]
        found += [*_lengths(stream, names), *_spread(stream)]
    return found


def _sources(streams: Sequence[RtpStream]) -> Iterator[Expectation]:
    sources: dict[tuple[str, int], RtpStream] = {}
    for stream in streams:
        first = sources.setdefault((stream.src, stream.sport), stream)
        if first.ssrc != stream.ssrc:
            seen = f"{stream.ssrc:08x} after {first.ssrc:08x}"
            yield _broken("one port keeps one source identifier", f"{first.ssrc:08x}", seen, "RFC 3550 §8.1", stream)


def _types(stream: RtpStream, names: Mapping[int, str]) -> Iterator[Expectation]:
    for kind in stream.payload_types:
        if kind not in names:
            wanted = ", ".join(f"{number} {name}" for number, name in sorted(names.items()))
            yield _broken(
                "only payload types that the far end described are sent", wanted, kind, "RFC 3264 §5.1", stream
            )


def _sequence(stream: RtpStream) -> Iterator[Expectation]:
    numbers = unwrapped([row.sequence for row in stream.rows], 16).tolist()
    for before, after, row in zip(numbers, numbers[1:], stream.rows[1:], strict=False):
        if after - before != 1:
            claim = "sequence numbers rise by one with each packet"
            yield _broken(claim, 1, f"{after - before} at packet {row.frame}", "RFC 3550 §5.1", stream, row)
            return


def _clock(stream: RtpStream, names: Mapping[int, str]) -> Iterator[Expectation]:
    """The timestamp rises by the samples of each packet, and as fast as the time goes."""
    audio = [row for row in stream.rows if row.event is None and names.get(row.payload_type) in TICKS_PER_BYTE]
    stamps = unwrapped([row.timestamp for row in audio], 32).tolist()
    for index in range(1, len(audio)):
        before, row = audio[index - 1], audio[index]
        ticks = len(before.payload) * TICKS_PER_BYTE[names[before.payload_type]]
        step = stamps[index] - stamps[index - 1]
        if before.payload_type == row.payload_type and (step <= 0 or (step < PAUSE * ticks and step % ticks)):
            claim = "the timestamp rises by the samples of a packet"
            yield _broken(claim, f"{ticks}", f"{step} at packet {row.frame}", "RFC 3550 §5.1", stream, row)
            return
    yield from _pace(stream, names)


def _pace(stream: RtpStream, names: Mapping[int, str]) -> Iterator[Expectation]:
    """In running speech most packets follow each other by their own length: judged on numbers, not on arrival."""
    steps = [
        (row.timestamp - before.timestamp) % 2**32 / (len(before.payload) * TICKS_PER_BYTE[names[before.payload_type]])
        for before, row in pairwise(stream.rows)
        if before.event is row.event is None and before.payload and names.get(before.payload_type) in TICKS_PER_BYTE
    ]
    usual = sorted(steps)[len(steps) // 2] if steps else 1.0
    if len(steps) >= MIN_STEPS and usual != 1.0:
        claim = "the RTP clock counts the samples of its codec"
        seen = f"{usual:g} packets from one to the next"
        yield _broken(claim, "one packet from one to the next", seen, "RFC 3550 §5.1, RFC 3551 §4.5", stream)


def _markers(stream: RtpStream, names: Mapping[int, str]) -> Iterator[Expectation]:
    """The marker tells the first packet after a pause; where nothing pauses there is none (RFC 3551 §4.1)."""
    stray = []
    for before, row in pairwise(stream.rows):
        ticks = len(before.payload) * TICKS_PER_BYTE.get(names.get(before.payload_type, ""), 1)
        goes_on = before.event is None and row.event is None and row.timestamp - before.timestamp <= ticks
        if row.marker and goes_on:
            stray.append(row)
    if len(stray) > STRAY_MARKERS:
        claim = "the marker stands at the start of a talk spurt only"
        yield _broken(claim, "none in running speech", f"{len(stray)} packets", "RFC 3551 §4.1", stream, stray[0])


def _spread(stream: RtpStream) -> Iterator[Expectation]:
    """Packets leave one by one: a base that is held up may send a few at once, not most of them."""
    audio = [row.at for row in stream.rows if row.event is None]
    gaps = [later - earlier for earlier, later in pairwise(audio)]
    close = sum(gap * 1000 < stream.ptime_ms / 10 for gap in gaps)
    if len(gaps) >= MANY_STEPS and close > len(gaps) * BURSTS:
        claim = "packets are spread over the time that they hold"
        seen = f"{close} of {len(gaps)} packets at the heels of another"
        yield _broken(claim, f"one every {stream.ptime_ms:g} ms", seen, "RFC 3550 §6.4.1, RFC 3551 §4.2", stream)


def _lengths(stream: RtpStream, names: Mapping[int, str]) -> Iterator[Expectation]:
    """One packet length for each payload type: a whole number of milliseconds that somebody would choose."""
    lengths: dict[int, dict[int, int]] = {}
    for row in stream.rows:
        if row.event is None and names.get(row.payload_type) in TICKS_PER_BYTE:
            counts = lengths.setdefault(row.payload_type, {})
            counts[len(row.payload)] = counts.get(len(row.payload), 0) + 1
    for kind, counts in lengths.items():
        usual = max(counts, key=lambda length: counts[length])
        milliseconds = usual * TICKS_PER_BYTE[names[kind]] * 1000 / CLOCK_RATE
        if not SHORTEST_MS <= milliseconds <= LONGEST_MS:
            claim = f"a packet of {names[kind]} holds whole frames of speech"
            yield _broken(claim, f"{SHORTEST_MS} to {LONGEST_MS} ms", f"{usual} bytes", "RFC 3551 §4.2", stream)


def _broken(claim: str, expected: object, seen: object, source: str, stream: RtpStream, *rows: RtpRow) -> Expectation:
    frames = tuple(row.frame for row in rows) or (stream.first_frame,)
    return Expectation(claim, str(expected), f"{seen}\n            {stream}", source=source, frames=frames)
