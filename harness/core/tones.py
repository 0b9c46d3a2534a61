"""Level and strongest tones of sound in dBm0, and how they are measured from a recording."""

from __future__ import annotations

import math
import wave
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy
    from numpy.typing import NDArray

FULL_SCALE_DBM0 = 3.14
"""Level of a sine that fills 16 bits (ITU-T G.711: the A-law overload point)."""
SILENCE_DBM0 = -96.0
"""The level reported for a signal without energy: below the last of 16 bits."""
MOST_TONES = 5
SHOWN_DB = 20.0
"""The text of a reading names the tones this close to the strongest one."""
RANGE_DB = 35.0
"""How far below the strongest tone another tone is still listed; below this is the noise of the air codec (G.726)."""


@dataclass(frozen=True)
class Tone:
    """One spectral line: frequency in hertz, level in dBm0."""

    hz: float
    dbm0: float


@dataclass(frozen=True)
class Tones:
    """A measurement of sound: total level in dBm0, tones strongest first, its start (epoch) and its duration."""

    level: float
    tones: tuple[Tone, ...] = ()
    started: float = 0.0
    ms: int = 0
    file: Path | None = None

    def has(self, hz: float, *, within_hz: float = 15.0, at_least: float = -45.0) -> bool:
        """Whether a tone of this frequency is among the strongest, not below `at_least` dBm0."""
        return any(abs(tone.hz - hz) <= within_hz and tone.dbm0 >= at_least for tone in self.tones)

    def level_of(self, hz: float, *, within_hz: float = 15.0) -> float:
        """The level of a tone of this frequency; silence where it is not among the strongest."""
        return max((tone.dbm0 for tone in self.tones if abs(tone.hz - hz) <= within_hz), default=SILENCE_DBM0)

    @property
    def silent(self) -> bool:
        """Whether a person would hear nothing: the total is below -55 dBm0."""
        return self.level < -55.0

    def __str__(self) -> str:
        loud = [tone for tone in self.tones if tone.dbm0 >= self.tones[0].dbm0 - SHOWN_DB]
        lines = ", ".join(f"{tone.hz:.0f} Hz {tone.dbm0:.1f} dBm0" for tone in loud)
        return f"{self.level:.1f} dBm0" + (f" ({lines})" if lines else " (no tone)")


NOTHING_HEARD = Tones(SILENCE_DBM0)


def measure(file: Path, *, started: float = 0.0) -> Tones:
    """Level and tones of a mono 16-bit WAV file; an empty file is silence."""
    import numpy

    with wave.open(str(file)) as recording:
        rate = recording.getframerate()
        samples = numpy.frombuffer(recording.readframes(recording.getnframes()), dtype="<i2")
    return measured(samples, rate, started=started, file=file)


def measured(samples: NDArray[numpy.int16], rate: int, *, started: float = 0.0, file: Path | None = None) -> Tones:
    """Level and tones of 16-bit samples; less than a frame of them is silence."""
    import numpy

    ms = round(1000 * len(samples) / rate)
    if len(samples) < rate // 50:
        return Tones(SILENCE_DBM0, (), started, ms, file)
    wave_form = samples.astype(numpy.float64)
    return Tones(_level(wave_form), tuple(_peaks(wave_form, rate)), started, ms, file)


def _level(samples: NDArray[numpy.float64]) -> float:
    power = float((samples**2).mean())
    return _dbm0(math.sqrt(2 * power))


def _dbm0(amplitude: float) -> float:
    """The level of a sine of this peak amplitude (16-bit units)."""
    return max(SILENCE_DBM0, 20 * math.log10(amplitude / 32768) + FULL_SCALE_DBM0) if amplitude > 0 else SILENCE_DBM0


def _peaks(samples: NDArray[numpy.float64], rate: int) -> list[Tone]:
    """The strongest lines of a Hann-windowed spectrum, padded so far that no line falls between two bins."""
    import numpy

    window = numpy.hanning(len(samples))
    size = 1 << max(13, (4 * len(samples) - 1).bit_length())
    spectrum = numpy.abs(numpy.fft.rfft(samples * window, size)) * 2 / window.sum()
    width = max(1, round(4 * size / len(samples)))
    found: list[Tone] = []
    while len(found) < MOST_TONES:
        peak = int(spectrum.argmax())
        tone = Tone(round(peak * rate / size, 1), round(_dbm0(float(spectrum[peak])), 1))
        if tone.dbm0 < -60 or (found and tone.dbm0 < found[0].dbm0 - RANGE_DB):
            break
        found.append(tone)
        spectrum[max(0, peak - width) : peak + width + 1] = 0
    return found
