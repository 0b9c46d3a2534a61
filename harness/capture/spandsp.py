"""The harness's own binding of libspandsp for the codecs that need state: G.726-32 and G.722."""

from __future__ import annotations

import ctypes
import ctypes.util
import functools
from typing import Any

from harness.core.errors import RigFault

# Packing of G.726 code words: RTP's G726-32 begins with the least significant bits, AAL2-G726-32 with the most
# (RFC 3551 §4.5.4 and §4.5.4.1).
PACKING_RTP = 2
PACKING_AAL2 = 1
_LINEAR = 0


@functools.cache
def _library() -> Any:
    try:
        library: Any = ctypes.CDLL("libspandsp.so.2")
    except OSError as missing:
        raise RigFault("audio", "libspandsp is not installed", remedy="apt-get install libspandsp2") from missing
    for name in ("g726_init", "g722_decode_init"):
        getattr(library, name).restype = ctypes.c_void_p
    library.g726_init.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_int, ctypes.c_int]
    library.g722_decode_init.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_int]
    for name in ("g726_decode", "g722_decode"):
        getattr(library, name).argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int]
        getattr(library, name).restype = ctypes.c_int
    for name in ("g726_free", "g722_decode_free"):
        getattr(library, name).argtypes = [ctypes.c_void_p]
    return library


class Decoder:
    """One direction of one stream: G726-32, AAL2-G726-32 (8 kHz) or G722 (16 kHz). Payloads must come in order."""

    def __init__(self, name: str) -> None:
        self._library = _library()
        self.wide = name == "G722"
        if self.wide:
            self._state = self._library.g722_decode_init(None, 64000, 0)
        else:
            packing = PACKING_AAL2 if name.startswith("AAL2") else PACKING_RTP
            self._state = self._library.g726_init(None, 32000, _LINEAR, packing)
        self._decode = self._library.g722_decode if self.wide else self._library.g726_decode
        self._free = self._library.g722_decode_free if self.wide else self._library.g726_free

    def decode(self, payload: bytes) -> Any:
        """The samples of one payload, 16 bit: two for each byte in both codecs."""
        import numpy as np

        samples = np.zeros(len(payload) * 2 + 8, dtype=np.int16)
        count = self._decode(self._state, samples.ctypes.data, payload, len(payload))
        return samples[:count]

    def close(self) -> None:
        """Free the state."""
        if self._state:
            self._free(self._state)
            self._state = None
