"""Decodes the audio of packets and measures tones in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.capture import audio

if TYPE_CHECKING:
    from harness.rules.acts import Act
    from harness.rules.call_evidence import CallEvidence
    from harness.rules.pieces import Piece
    from harness.rules.spans import Span

NEAR_HZ = 15.0
WINDOW_S, STEP_S = 0.3, 0.1
COMES_WITHIN_S = 0.2
"""Seconds by which air and the base's buffer delay the audio."""
SHORTEST_S = 0.1
"""Seconds of audio that a level needs."""


def tone_level(packets: Sequence[Piece], codec: str, hz: float) -> float | None:
    """The level in dBm0 of a tone in packets of one codec; SILENCE if it is not in them.

    None if there are too few packets, or the codec is not decoded here.
    """
    readable = not any(piece.stream.unreadable for piece in packets)
    sound = audio.decoded(codec, payloads_of(packets)) if packets and readable else None
    if sound is None or sound.seconds < SHORTEST_S:
        return None
    near = [tone.level for tone in sound.tones(8) if abs(tone.frequency - hz) <= NEAR_HZ]
    return max(near, default=audio.SILENCE_DBM0)


def payloads_of(packets: Sequence[Piece]) -> list[bytes]:
    """The payloads of some pieces, in order."""
    return [payload for piece in packets for payload in piece.payloads]


def tones_in(packets: Sequence[Piece], names: Mapping[int, str]) -> dict[float, float]:
    """The tones in packets of one source and one codec: level in dBm0 by hertz; empty if they are not decoded here."""
    kinds = {int(kind) for piece in packets for kind in piece.column("payload_type")}
    if len(kinds) != 1 or len({piece.stream.ssrc for piece in packets}) != 1 or packets[0].stream.unreadable:
        return {}
    sound = audio.decoded(names.get(kinds.pop(), ""), payloads_of(packets))
    if sound is None or sound.seconds < SHORTEST_S:
        return {}
    return {tone.frequency: tone.level for tone in sound.tones(8)}


@dataclass(frozen=True)
class Talking:
    """A tone that sounded at a handset, from when to when."""

    act: Act
    hz: float
    dbm0: float
    begins: float
    ends: float


def talking(acts: Sequence[Act]) -> list[Talking]:
    """The tones of one handset, given its acts `tone` and `mute` in order: each ends with the next of them."""
    found = []
    for act, later in zip(acts, [*acts[1:], None], strict=False):
        if act.kind == "tone" and "error" not in act.detail and {"hz", "dbm0", "ms"} <= act.detail.keys():
            begins = max(act.at, act.ended)
            ends = min(begins + float(act.detail["ms"]) / 1000, later.at if later else float("inf"))
            found.append(Talking(act, float(act.detail["hz"]), float(act.detail["dbm0"]), begins, ends))
    return found


@dataclass(frozen=True)
class Spoken:
    """A tone at the handset during a session, and its level in windows of the packets."""

    tone: Talking
    span: Span
    levels: tuple[tuple[float, float | None], ...]
    """When each window began, and dBm0; None if it is not decoded here."""

    @property
    def seconds(self) -> float:
        """How long the tone sounded in this session."""
        return min(self.tone.ends, self.span.ends) - max(self.tone.begins, self.span.begins)


def spoken_in(call: CallEvidence) -> list[Spoken]:
    """The tones in each session in which the base may send and the handset does not hold."""
    spans = [one for one in call.spans if one.session.base_may_send and not call.handset_holds(one.begins)]
    pairs = [(tone, span) for tone in call.tones for span in spans]
    return [Spoken(tone, span, tuple(_levels(tone, span))) for tone, span in pairs if tone.begins < span.ends]


def _levels(tone: Talking, span: Span) -> list[tuple[float, float | None]]:
    begins, ends = max(tone.begins, span.begins) + COMES_WITHIN_S, min(tone.ends, span.ends)
    events = span.session.event_types
    found: list[tuple[float, float | None]] = []
    while begins + WINDOW_S <= ends:
        packets = [piece.without(events) for piece in span.sent_between(begins, begins + WINDOW_S)]
        known = [piece for piece in packets if len(piece)]
        if known:
            found.append((begins, tone_level(known, span.codec, tone.hz)))
        begins += STEP_S
    return found
