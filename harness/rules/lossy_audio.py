"""Speech over a path that loses, delays and repeats packets: heard in order, at its level and without growing delay."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from harness.capture import audio
from harness.rules.call_evidence import CallEvidence
from harness.rules.findings import Finding, broken, held
from harness.rules.registry import rule
from harness.rules.sound import NEAR_HZ, WINDOW_S
from harness.rules.speech import LOUD_DBM0, ON_ITS_WAY_S, TOLERANCE_DB, heard_tones

if TYPE_CHECKING:
    from harness.capture.audio import Sound
    from harness.capture.rtp import RtpStream
    from harness.rules.acts import Shown
    from harness.rules.spans import Span

STEADY_HZ = 6.0
"""A tone whose packets are played in another order, or twice, is smeared: what is left of it is beside it."""
FEWEST_EARS, MOST_EARS, GOOD_SHARE = 4, 6, 0.6
"""An ear may be unlucky: of so many that follow each other most must hear the tone."""
RECENTLY_S = 2.0
QUIET_DBM0 = -45.0


@dataclass(frozen=True)
class Ear:
    """A reading at the ear while a tone came over a path that lost, repeated or overtook packets."""

    shown: Shown
    hz: float
    dbm0: float
    disturbed: int

    @property
    def hears(self) -> bool:
        """Whether the tone is there, where it was and as loud as it came."""
        tones = heard_tones(self.shown).items()
        return any(abs(hz - self.hz) <= STEADY_HZ and abs(level - self.dbm0) <= TOLERANCE_DB for hz, level in tones)


@rule("EAR-LOSS", reads=("sip", "rtp", "acts", "shown"), timed=True)
def speech_is_heard_over_a_bad_path(call: CallEvidence) -> Iterator[Finding]:
    """A tone of which packets are lost, late or repeated is heard at the ear, at the level of what came.

    It is compared with the packets in the order of their timestamps, each once, with silence for those that are lost.
    """
    for span in _spans_that_listen(call):
        for ears in _runs(call, span):
            deaf = [ear for ear in ears if not ear.hears]
            if len(ears) - len(deaf) >= GOOD_SHARE * len(ears):
                yield held(ears[0].shown)
            else:
                first = deaf[0]
                expected = f"{first.hz:.0f} Hz at {first.dbm0:.1f} ± {TOLERANCE_DB:g} dBm0 in most windows at the ear"
                seen = f"it in {len(ears) - len(deaf)} of {len(ears)}; {first.shown} {first.shown.detail}"
                yield broken(first.shown, expected=expected, seen=seen)


@rule("EAR-DELAY", reads=("sip", "rtp", "acts", "shown"), timed=True)
def what_has_ended_is_not_heard(call: CallEvidence) -> Iterator[Finding]:
    """A tone that has ended in the packets is not heard any longer than air and a short buffer delay it."""
    for span in _spans_that_listen(call):
        for ear in _ears(call, span):
            quiet_from = ear.at - WINDOW_S - ON_ITS_WAY_S
            ended = _ended_tone(call, span, quiet_from, ear.at)
            if ended is None:
                continue
            heard = [hz for hz, level in heard_tones(ear).items() if level >= LOUD_DBM0 and abs(hz - ended) <= NEAR_HZ]
            if heard:
                expected = f"no {ended:.0f} Hz at the ear {ON_ITS_WAY_S:g} s after the last packet with it"
                yield broken(ear, expected=expected, seen=f"{ear} {ear.detail}")
                return
            yield held(ear)


def _spans_that_listen(call: CallEvidence) -> Iterator[Span]:
    for span in call.spans if call.handset else ():
        own = span.session.own_audio
        if own is not None and own.direction in ("sendrecv", "recvonly"):
            yield span


def _ears(call: CallEvidence, span: Span) -> list[Shown]:
    return [one for one in call.shown("heard", call.handset) if span.begins < one.at <= span.ends]


def _runs(call: CallEvidence, span: Span) -> Iterator[list[Ear]]:
    """Some readings that follow each other, each while the tone was disturbed."""
    run: list[Ear] = []
    for shown in _ears(call, span):
        ear = _ear(call, span, shown)
        if ear is not None and len(run) < MOST_EARS and (not run or abs(run[-1].hz - ear.hz) <= STEADY_HZ):
            run.append(ear)
            continue
        if len(run) >= FEWEST_EARS:
            yield run
        run = [ear] if ear is not None else []
    if len(run) >= FEWEST_EARS:
        yield run


def _ear(call: CallEvidence, span: Span, shown: Shown) -> Ear | None:
    """A reading with the one loud tone that came; None without one, or if no packet was disturbed."""
    begins = shown.at - WINDOW_S - ON_ITS_WAY_S
    disturbed = _disturbed(call, begins, shown.at) if begins >= span.begins else 0
    if not disturbed:
        return None
    tones = [_loud(_came(call, begin, begin + WINDOW_S)) for begin in (begins, shown.at - WINDOW_S)]
    (first, level), (last, _) = (one[0] if len(one) == 1 else (0.0, 0.0) for one in tones)
    return Ear(shown, first, level, disturbed) if first and abs(first - last) <= STEADY_HZ else None


def _ended_tone(call: CallEvidence, span: Span, quiet_from: float, until: float) -> float | None:
    """The frequency of a tone in the packets that ended before a moment, and after which nothing came until another."""
    if quiet_from - RECENTLY_S < span.begins:
        return None
    now = _came(call, quiet_from, until)
    if now is not None and now.level > QUIET_DBM0:
        return None
    before = _loud(_came(call, quiet_from - RECENTLY_S, quiet_from))
    return before[0][0] if len(before) == 1 else None


def _disturbed(call: CallEvidence, start: float, end: float) -> int:
    """How many packets to the base did not have the number after that of the one before."""
    import numpy as np

    return sum(
        int((np.diff(stream.sequences[slice(*_places(stream, start, end))]) != 1).sum()) for stream in _to_base(call)
    )


def _came(call: CallEvidence, start: float, end: float) -> Sound | None:
    """What came between two moments, in the order of its timestamps, each packet once, gaps as silence."""
    found = []
    for stream in _to_base(call):
        first, last = _places(stream, start, end)
        if first < last:
            found.append(replace(stream, columns=stream.columns.part(first, last)))
    return audio.decode(found[0]) if len(found) == 1 else None


def _to_base(call: CallEvidence) -> list[RtpStream]:
    return [stream for stream in call.streams or () if call.evidence.is_base(stream.dst)]


def _places(stream: RtpStream, start: float, end: float) -> tuple[int, int]:
    import numpy as np

    first, last = np.searchsorted(stream.columns.at, (start, end)).tolist()
    return first, last


def _loud(sound: Sound | None) -> Sequence[tuple[float, float]]:
    """The loud tones, hertz and dBm0."""
    tones = sound.tones(8) if sound is not None else []
    return [(tone.frequency, tone.level) for tone in tones if tone.level >= LOUD_DBM0]
