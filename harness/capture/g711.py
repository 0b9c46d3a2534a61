"""G.711 to linear, by tables built from the recommendation's segments."""

from __future__ import annotations

import functools
from typing import Any


@functools.cache
def alaw_table() -> Any:
    """The 256 samples of A-law (ITU-T G.711, table 1), 16 bit."""
    import numpy as np

    return np.array([_alaw(code) for code in range(256)], dtype=np.int16)


@functools.cache
def ulaw_table() -> Any:
    """The 256 samples of µ-law (ITU-T G.711, table 2), 16 bit."""
    import numpy as np

    return np.array([_ulaw(code) for code in range(256)], dtype=np.int16)


def decode(payload: bytes, *, alaw: bool) -> Any:
    """Samples of a payload at 8 kHz."""
    import numpy as np

    return (alaw_table() if alaw else ulaw_table())[np.frombuffer(payload, dtype=np.uint8)]


def _alaw(code: int) -> int:
    code ^= 0x55
    segment, step = (code & 0x70) >> 4, (code & 0x0F) << 4
    value = step + 8 if segment == 0 else (step + 0x108) << (segment - 1)
    return value if code & 0x80 else -value


def _ulaw(code: int) -> int:
    code = ~code & 0xFF
    value = ((((code & 0x0F) << 3) + 0x84) << ((code & 0x70) >> 4)) - 0x84
    return -value if code & 0x80 else value
