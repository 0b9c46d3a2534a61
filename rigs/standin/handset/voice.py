"""Ear and mouth: G.726 frames of the air to and from 16-bit samples, the dongle's tone, and its listening.

Frames of 20 ms leave by an absolute schedule while a voice slot is open. What arrives is decoded at once; a stretch
in which nothing arrived counts as silence.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import numpy as np

from rigs.standin.air.protocol import FRAME_SECONDS
from rigs.standin.core.strategies import Strategies
from rigs.standin.handset.data import constant
from rigs.standin.handset.levels import RATE, Samples, Tone, amplitude, level, tones
from rigs.standin.handset.strategies import SpeakerStrategy
from rigs.standin.media.spandsp import FRAME_SAMPLES, G726Decoder, G726Encoder

LATE_FRAMES = 5  # a longer stall is not made up for
SILENT_FRAMES = 3  # without any from the air so long, the ear hears what the handset itself makes
Heard = Callable[[float, list[Tone]], None]


class Ear:
    """What came to the ear; `listen` measures a stretch of it."""

    def __init__(self) -> None:
        self._stretch: list[Samples] | None = None

    @property
    def listening(self) -> bool:
        """True while a stretch is being measured."""
        return self._stretch is not None

    def hear(self, samples: Samples) -> None:
        """Samples at the ear, after the volume."""
        if self._stretch is not None:
            self._stretch.append(samples)

    def listen(self, milliseconds: int, done: Heard) -> None:
        """Collects from now on; `done` gets level and tones when the time is over."""
        self._stretch = []
        asyncio.get_running_loop().call_later(milliseconds / 1000, self._measure, milliseconds, done)

    def _measure(self, milliseconds: int, done: Heard) -> None:
        heard = np.concatenate([np.zeros(0, np.int16), *(self._stretch or [])])
        self._stretch = None
        wanted = milliseconds * RATE // 1000
        if len(heard) < wanted - 2 * FRAME_SAMPLES:
            heard = np.concatenate([heard, np.zeros(wanted - len(heard), np.int16)])
        done(level(heard), tones(heard))


class Oscillator:
    """A tone for a while, silence before and after: what the dongle says into the microphone, a signal at the ear."""

    def __init__(self) -> None:
        self._hertz = 0.0
        self._peak = 0.0
        self._until = 0.0
        self._sample = 0

    def tone(self, hertz: float, dbm0: float, milliseconds: int) -> None:
        """A sine from now on for so long."""
        self._hertz, self._peak, self._sample = hertz, amplitude(dbm0), 0
        self._until = asyncio.get_running_loop().time() + milliseconds / 1000

    def mute(self) -> None:
        """Silence at once."""
        self._until = 0.0

    @property
    def sounds(self) -> bool:
        """True until the tone is over."""
        return asyncio.get_running_loop().time() < self._until

    def frame(self) -> Samples:
        """The next 20 ms; the phase goes on from frame to frame."""
        if not self.sounds:
            return np.zeros(FRAME_SAMPLES, np.int16)
        at = np.arange(self._sample, self._sample + FRAME_SAMPLES)
        self._sample += FRAME_SAMPLES
        return np.clip(self._peak * np.sin(2 * np.pi * self._hertz * at / RATE), -32768, 32767).astype(np.int16)


class VoicePath:
    """The voice of one handset; `send` gets 80 bytes each 20 ms while the slot is open."""

    def __init__(self, send: Callable[[bytes], None], strategies: Strategies) -> None:
        self.ear = Ear()
        self.mouth = Oscillator()
        self._signal = Oscillator()
        self.volume = constant("speaker_normal")
        self._send = send
        self._strategies = strategies
        self._encoder: G726Encoder | None = None
        self._decoder: G726Decoder | None = None
        self._beat: asyncio.Handle | None = None
        self._heard_at = 0.0
        self._due = 0.0

    @property
    def open(self) -> bool:
        """True while a voice slot is at work."""
        return self._beat is not None

    def start(self) -> None:
        """The slot is open: both codecs begin afresh."""
        if self._beat is None:
            self._encoder, self._decoder = G726Encoder(), G726Decoder()
            loop = asyncio.get_running_loop()
            self._due = loop.time()
            self._beat = loop.call_soon(self._tick)

    def stop(self) -> None:
        """The slot is given back."""
        if self._beat is not None:
            self._beat.cancel()
            self._beat = None

    def heard(self, frame: bytes) -> None:
        """One frame from the air."""
        if self._decoder is None or not self.open:
            return
        samples = np.frombuffer(self._decoder.decode(frame), np.int16)
        gain = 10 ** (self._strategies.get(SpeakerStrategy).decibel(self.volume) / 20)
        if gain != 1.0:
            samples = np.clip(samples * gain, -32768, 32767).astype(np.int16)
        self._heard_at = asyncio.get_running_loop().time()
        self.ear.hear(self._with_signal(samples))

    def signal(self, kind: str) -> None:
        """A tone of `signals` in constants.yaml, beside what the far end says and at this ear alone."""
        self._signal.tone(*constant("signals")[kind])

    def _with_signal(self, samples: Samples) -> Samples:
        if not self._signal.sounds:
            return samples
        both: Samples = np.clip(samples.astype(np.int32) + self._signal.frame(), -32768, 32767).astype(np.int16)
        return both

    def _tick(self) -> None:
        loop = asyncio.get_running_loop()
        late = (loop.time() - self._due) / FRAME_SECONDS
        if late > LATE_FRAMES:
            self._due += int(late) * FRAME_SECONDS
        self._due += FRAME_SECONDS
        self._beat = loop.call_at(self._due, self._tick)
        assert self._encoder is not None
        if self._signal.sounds and loop.time() - self._heard_at > SILENT_FRAMES * FRAME_SECONDS:
            self.ear.hear(self._signal.frame())  # nothing comes that it could go with, as on hold
        self._send(self._encoder.encode(self.mouth.frame().tobytes()))
