"""What the base has sent in a call, decoded from its packets as a codec's name says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.core.errors import InvalidTest
from harness.core.tones import NOTHING_HEARD

if TYPE_CHECKING:
    from harness.core.tones import Tones
    from harness.procedures.call.state import CallState


def agreed_payload(state: CallState, codec: str) -> int:
    """The payload type of a codec by the far end's last description that lists it."""
    for message, description in reversed(state.dialog.descriptions()):
        found = description.audio.codec(codec)
        if found is not None and message.dst in state.base:
            return found.payload
    raise InvalidTest(f"{codec} agreed", "no description of the far end lists it")


def codecs_sent(state: CallState) -> str:
    """The codecs in which the base has sent audio, by the names in the far end's descriptions."""
    names = {kind: name for session in state.sessions() for kind, name in session.types_to_send.items()}
    kinds = dict.fromkeys(kind for stream in state.base_streams() for kind in stream.audio_types)
    return ", ".join(names.get(kind, f"payload type {kind}") for kind in kinds) or "no RTP packet"


def last_tones(state: CallState, payload: int, codec: str, window_ms: int) -> Tones:
    """The tones in the last window of what the base has sent so far."""
    from harness.capture.audio import decode
    from harness.core.tones import measured

    sounds = [sound for stream in state.base_streams() if (sound := decode(stream, {payload: codec})) is not None]
    if not sounds:
        return NOTHING_HEARD
    return measured(sounds[-1].samples[-sounds[-1].rate * window_ms // 1000 :], sounds[-1].rate)
