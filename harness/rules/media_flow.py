"""Whether media go on: a pause is marked as silence, or packets are missing.

RFC 3551 section 4.1 lets silence go without packets: the numbers go on, the timestamp runs with the time, and the
first packet of the next talk spurt has the marker.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from harness.capture.messages import clock_text
from harness.rules.call_evidence import CallEvidence
from harness.rules.findings import Finding, Result, broken, cannot_be_said, held
from harness.rules.pieces import moments
from harness.rules.reactions import LOST
from harness.rules.registry import rule

if TYPE_CHECKING:
    from harness.capture.rtp import RtpStream
    from harness.rules.spans import Span

    Packet = tuple[RtpStream, int]
    """A stream and the index of a packet in it."""

PAUSE_S = 2.0
"""Seconds without packets that are a fault: a busy base may be late, but not by this much."""
CLOCK_ERROR_S = 0.5
"""Seconds by which packets may be late after a pause."""
TALKED_S = 0.5
"""Seconds of a tone in a pause that the base had to send."""
SILENT_RUN_S, CLOSE_S = 1.0, 0.2
"""Packets at most CLOSE_S apart for SILENT_RUN_S, while no tone sounds, are packets of silence."""
HANGOVER_S = 1.0
"""Seconds for which a base with silence suppression still sends after speech."""
G729_SID = 2
"""Octets of a silence frame of G.729 annex B."""
Kind = Literal["silence", "unmarked", "stalled", "numbers missing", "another source", "end"]
SILENCE = "silence may be sent without packets (RFC 3551 §4.1), and no speech is known"
WHY = {
    "unmarked": "the clock ran on and no number is missing, but no marker tells of a pause: silence, or a base held up",
    "another source": "another source goes on after the pause",
    "numbers missing": "packets were lost before they were captured, or never sent",
    "end": SILENCE,
}


@dataclass(frozen=True)
class Pause:
    """A time without packets of the base within a session, and its kind by the numbers around it.

    `counted` is the time that passed by the timestamps.
    """

    begins: float
    ends: float
    kind: Kind
    counted: float = 0.0

    def __str__(self) -> str:
        return f"none for {self.ends - self.begins:.1f} s from {clock_text(self.begins)} on"


@rule("RTP-FLOW", reads=("sip", "rtp"), timed=True)
def audio_goes_on(call: CallEvidence) -> Iterator[Finding]:
    """From its first packet on the base sends without a pause, or its numbers mark the pause as silence."""
    for span in call.spans:
        if not span.session.base_may_send or span.session.base_holds or not span.sent or _has_comfort_noise(span):
            continue
        found = [one for pause in pauses_of(call, span) if (one := _judged(call, span, pause)) is not None]
        worst = sorted(found, key=lambda finding: finding.result is not Result.BROKEN)
        yield worst[0] if worst else held(span.cause)


def _judged(call: CallEvidence, span: Span, pause: Pause) -> Finding | None:
    """The finding about a pause; None if it is silence."""
    live = call.evidence.acts is not None
    if call.evidence.has_lost(pause.begins, pause.ends):
        return cannot_be_said(span.cause, why=LOST)
    if talked_in(call, pause.begins, pause.ends):
        return broken(span.cause, expected="packets of what is said at the handset", seen=pause)
    if pause.kind == "silence":
        return None
    if pause.kind == "stalled":
        expected = "packets without a pause, or a timestamp that runs on in it"
        return broken(span.cause, expected=expected, seen=f"{pause}; the timestamp went on by {pause.counted:.1f} s")
    if live and (pause.kind == "numbers missing" or (pause.kind == "end" and _sends_silence(call))):
        return broken(span.cause, expected="packets without a pause", seen=pause)
    return cannot_be_said(span.cause, why=f"{pause}: {WHY[pause.kind]}")


def pauses_of(call: CallEvidence, span: Span) -> list[Pause]:
    """The pauses in what the base sent in a session; a pause at its end is known only with acts."""
    import numpy as np

    at = np.concatenate([piece.column("at") for piece in span.sent])
    owner = np.repeat(np.arange(len(span.sent)), [len(piece) for piece in span.sent])
    place = np.concatenate([piece.places for piece in span.sent])
    order = np.argsort(at, kind="stable")
    found = []
    for number in np.flatnonzero(np.diff(at[order]) > PAUSE_S).tolist():
        before, after = ((span.sent[owner[n]].stream, int(place[n])) for n in order[number : number + 2])
        found.append(_pause(span, before, after))
    last = float(at[order[-1]])
    if call.evidence.acts is not None and span.ends - last > PAUSE_S:
        found.append(Pause(last, span.ends, "end"))
    return found


def _pause(span: Span, before: Packet, after: Packet) -> Pause:
    (stream, place), (later, first) = before, after
    old, new = stream.columns, later.columns
    begins, ends = float(old.at[place]), float(new.at[first])
    if stream.ssrc != later.ssrc:
        return Pause(begins, ends, "another source")
    if (int(new.sequence[first]) - int(old.sequence[place])) % 2**16 != 1:
        return Pause(begins, ends, "numbers missing")
    ticks = (int(new.timestamp[first]) - int(old.timestamp[place])) % 2**32
    counted = ticks / stream.rate_of(int(old.payload_type[place]))
    if abs(counted - (ends - begins)) > CLOCK_ERROR_S:
        return Pause(begins, ends, "stalled", counted)
    told = bool(new.marker[first]) or _is_silence_frame(span, stream, place)
    return Pause(begins, ends, "silence" if told else "unmarked", counted)


def _is_silence_frame(span: Span, stream: RtpStream, place: int) -> bool:
    name = span.session.types_to_send.get(int(stream.columns.payload_type[place]), "")
    return name == "G729" and int(stream.columns.length[place]) == G729_SID


def _has_comfort_noise(span: Span) -> bool:
    return "CN" in span.session.types_to_send.values()


def talked_in(call: CallEvidence, begins: float, ends: float) -> bool:
    """Whether a tone sounded at the handset between two moments, long enough that the base had to send it."""
    return any(min(tone.ends, ends) - max(tone.begins, begins) >= TALKED_S for tone in call.tones)


def suppresses_silence(call: CallEvidence) -> bool:
    """Whether the base sent no packets during a silence in this call, or may do so by agreement."""
    spans = [span for span in call.spans if span.session.base_may_send and span.sent]
    return any(
        _has_comfort_noise(span) or any(pause.kind == "silence" for pause in pauses_of(call, span)) for span in spans
    )


def _sends_silence(call: CallEvidence) -> bool:
    """Whether the base sent packets while no tone sounded at the handset: then it does so always."""
    import numpy as np

    if suppresses_silence(call):
        return False
    for span in call.spans:
        at = moments(span.sent)
        breaks = np.flatnonzero(np.diff(at) > CLOSE_S)
        runs = zip([0, *(breaks + 1).tolist()], [*breaks.tolist(), len(at) - 1], strict=True)
        if len(at) and any(_is_quiet_for_long(call, float(at[first]), float(at[last])) for first, last in runs):
            return True
    return False


def _is_quiet_for_long(call: CallEvidence, begins: float, ends: float) -> bool:
    for tone in sorted(call.tones, key=lambda tone: tone.begins):
        if min(tone.begins, ends) - begins >= SILENT_RUN_S:
            return True
        begins = max(begins, tone.ends + HANGOVER_S)
    return ends - begins >= SILENT_RUN_S
