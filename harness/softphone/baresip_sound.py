"""Played and received sound of baresip, as WAV files."""

from __future__ import annotations

import array
import math
import wave
from dataclasses import dataclass
from pathlib import Path

from harness.core.tones import FULL_SCALE_DBM0

TONE_S = 60
HEADER_BYTES = 44
"""Of the WAV files that baresip's module sndfile writes while the call goes on."""


@dataclass
class Hearing:
    """A `hear` under way: the file of the call's decoder, where it began, when it ends."""

    call: int
    target: str
    source: Path | None
    offset: int
    started: float
    ms: int
    until: float

    def write(self) -> int:
        """Write what was heard so far to the target; how many bytes of samples that were."""
        samples = b""
        rate = 8000
        if self.source is not None:
            with self.source.open("rb") as file:
                rate = int.from_bytes(file.read(HEADER_BYTES)[24:28], "little") or rate
                file.seek(max(self.offset, HEADER_BYTES))
                samples = file.read()
        with wave.open(self.target, "wb") as target:
            target.setparams((1, 2, rate, 0, "NONE", ""))
            target.writeframes(samples[: len(samples) // 2 * 2])
        return len(samples)


def write_tone(file: Path, hertz: list[float], level: float, rate: int) -> None:
    """A minute of one or two tones, each at `level` dBm0; silence without any."""
    peak = 32767 * 10 ** ((level - FULL_SCALE_DBM0) / 20)
    second = array.array("h", bytes(2 * rate))
    for number in range(rate if hertz else 0):
        value = sum(math.sin(2 * math.pi * round(f) * number / rate) for f in hertz)
        second[number] = max(-32768, min(32767, round(peak * value)))
    with wave.open(str(file), "wb") as target:
        target.setparams((1, 2, rate, 0, "NONE", ""))
        target.writeframes(second.tobytes() * TONE_S)
