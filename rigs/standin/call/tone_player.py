"""A call progress tone for a handset that has no far end at a server: ring-back of an internal call."""

from __future__ import annotations

from collections.abc import Callable

from rigs.standin.media.clock import Metronome
from rigs.standin.media.spandsp import G726Encoder
from rigs.standin.media.tones import Tone, ToneKind, progress_tone

FRAME_MS = 20


class TonePlayer:
    """Plays into an ear, 20 ms at a time in the air's codec, from `play` to `stop`."""

    def __init__(self, hear: Callable[[bytes], None], country: str) -> None:
        self._hear = hear
        self._country = country
        self._clock: Metronome | None = None
        self._encoder = G726Encoder()
        self._frames = 0

    def play(self, kind: ToneKind) -> None:
        """One tone of the country; nothing changes while it plays."""
        if self._clock is None:
            tone, self._frames = progress_tone(self._country, kind), 0
            self._clock = Metronome(FRAME_MS, lambda missed: self._beat(tone, missed))

    def stop(self) -> None:
        """Silence."""
        if self._clock is not None:
            self._clock.stop()
            self._clock = None

    def _beat(self, tone: Tone, missed: int) -> None:
        self._frames += 1 + missed
        self._hear(self._encoder.encode(tone.frame(self._frames)))
