"""G.711 A-law and µ-law by table (ITU-T G.711): 65,536 samples to a byte, 256 bytes to a sample."""

from __future__ import annotations

from functools import cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Law = Literal["PCMA", "PCMU"]

SILENCE: dict[str, int] = {"PCMA": 0xD5, "PCMU": 0xFF}
"""The byte of the smallest positive sample."""


def _alaw_sample(code: int) -> int:
    code ^= 0x55
    segment, mantissa = (code >> 4) & 7, code & 0x0F
    magnitude = (mantissa << 4) + 8 if segment == 0 else ((mantissa << 4) + 0x108) << (segment - 1)
    return magnitude if code & 0x80 else -magnitude


def _ulaw_sample(code: int) -> int:
    code = ~code & 0xFF
    magnitude = ((((code & 0x0F) << 3) + 0x84) << ((code >> 4) & 7)) - 0x84
    return -magnitude if code & 0x80 else magnitude


@cache
def expansion(law: Law) -> NDArray[np.int16]:
    """The 256 samples of a law, by code."""
    sample = _alaw_sample if law == "PCMA" else _ulaw_sample
    return np.array([sample(code) for code in range(256)], dtype=np.int16)


@cache
def compression(law: Law) -> NDArray[np.uint8]:
    """The nearest code of each sample, by the sample read as an unsigned number."""
    samples = expansion(law).astype(np.int32)
    order = np.argsort(samples, kind="stable")
    middles = (samples[order][1:] + samples[order][:-1]) / 2
    linear = np.arange(65536, dtype=np.uint16).view(np.int16)
    codes: NDArray[np.uint8] = order[np.searchsorted(middles, linear, side="right")].astype(np.uint8)
    return codes


def encode(law: Law, pcm: bytes) -> bytes:
    """Native 16-bit samples to one byte each."""
    return compression(law)[np.frombuffer(pcm, np.uint16)].tobytes()


def decode(law: Law, data: bytes) -> bytes:
    """One byte each to native 16-bit samples."""
    return expansion(law)[np.frombuffer(data, np.uint8)].tobytes()
