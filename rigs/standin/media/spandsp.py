"""G.726 and G.722 by Debian's libspandsp2, called through ctypes: the codecs of the air leg and of two SIP codecs."""

from __future__ import annotations

import ctypes
from functools import cache
from typing import Literal

Packing = Literal["rfc3551", "aal2"]

AIR_PACKING: Packing = "rfc3551"
"""How the two codes of a byte lie on the air leg; only base and handsets use it."""

FRAME_SAMPLES = 160
"""Samples of one 20 ms frame at 8 kHz."""

AIR_FRAME = 80
"""Bytes of one 20 ms frame at 32 kbit/s."""

# Values of spandsp/g726.h and spandsp/g722.h, version 0.0.6.
_G726_RATE = 32000
_G726_LINEAR = 0
_G726_PACKING = {"aal2": 1, "rfc3551": 2}
_G722_RATE = 64000
_G722_SAMPLE_RATE_8000 = 1


@cache
def library() -> ctypes.CDLL:
    """The loaded library, its functions declared; OSError when libspandsp2 is not installed."""
    found = ctypes.CDLL("libspandsp.so.2")
    for name, arguments in {
        "g726_init": [ctypes.c_void_p, ctypes.c_int, ctypes.c_int, ctypes.c_int],
        "g722_encode_init": [ctypes.c_void_p, ctypes.c_int, ctypes.c_int],
        "g722_decode_init": [ctypes.c_void_p, ctypes.c_int, ctypes.c_int],
    }.items():
        function = getattr(found, name)
        function.argtypes, function.restype = arguments, ctypes.c_void_p
    for name in ("g726_encode", "g726_decode", "g722_encode", "g722_decode"):
        function = getattr(found, name)
        function.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_int]
        function.restype = ctypes.c_int
    for name in ("g726_free", "g722_encode_free", "g722_decode_free"):
        function = getattr(found, name)
        function.argtypes, function.restype = [ctypes.c_void_p], ctypes.c_int
    return found


class _Codec:
    """A codec state of the library, freed with the object."""

    _free: str

    def __init__(self, state: int | None) -> None:
        if not state:
            raise MemoryError("libspandsp made no codec state")
        self._state = state
        self._library = library()

    def __del__(self) -> None:
        if hasattr(self, "_state"):
            getattr(self._library, self._free)(self._state)


class G726Encoder(_Codec):
    """Linear 16-bit samples to G.726 at 32 kbit/s."""

    _free = "g726_free"

    def __init__(self, packing: Packing = AIR_PACKING) -> None:
        super().__init__(library().g726_init(None, _G726_RATE, _G726_LINEAR, _G726_PACKING[packing]))

    def encode(self, pcm: bytes) -> bytes:
        """Half a byte a sample; `pcm` is native 16-bit and holds an even number of samples."""
        out = ctypes.create_string_buffer(len(pcm) // 4)
        length = self._library.g726_encode(self._state, out, pcm, len(pcm) // 2)
        return out.raw[:length]


class G726Decoder(_Codec):
    """G.726 at 32 kbit/s to linear 16-bit samples."""

    _free = "g726_free"

    def __init__(self, packing: Packing = AIR_PACKING) -> None:
        super().__init__(library().g726_init(None, _G726_RATE, _G726_LINEAR, _G726_PACKING[packing]))

    def decode(self, data: bytes) -> bytes:
        """Two samples a byte."""
        out = ctypes.create_string_buffer(len(data) * 4)
        samples = self._library.g726_decode(self._state, out, data, len(data))
        return out.raw[: samples * 2]


class G722Encoder(_Codec):
    """Narrow-band samples to G.722 at 64 kbit/s: the upper band stays empty, since the air leg has none."""

    _free = "g722_encode_free"

    def __init__(self) -> None:
        super().__init__(library().g722_encode_init(None, _G722_RATE, _G722_SAMPLE_RATE_8000))

    def encode(self, pcm: bytes) -> bytes:
        """One byte a sample of the 8 kHz input."""
        out = ctypes.create_string_buffer(len(pcm) // 2 + 8)
        length = self._library.g722_encode(self._state, out, pcm, len(pcm) // 2)
        return out.raw[:length]


class G722Decoder(_Codec):
    """G.722 at 64 kbit/s to narrow-band samples: only the lower band is kept."""

    _free = "g722_decode_free"

    def __init__(self) -> None:
        super().__init__(library().g722_decode_init(None, _G722_RATE, _G722_SAMPLE_RATE_8000))

    def decode(self, data: bytes) -> bytes:
        """One 8 kHz sample a byte."""
        out = ctypes.create_string_buffer(len(data) * 2 + 16)
        samples = self._library.g722_decode(self._state, out, data, len(data))
        return out.raw[: samples * 2]
