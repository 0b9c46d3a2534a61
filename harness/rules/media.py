"""The base's RTP: numbers, clock, marker, lengths, pace, source (RFC 3550, RFC 3551), over whole columns."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from harness.rules.call_evidence import CallEvidence
from harness.rules.findings import Finding, broken, cannot_be_said, held, held_unless, judged
from harness.rules.registry import rule
from harness.rules.session import far_end_moved
from harness.rules.source_rules import media_rule, unless_protected
from harness.rules.sources import CLOCK_RATE, Source

LONGEST_MS, SHORTEST_MS = 120, 5
STRAY_MARKERS = 2
PAUSE = 3
"""A gap of this many packet times is a pause; after a pause any timestamp is allowed."""
MANY_STEPS, BURSTS = 15, 0.6
MIN_STEPS = 5
"""Shorter streams are too short to judge their pace."""


@rule("RTP-SOURCE", reads=("sip", "rtp"))
def one_source(call: CallEvidence) -> Iterator[Finding]:
    """A port of the base sends under one source identifier, as long as it sends to the same far end.

    If the far end uses the same one, the base must choose another (RFC 3550 section 8.2).
    """
    last: dict[tuple[str, int], Source] = {}
    for source in call.sources:
        stream = source.streams[0]
        port = stream.src, stream.sport
        before = last.get(port)
        known = before.streams[0].ssrc if before is not None else 0
        if before is None or _goes_elsewhere(call, before, source) or has_collided(call, known, stream.first_at):
            last[port] = source
            yield held(source.occasion())
            continue
        claim, seen = "one port keeps one source identifier", f"{stream.ssrc:08x} after {known:08x}"
        yield broken(before.occasion(), source.occasion(), expected=f"{known:08x}", seen=seen, claim=claim)


def has_collided(call: CallEvidence, ssrc: int, until: float) -> bool:
    """Whether the base has heard its own source identifier from the far end before a moment."""
    heard = (s for s in call.streams or () if not call.evidence.is_base(s.src))
    return any(stream.ssrc == ssrc and stream.first_at <= until for stream in heard)


def _goes_elsewhere(call: CallEvidence, before: Source, after: Source) -> bool:
    """Whether the far end had moved when a source began: then another identifier is allowed."""
    return far_end_moved(*(call.session_at(source.streams[0].first_at) for source in (before, after)))


@media_rule("RTP-SEQUENCE")
def sequence(source: Source) -> Iterator[Finding]:
    """Numbers rise by one; gaps in a foreign trace may be losses before the point of capture."""
    import numpy as np

    steps = np.diff(source.sequence)
    odd = np.flatnonzero(steps != 1)
    if not len(odd):
        yield held(source.occasion())
        return
    place = int(odd[0]) + 1
    usual = float(np.median(steps))
    if usual == 1 and source.may_lack_packets:
        why = f"{len(odd)} gaps or steps back: packets were lost or overtaken before they were captured, or never sent"
        yield cannot_be_said(source.occasion(place), why=why)
        return
    claim = "sequence numbers rise by one with each packet"
    seen = f"{int(steps[place - 1])} at packet {int(source.frame[place])}"
    yield broken(source.occasion(place), expected=1, seen=seen, claim=claim)


@media_rule("RTP-CLOCK", timed=True)
def clock(source: Source) -> Iterator[Finding]:
    """The timestamp rises by the samples of each packet."""
    found = held_unless(_clock(source), source.occasion())
    return unless_protected(source, found, source.audio)


def _clock(source: Source) -> Iterator[Finding]:
    import numpy as np

    places = np.flatnonzero(source.audio)
    stamps, kinds, ticks = (column[places] for column in (source.timestamp, source.kind, source.ticks))
    steps, due = np.diff(stamps), ticks[:-1]
    in_order = (kinds[1:] == kinds[:-1]) & (np.diff(source.sequence[places]) > 0) & (due > 0)
    whole = np.mod(steps, np.maximum(due, 1)) == 0
    odd = np.flatnonzero(in_order & ((steps <= 0) | ((steps < PAUSE * due) & ~whole)))
    if len(odd):
        at, place = int(odd[0]), int(places[odd[0] + 1])
        claim = "the timestamp rises by the samples of a packet"
        seen = f"{int(steps[at])} at packet {int(source.frame[place])}"
        yield broken(source.occasion(place), expected=int(due[at]), seen=seen, claim=claim, source="RFC 3550 §5.1")
        return
    running = _running(source)
    rates = np.diff(source.timestamp)[running] / source.ticks[:-1][running]
    usual = float(np.sort(rates)[len(rates) // 2]) if len(rates) else 1.0
    if len(rates) >= MIN_STEPS and usual != 1.0:
        claim, seen = "the RTP clock counts the samples of its codec", f"{usual:g} packets from one to the next"
        yield broken(source.occasion(), expected="one packet from one to the next", seen=seen, claim=claim)


def _running(source: Source) -> Any:
    """Which packets of speech are followed at once by another: by the number, not by the arrival."""
    import numpy as np

    speech = source.audio & (source.ticks > 0)
    return speech[:-1] & source.audio[1:] & (np.diff(source.sequence) == 1)


@media_rule("RTP-MARKER")
def marker(source: Source) -> Iterator[Finding]:
    """The marker is set on the first packet after a pause, and only there."""
    return unless_protected(source, _marker(source), source.audio)


def _marker(source: Source) -> Iterator[Finding]:
    import numpy as np

    goes_on = _running(source) & (np.diff(source.timestamp) <= source.ticks[:-1])
    stray = np.flatnonzero(goes_on & source.marker[1:].astype(bool)) + 1
    good = len(stray) <= STRAY_MARKERS
    occasion = source.occasion(0 if good else int(stray[0]))
    claim, seen = "the marker stands at the start of a talk spurt only", f"{len(stray)} packets"
    yield judged(good, occasion, expected="none in running speech", seen=seen, claim=claim)


@media_rule("RTP-LENGTH", of_one_packet=True)
def length(source: Source) -> Iterator[Finding]:
    """One packet length for each payload type: a usual whole number of milliseconds."""
    return unless_protected(source, _length(source), source.audio)


def _length(source: Source) -> Iterator[Finding]:
    import numpy as np

    for kind in np.unique(source.kind[source.audio]).tolist():
        of_kind = source.audio & (source.kind == kind)
        lengths, times = np.unique(source.length[of_kind], return_counts=True)
        usual = int(lengths[np.argmax(times)])
        place = int(np.flatnonzero(of_kind & (source.length == usual))[0])
        milliseconds = int(source.ticks[place]) * 1000 / CLOCK_RATE
        good = SHORTEST_MS <= milliseconds <= LONGEST_MS
        claim, seen = f"a packet of {source.names[kind]} holds whole frames of speech", f"{usual} bytes"
        yield judged(good, source.occasion(place), expected=f"{SHORTEST_MS} to {LONGEST_MS} ms", seen=seen, claim=claim)


@media_rule("RTP-PACE", timed=True)
def pace(source: Source) -> Iterator[Finding]:
    """Packets are sent one by one: a delayed base may send a few at once, but not most of them."""
    import numpy as np

    places = np.flatnonzero(source.audio)
    if len(places) <= MANY_STEPS:
        return
    steps = np.diff(source.timestamp[places])
    steps = steps[(steps > 0) & (steps < CLOCK_RATE)]
    ptime = float(np.median(steps)) / CLOCK_RATE if len(steps) else 0.0
    gaps = np.diff(source.at[places])
    close = int((gaps < ptime / 10).sum())
    good = close <= len(gaps) * BURSTS
    claim = "packets are sent at the rate of their audio"
    seen = f"{close} of {len(gaps)} packets directly after another"
    yield judged(good, source.occasion(), expected=f"one every {ptime * 1000:g} ms", seen=seen, claim=claim)
