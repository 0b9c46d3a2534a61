"""Tones the base makes itself: call progress tones for the handset's ear, and DTMF in the speech band."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

import numpy as np
import yaml
from numpy.typing import NDArray

from .spandsp import FRAME_SAMPLES

ToneKind = Literal["dial", "ringback", "busy", "congestion", "hold"]

_FULL_SCALE_DBM0 = 3.14
"""A sine that just does not clip, by ITU-T G.711 for A-law."""

_ROWS, _COLUMNS = (697, 770, 852, 941), (1209, 1336, 1477, 1633)
_KEYS = "123A456B789C*0#D"
_DTMF_DBM0 = -9


@dataclass(frozen=True, slots=True)
class Tone:
    """Frequencies in Hz, level of each in dBm0, and on and off times in ms in turn (none: continuous)."""

    hertz: tuple[int, ...]
    level: float
    cadence: tuple[int, ...] = ()

    def frame(self, number: int) -> bytes:
        """The `number`-th 20 ms of the tone as native 16-bit samples."""
        at = np.arange(number * FRAME_SAMPLES, (number + 1) * FRAME_SAMPLES)
        peak = 32767 * 10 ** ((self.level - _FULL_SCALE_DBM0) / 20)
        wave = sum((np.sin(2 * np.pi * hertz * at / 8000) for hertz in self.hertz), np.zeros(FRAME_SAMPLES))
        clipped: NDArray[np.int16] = np.clip(peak * wave * self._on(at), -32768, 32767).astype(np.int16)
        return clipped.tobytes()

    def _on(self, at: NDArray[np.int64]) -> NDArray[np.float64]:
        if not self.cadence:
            return np.ones(len(at))
        edges = np.cumsum(self.cadence) * 8
        sounding: NDArray[np.float64] = (np.searchsorted(edges, at % edges[-1], side="right") % 2 == 0).astype(
            np.float64
        )
        return sounding


@cache
def _data() -> dict[str, Any]:
    with Path(__file__).with_name("tones.yaml").open(encoding="utf-8") as text:
        loaded: dict[str, Any] = yaml.safe_load(text)
    return loaded


def progress_tone(country: str, kind: ToneKind) -> Tone:
    """A tone of a country by the number of the setting `tones`; an unknown number sounds like 1, the default."""
    countries = _data()["countries"]
    row = countries.get(country, countries["1"])[kind]
    return Tone(tuple(row["hertz"]), _data()["levels"][kind], tuple(row.get("cadence", ())))


def dtmf_tone(digit: str) -> Tone:
    """The pair of a key (ITU-T Q.23); ValueError if it is none."""
    at = _KEYS.index(digit.upper())
    return Tone((_ROWS[at // 4], _COLUMNS[at % 4]), _DTMF_DBM0)
