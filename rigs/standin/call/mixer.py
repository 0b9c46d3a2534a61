"""Mixing of three parties and more: each hears the sum of all others, 20 ms at a time."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable, Iterable
from typing import Generic, TypeVar

import numpy as np
import numpy.typing as npt

from rigs.standin.media.clock import Metronome
from rigs.standin.media.spandsp import FRAME_SAMPLES, G726Decoder, G726Encoder

P = TypeVar("P", bound=Hashable)

FRAME_MS = 20
WAITING_FRAMES = 3
"""Frames of a party that may wait for their beat; clocks of networks and handsets drift and jitter by less."""

Samples = npt.NDArray[np.int32]


class _Line:
    """One party's way in and out of the mixer: frames that wait, and codec states of its own."""

    def __init__(self) -> None:
        self.waiting: deque[bytes] = deque(maxlen=WAITING_FRAMES)
        self._decoder = G726Decoder()
        self._encoder = G726Encoder()

    def said(self) -> Samples:
        """The samples of its next frame; silence if it brought none."""
        if not self.waiting:
            return np.zeros(FRAME_SAMPLES, np.int32)
        return np.frombuffer(self._decoder.decode(self.waiting.popleft()), np.int16).astype(np.int32)

    def frame(self, samples: Samples) -> bytes:
        """What it is to hear as an air frame; loud voices together are cut off, as on any telephone."""
        return self._encoder.encode(np.clip(samples, -32768, 32767).astype(np.int16).tobytes())


class Mixer(Generic[P]):
    """Takes frames whenever they come and hands out mixed ones by a clock of its own, from `serve` to `stop`."""

    def __init__(self, hand_out: Callable[[P, bytes], None]) -> None:
        self._hand_out = hand_out
        self._lines: dict[P, _Line] = {}
        self._clock = Metronome(FRAME_MS, self.beat)

    def serve(self, parties: Iterable[P]) -> None:
        """Mixes for these parties from now on; who stays keeps its codec states."""
        self._lines = {party: self._lines.get(party) or _Line() for party in parties}

    def stop(self) -> None:
        """Nothing is handed out any more."""
        self._clock.stop()
        self._lines = {}

    def take(self, party: P, frame: bytes) -> None:
        """20 ms of what a party says; of too many that wait the oldest is lost."""
        if party in self._lines:
            self._lines[party].waiting.append(frame)

    def beat(self, missed: int) -> None:
        """20 ms of all parties for all parties; missed beats are not repeated."""
        said = {party: line.said() for party, line in self._lines.items()}
        total = sum(said.values(), np.zeros(FRAME_SAMPLES, np.int32))
        for party, line in tuple(self._lines.items()):
            self._hand_out(party, line.frame(total - said[party]))
