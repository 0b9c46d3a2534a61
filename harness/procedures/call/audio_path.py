"""Finds where a missing tone was lost, from the packets of the call on the base's wire."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from harness.core.tones import Tones
from harness.procedures.judging import judgements_of

if TYPE_CHECKING:
    from harness.capture.rtp import RtpStream
    from harness.procedures.call.state import CallState

Heard = Callable[[Tones], bool]
LISTENS = ("sendrecv", "recvonly")
SPEAKS = ("sendrecv", "sendonly")


def lost_behind_the_base(call: CallState, heard: Heard, since: float, window_ms: int) -> bool:
    """Whether the base sent the tone correctly to the right address: then the peer that does not hear it is faulty."""
    streams = call.wire.rtp(call.dialog, since=since)
    sent = [stream for stream in streams if stream.src in call.base]
    if not sent or _breaks_a_rule(call, media=True, since=since):
        return False
    now = max(sent, key=lambda stream: stream.last_at)
    if (now.dst, now.dport) not in _far_ends(call, streams):
        return False
    windows = _windows(now, _names(call, of_the_base=False), window_ms)
    settled = windows[len(windows) // 2 :]
    return len(windows) > 1 and all(heard(window) for window in settled)


def lost_before_the_base(call: CallState, heard: Heard, since: float, window_ms: int) -> bool:
    """Whether the base asked for audio and no packet with the tone came: then the sending peer is faulty."""
    told = [message.sdp_or_none for message, _ in call.dialog.descriptions() if message.src in call.base]
    asked = told[-1].audio if told and told[-1] else None
    if asked is None or not asked.port or asked.address not in call.base or asked.direction not in LISTENS:
        return False
    if _breaks_a_rule(call, media=False):
        return False
    came = [stream for stream in call.wire.rtp(call.dialog, since=since) if stream.dst in call.base]
    names = _names(call, of_the_base=True)
    windows = [_windows(stream, names, window_ms) for stream in came]
    return all(found and not any(heard(window) for window in found) for found in windows)


def came_by_rtp(call: CallState, heard: Heard, since: float, window_ms: int) -> bool:
    """Whether packets towards the base have the tone: then the server or the far end made it, not the base."""
    return _carries(call, heard, since, window_ms, of_the_base=False)


def sent_by_rtp(call: CallState, heard: Heard, since: float, window_ms: int) -> bool:
    """Whether the base's packets have the tone: if not, a far end that hears something like it hears its server."""
    return _carries(call, heard, since, window_ms, of_the_base=True)


def far_end_may_send(call: CallState) -> bool:
    """Whether the far end's last description, as it reached the base, lets it be heard: one that holds may play."""
    told = [description.audio for message, description in call.dialog.descriptions() if message.dst in call.base]
    return not told or told[-1].direction in SPEAKS


def _carries(call: CallState, heard: Heard, since: float, window_ms: int, *, of_the_base: bool) -> bool:
    """Whether the tone is in the packets of one side in this call; they are what the other side has described."""
    ends = [(one, one.src if of_the_base else one.dst) for one in call.wire.rtp(call.dialog, since=since)]
    names = _names(call, of_the_base=not of_the_base)
    return any(heard(window) for one, end in ends if end in call.base for window in _windows(one, names, window_ms))


def _breaks_a_rule(call: CallState, *, media: bool, since: float | None = None) -> bool:
    judgements = judgements_of(call.context, call_id=call.dialog.call_id, media=media, since=since)
    return any(one.broken for one in judgements)


def _windows(stream: RtpStream, names: Mapping[int, str], window_ms: int) -> Sequence[Tones]:
    """The tones on the wire in each window; none if the codec is unknown or there are too few packets."""
    from harness.capture.audio import decode
    from harness.core.tones import measured

    sound = decode(stream, names)
    if sound is None:
        return []
    size = sound.rate * window_ms // 1000
    ends = range(size, len(sound.samples) + 1, size)
    return [measured(sound.samples[end - size : end], sound.rate) for end in ends]


def _names(call: CallState, *, of_the_base: bool) -> dict[int, str]:
    """What each payload type means that one side has described: it is what the other side may send."""
    return {
        codec.payload: codec.name.upper()
        for message, description in call.dialog.descriptions()
        if (message.src in call.base) is of_the_base
        for codec in description.audio.codecs
    }


def _far_ends(call: CallState, streams: Sequence[RtpStream]) -> set[tuple[str, int]]:
    """Where the far end sends from; before it has sent, where it said that it listens."""
    sources = {(stream.src, stream.sport) for stream in streams if stream.dst in call.base}
    told = [description.audio for message, description in call.dialog.descriptions() if message.dst in call.base]
    return sources or {(media.address, media.port) for media in told[-1:]}
