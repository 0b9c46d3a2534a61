"""A call is as loud after each change of its session as before it, in the base's packets and at the handset's ear."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

from harness.rules.call_evidence import CallEvidence
from harness.rules.findings import Finding, Occasion, judged
from harness.rules.registry import rule
from harness.rules.sound import NEAR_HZ, WINDOW_S
from harness.rules.speech import LOUD_DBM0, heard_tones, sent_to

if TYPE_CHECKING:
    from harness.rules.spans import Span

LEVEL_DB = 4.5
"""More than two codecs and the air change from one talk spurt to the next; half of the amplitude is 6 dB."""
FEWEST_WINDOWS = 2
STEADY_DB = 1.5


@rule("AFTER-LEVEL", reads=("sip", "rtp", "acts"), timed=True)
def what_is_said_is_as_loud(call: CallEvidence) -> Iterator[Finding]:
    """Tones of one level that are talked into the handset before and after a change are as loud in the packets."""
    told = [(spoken, Loudness.of([level for _, level in spoken.levels])) for spoken in call.spoken]
    known = [(spoken, loudness) for spoken, loudness in told if loudness is not None]
    for (before, loud), (after, now) in pairwise(known):
        if before.span is not after.span and before.tone.dbm0 == after.tone.dbm0:
            yield from _as_loud(loud, now, "in the base's packets", before.span.cause, after.tone.act, after.span.cause)


@rule("AFTER-LEVEL", reads=("sip", "acts", "shown", "rtp"), timed=True)
def what_is_heard_is_as_loud(call: CallEvidence) -> Iterator[Finding]:
    """A tone of the far end that is heard before and after a change is as loud at the ear, if no key set the volume.

    The tone may reach the base louder or quieter than before: a server that begins or ends to transcode changes it.
    """
    heard = [one for span in call.spans if call.handset for one in _heard(call, span)]
    for number, after in enumerate(heard):
        same = [one for one in heard[:number] if abs(one.hz - after.hz) <= NEAR_HZ and one.span is not after.span]
        if same and not _volume_was_set(call, same[-1].span.begins, after.span.ends):
            before = same[-1]
            loud = replace(before.at_the_ear, dbm0=before.at_the_ear.dbm0 + after.sent_dbm0 - before.sent_dbm0)
            where = f"of {after.hz:.0f} Hz at the ear"
            yield from _as_loud(loud, after.at_the_ear, where, before.span.cause, after.span.cause)


@dataclass(frozen=True)
class Loudness:
    """How loud a tone was in several windows, in dBm0: the loudest, and whether all were alike.

    If they were not, the tone began, ended or was disturbed in one of them.
    """

    dbm0: float
    steady: bool

    @classmethod
    def of(cls, levels: Sequence[float | None]) -> Loudness | None:
        """None if there are too few windows."""
        known = [level for level in levels if level is not None]
        if len(known) < FEWEST_WINDOWS:
            return None
        return cls(max(known), max(known) - min(known) <= STEADY_DB)


@dataclass(frozen=True)
class Heard:
    """A tone at the ear in a session, and its level in the packets that brought it."""

    span: Span
    hz: float
    at_the_ear: Loudness
    sent_dbm0: float


def _as_loud(before: Loudness, after: Loudness, where: str, *occasions: Occasion) -> Iterator[Finding]:
    """Held if the loudest windows are alike; broken only if neither tone was disturbed."""
    good = abs(before.dbm0 - after.dbm0) <= LEVEL_DB
    if good or (before.steady and after.steady):
        expected = f"{before.dbm0:.1f} ± {LEVEL_DB:g} dBm0 {where}"
        yield judged(good, *occasions, expected=expected, seen=f"{after.dbm0:.1f} dBm0")


def _heard(call: CallEvidence, span: Span) -> Iterator[Heard]:
    """The loud tones at the ear in a span with their loudness; the first window may hold only its beginning."""
    ears = [one for one in call.shown("heard", call.handset) if span.begins < one.at - WINDOW_S and one.at <= span.ends]
    windows = [heard_tones(one) for one in ears]
    for hz in [max(one, key=lambda tone: one[tone]) for one in windows[-1:] if one]:
        levels = [
            max((level for tone, level in one.items() if abs(tone - hz) <= NEAR_HZ), default=None) for one in windows
        ]
        loudness = Loudness.of(levels[1:])
        if loudness is None or loudness.dbm0 <= LOUD_DBM0:
            continue
        sent = [one[1] for ear in ears if (one := sent_to(call, span, ear)) and abs(one[0] - hz) <= NEAR_HZ]
        if sent:
            yield Heard(span, hz, loudness, max(sent))


def _volume_was_set(call: CallEvidence, start: float, end: float) -> bool:
    keys = call.evidence.index.of_handset(call.handset, "key")
    return any(start <= act.at <= end and act.detail.get("key", "").startswith("VOL") for act in keys)
