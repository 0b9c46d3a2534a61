"""Ear and mouth of a call: a tone generator towards the far end, WAV recordings of what comes from it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

import pjsua2 as pj

from harness.core import clock

FULL_SCALE_DBM0 = 3.14
"""Level of a sine that fills 16 bits, as G.711 A-law defines it (ITU-T G.711, table 5 note: +3.14 dBm0)."""
CLOCK_RATE = 16000
"""The conference bridge's rate: that of G.722, so that no call loses its upper band."""

CLOSING_WITHIN = 1.0
"""Seconds a finished recording may take to reach its file."""


def amplitude(level_dbm0: float) -> int:
    """The generator's volume (peak of 16 bits) for a level in dBm0."""
    return max(1, min(32767, round(32767 * 10 ** ((level_dbm0 - FULL_SCALE_DBM0) / 20))))


def tone_generator(hertz: list[float], level_dbm0: float) -> Any:
    """A generator that plays one or two tones for ever."""
    generator = pj.ToneGenerator()
    generator.createToneGenerator(CLOCK_RATE, 1)
    tone = pj.ToneDesc()
    tone.freq1 = int(hertz[0])
    tone.freq2 = int(hertz[1]) if len(hertz) > 1 else 0
    tone.on_msec, tone.off_msec = 1000, 0
    tone.volume = amplitude(level_dbm0)
    tones = pj.ToneDescVector()
    tones.append(tone)
    generator.play(tones, True)
    return generator


@dataclass
class Recording:
    """One `hear`: what it writes to, since when, until when (monotonic seconds)."""

    file: str
    ms: int
    recorder: Any
    started: float
    until: float
    connected: bool = False

    @property
    def complete(self) -> bool:
        """Whether the header says as much as the file holds: the bridge closes it on a thread of its own, later."""
        with open(self.file, "rb") as file:
            header = file.read(8)
            size = file.seek(0, os.SEEK_END)
        return len(header) == 8 and header[:4] == b"RIFF" and int.from_bytes(header[4:], "little") == size - 8 > 36


def recording(file: str, ms: int) -> Recording:
    """A recorder that is not connected to a call yet; its file is complete when the recorder is dropped."""
    recorder = pj.AudioMediaRecorder()
    recorder.createRecorder(file)
    return Recording(file, ms, recorder, clock.now(), clock.monotonic() + ms / 1000)
