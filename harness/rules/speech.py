"""A tone at a handset is in the base's packets, and a tone of the far end is heard at the handset's ear."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from harness.rules.call_evidence import CallEvidence
from harness.rules.findings import Finding, broken, cannot_be_said, held
from harness.rules.pieces import Piece, between
from harness.rules.reactions import LOST
from harness.rules.registry import rule
from harness.rules.sound import NEAR_HZ, WINDOW_S, Spoken, tones_in

if TYPE_CHECKING:
    from harness.rules.acts import Shown
    from harness.rules.spans import Span

TOLERANCE_DB = 6.0
"""The tolerance for two transcodings and one G.726 leg, in dB; far from silence and from clipping."""
LONG_ENOUGH_S = 2.0
"""Seconds of a tone until a window of packets contains only the tone."""
LOUD_DBM0 = -30.0
ON_ITS_WAY_S = 0.6
"""Seconds by which the base's buffer and the air delay the audio."""
DEAF_FOR_S = 1.5


@rule("RTP-SPEECH", reads=("sip", "rtp", "acts"), timed=True)
def what_is_said_is_sent(call: CallEvidence) -> Iterator[Finding]:
    """A tone at the handset is in the packets at its level, decoded with the codec of their payload type."""
    for spoken in call.spoken:
        yield from _said(call, spoken)


@rule("EAR-SPEECH", reads=("sip", "rtp", "acts", "shown"), timed=True)
def what_is_sent_is_heard(call: CallEvidence) -> Iterator[Finding]:
    """A tone in the packets that reach the base is heard at the handset's ear."""
    if not call.handset:
        return
    for span in call.spans:
        own = span.session.own_audio
        if own is not None and own.direction in ("sendrecv", "recvonly"):
            yield from _heard(call, span)


def _said(call: CallEvidence, spoken: Spoken) -> Iterator[Finding]:
    tone, span = spoken.tone, spoken.span
    known = [level for _, level in spoken.levels if level is not None]
    good = [level for level in known if abs(level - tone.dbm0) <= TOLERANCE_DB]
    # A window at the edge of the tone may be quieter, none may be louder: a wrong codec makes speech loud.
    too_loud = [level for level in known if level > tone.dbm0 + TOLERANCE_DB]
    if good and len(too_loud) <= len(good):
        yield held(tone.act, span.cause)
    elif known and spoken.seconds >= LONG_ENOUGH_S:
        if call.evidence.has_lost(span.begins, span.ends):
            yield cannot_be_said(tone.act, span.cause, why=LOST)
            return
        expected = f"{tone.hz:g} Hz at {tone.dbm0:g} ± {TOLERANCE_DB:g} dBm0 in {span.codec} of the base"
        seen = f"{max(known):.1f} dBm0 at most in {spoken.seconds:.1f} s"
        yield broken(tone.act, span.cause, expected=expected, seen=seen)


def _heard(call: CallEvidence, span: Span) -> Iterator[Finding]:
    ears = [one for one in call.shown("heard", call.handset) if span.begins <= one.at <= span.ends]
    deaf: list[Shown] = []
    for ear in ears:
        sent = sent_to(call, span, ear)
        if sent is None:
            deaf.clear()
            continue
        hz, _ = sent
        if any(abs(one - hz) <= NEAR_HZ for one in heard_tones(ear)):
            deaf.clear()
            yield held(ear, span.cause)
            continue
        deaf.append(ear)
        if ear.at - deaf[0].at >= DEAF_FOR_S:
            expected, seen = f"{hz:g} Hz, which reaches the base by RTP, at the ear", f"{ear} {ear.detail}"
            yield broken(span.cause, ear, expected=expected, seen=seen)
            return


def heard_tones(ear: Shown) -> dict[float, float]:
    """The tones that an ear heard: level in dBm0 by hertz."""
    pairs = (pair.partition(":") for pair in ear.detail.get("tones", "").split())
    return {float(hz): float(level) for hz, _, level in pairs}


def sent_to(call: CallEvidence, span: Span, ear: Shown) -> tuple[float, float] | None:
    """The one loud tone in the packets of the ear's window, hertz and dBm0; None without one, or with several."""
    begins, ends = ear.at - WINDOW_S - ON_ITS_WAY_S, ear.at
    if begins < span.begins:
        return None
    own = span.session.own_audio
    names = {codec.payload: codec.name.upper() for codec in own.codecs} if own is not None else {}
    first, last = (tones_in(_came(call, begin, begin + WINDOW_S), names) for begin in (begins, ends - WINDOW_S))
    loud = [hz for hz, level in first.items() if level >= LOUD_DBM0]
    strong = [hz for hz, level in last.items() if level >= LOUD_DBM0]
    same = len(loud) == len(strong) == 1 and abs(loud[0] - strong[0]) <= NEAR_HZ
    return (loud[0], first[loud[0]]) if same else None


def _came(call: CallEvidence, start: float, end: float) -> list[Piece]:
    """The packets to the base between two moments, without telephone events."""
    heard = [stream for stream in call.streams or () if call.evidence.is_base(stream.dst)]
    return [audio for piece in between(heard, start, end) if len(audio := piece.without(()))]
