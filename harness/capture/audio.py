"""Sound in RTP: payloads decoded to samples and WAV, and tones measured as level and frequency."""

from __future__ import annotations

import io
import math
import wave
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from harness.capture import g711
from harness.capture.rtp import CLOCK_RATE, RtpStream, unwrapped
from harness.capture.spandsp import Decoder

# A full-scale sine is +3.14 dBm0 in A-law (ITU-T G.711).
FULL_SCALE_DBM0 = 3.14
SILENCE_DBM0 = -90.0
LONGEST_SECONDS = 600


@dataclass(frozen=True)
class Tone:
    """One strong frequency in Hz and its level in dBm0."""

    frequency: float
    level: float

    def __str__(self) -> str:
        return f"{self.frequency:.0f} Hz at {self.level:.1f} dBm0"


@dataclass(frozen=True)
class Sound:
    """Decoded audio: 16-bit samples and their rate; `begins` is when the first packet came (epoch seconds)."""

    samples: Any
    rate: int
    begins: float

    @property
    def seconds(self) -> float:
        """How long it is."""
        return len(self.samples) / self.rate

    def part(self, start: float, end: float) -> Sound:
        """What was sent between two moments (epoch seconds)."""
        first = max(0, round((start - self.begins) * self.rate))
        last = max(first, round((end - self.begins) * self.rate))
        return Sound(self.samples[first:last], self.rate, self.begins + first / self.rate)

    @property
    def level(self) -> float:
        """Mean level in dBm0; -90 for silence."""
        return level(self.samples)

    def tones(self, count: int = 3) -> list[Tone]:
        """The strongest tones."""
        return tones(self.samples, self.rate, count)

    def wav(self) -> bytes:
        """As a WAV file, mono."""
        buffer = io.BytesIO()
        with wave.open(buffer, "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(self.rate)
            file.writeframes(self.samples.tobytes())
        return buffer.getvalue()


def codec_names(stream: RtpStream) -> dict[int, str]:
    """What each payload type of a stream means, in upper case: as its receiver described it, else by RFC 3551."""
    return {number: codec.name.upper() for number, codec in stream.codecs.items() if codec.name}


def decode(stream: RtpStream, names: Mapping[int, str] | None = None) -> Sound | None:
    """The audio of a stream, gaps as silence; nothing when it cannot be read or no payload type can be decoded.

    `names` are codecs by payload type, if they are to be others than those that were described.
    """
    import numpy as np

    names = codec_names(stream) if names is None else names
    kinds = [kind for kind, name in names.items() if _decodable(name)]
    known = np.flatnonzero(stream.heard & np.isin(stream.columns.payload_type, kinds))
    if not len(known) or (stream.protection == "srtp" or stream.is_cut):
        return None
    stamps = unwrapped(stream.columns.timestamp[known], 32)
    order = np.argsort(stamps, kind="stable")
    wide = any(names[int(kind)] == "G722" for kind in np.unique(stream.columns.payload_type[known]))
    factor = 2 if wide else 1
    first = int(stamps[order[0]])
    length = min((int(stamps[order[-1]]) - first) * factor + 4096, LONGEST_SECONDS * CLOCK_RATE * factor)
    samples = np.zeros(length, dtype=np.int16)
    end = 0
    decoders: dict[str, Decoder] = {}
    for index in order.tolist():
        name = names[int(stream.columns.payload_type[known[index]])]
        chunk = _samples(name, stream.columns.payload(known[index]), decoders)
        chunk = chunk.repeat(2) if wide and name != "G722" else chunk
        start = (int(stamps[index]) - first) * factor
        if start + len(chunk) <= length:
            samples[start : start + len(chunk)] = chunk
            end = max(end, start + len(chunk))
    for decoder in decoders.values():
        decoder.close()
    return Sound(samples[:end], CLOCK_RATE * factor, stream.first_at)


def decoded(name: str, payloads: Iterable[bytes]) -> Sound | None:
    """The audio of payloads that follow each other, by the encoding name; nothing for a codec of another kind."""
    import numpy as np

    if not _decodable(name):
        return None
    decoders: dict[str, Decoder] = {}
    chunks = [_samples(name, payload, decoders) for payload in payloads]
    for decoder in decoders.values():
        decoder.close()
    rate = CLOCK_RATE * (2 if name == "G722" else 1)
    return Sound(np.concatenate(chunks) if chunks else np.zeros(0, dtype=np.int16), rate, 0.0)


def level(samples: Any) -> float:
    """Mean level of 16-bit samples in dBm0."""
    import numpy as np

    if not len(samples):
        return SILENCE_DBM0
    mean = math.sqrt(float(np.mean(samples.astype(np.float64) ** 2)))
    return max(SILENCE_DBM0, 20 * math.log10(mean * math.sqrt(2) / 32768) + FULL_SCALE_DBM0) if mean else SILENCE_DBM0


def tones(samples: Any, rate: int, count: int = 3) -> list[Tone]:
    """The strongest tones between 200 Hz and 3600 Hz, strongest first; nothing below -55 dBm0."""
    import numpy as np

    if len(samples) < 256:
        return []
    window = np.hanning(len(samples))
    spectrum = np.abs(np.fft.rfft(samples * window)) * 2 / window.sum() / 32768
    width = rate / len(samples)
    found: list[Tone] = []
    low, high = int(200 / width), min(int(3600 / width), len(spectrum) - 2)
    spectrum[:low] = spectrum[high:] = 0
    for _ in range(count):
        peak = int(np.argmax(spectrum))
        strength = float(spectrum[peak])
        if strength <= 0 or 20 * math.log10(strength) + FULL_SCALE_DBM0 < -55:
            break
        left, right = float(spectrum[peak - 1]), float(spectrum[peak + 1])
        offset = 0.5 * (left - right) / (left - 2 * strength + right) if left - 2 * strength + right else 0.0
        found.append(Tone((peak + offset) * width, 20 * math.log10(strength) + FULL_SCALE_DBM0))
        reach = max(4, int(40 / width))
        spectrum[max(0, peak - reach) : peak + reach + 1] = 0
    return found


def _decodable(name: str) -> bool:
    return name in ("PCMA", "PCMU", "G722", "G726-32", "AAL2-G726-32")


def _samples(name: str, data: bytes, decoders: dict[str, Decoder]) -> Any:
    if name in ("PCMA", "PCMU"):
        return g711.decode(data, alaw=name == "PCMA")
    if name not in decoders:
        decoders[name] = Decoder(name)
    return decoders[name].decode(data)
