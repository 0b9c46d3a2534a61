"""Levels and tones at the handset's ear and mouth.

dBm0 as ITU-T G.711 defines it for A-law: a sine at full scale of the 16-bit samples is +3.14 dBm0.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

RATE = 8000
FULL_SCALE = 32768.0
FULL_SCALE_DBM0 = 3.14
FLOOR_DBM0 = -90.0
TONE_FLOOR_DBM0 = -50.0
TONE_RANGE_DB = 35.0
MOST_TONES = 5

Samples = npt.NDArray[np.int16]


@dataclass(frozen=True)
class Tone:
    """A spectral line: frequency in Hz, level in dBm0."""

    hertz: float
    dbm0: float


def amplitude(dbm0: float) -> float:
    """Peak sample value of a sine of that level."""
    return float(FULL_SCALE * 10 ** ((dbm0 - FULL_SCALE_DBM0) / 20))


def level(samples: Samples) -> float:
    """Level in dBm0, not below the floor of -90."""
    if not len(samples):
        return FLOOR_DBM0
    power = float(np.mean(np.square(samples.astype(np.float64))))
    return _dbm0(power)


def tones(samples: Samples) -> list[Tone]:
    """The strongest spectral lines, strongest first: within 35 dB of the first, above -50 dBm0, at most five.

    A Blackman window over the whole stretch; a line's power is that of its main lobe, its frequency the lobe's centre
    of gravity. With 200 ms or more it is within 1 dB and 5 Hz for lines 40 Hz apart.
    """
    if len(samples) < 160:
        return []
    window = np.blackman(len(samples))
    spectrum = np.abs(np.fft.rfft(samples.astype(np.float64) * window)) ** 2
    # Mean-square power of a sine spread over its lobe: 2/(N * sum w^2) times the lobe's sum.
    power = spectrum * 2 / (len(samples) * float(np.sum(window**2)))
    width = RATE / len(samples)
    found: list[Tone] = []
    power[: max(1, int(50 / width))] = 0  # what a telephone does not carry
    while len(found) < MOST_TONES:
        peak = int(np.argmax(power))
        lobe = slice(max(0, peak - 3), peak + 4)
        sum_ = float(np.sum(power[lobe]))
        line = _dbm0(sum_)
        if line < TONE_FLOOR_DBM0 or (found and line < found[0].dbm0 - TONE_RANGE_DB):
            break
        bins = np.arange(lobe.start, lobe.start + len(power[lobe]))
        found.append(Tone(float(np.sum(bins * power[lobe])) / sum_ * width, line))
        skirt = max(6, int(25 / width))
        power[max(0, peak - skirt) : peak + skirt + 1] = 0
    return found


def _dbm0(power: float) -> float:
    reference = FULL_SCALE**2 / 2
    if power <= 0:
        return FLOOR_DBM0
    return max(FLOOR_DBM0, float(10 * np.log10(power / reference)) + FULL_SCALE_DBM0)
