"""The codecs of the SIP side, and the two conversions of a call: air to network and network to air.

Everything a handset says or hears is 32 kbit/s G.726 on the air, with every codec of SIP (presentation, "DECT"; vendor
blog on G.726): G.726 on the SIP side is handed through without a conversion.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from . import g711
from .spandsp import AIR_PACKING, G722Decoder, G722Encoder, G726Decoder, G726Encoder, Packing


@dataclass(frozen=True, slots=True)
class Codec:
    """A codec the base speaks: RTP name and clock in Hz, static payload type if it has one, bytes a millisecond."""

    name: str
    rate: int
    static: int | None
    bytes_per_ms: int


CODECS: tuple[Codec, ...] = (
    Codec("PCMA", 8000, 8, 8),
    Codec("PCMU", 8000, 0, 8),
    Codec("G722", 8000, 9, 8),
    Codec("G726-32", 8000, None, 4),
    Codec("AAL2-G726-32", 8000, None, 4),
)

BY_NAME = {codec.name.upper(): codec for codec in CODECS}


class Encoder(Protocol):
    """Linear samples to a payload."""

    def encode(self, pcm: bytes) -> bytes:
        """`pcm` is native 16-bit at 8 kHz."""
        ...


class Decoder(Protocol):
    """A payload to linear samples."""

    def decode(self, data: bytes) -> bytes:
        """The samples are native 16-bit at 8 kHz."""
        ...


@dataclass(frozen=True, slots=True)
class G711:
    """Both directions of a companding law; it keeps no state."""

    law: g711.Law

    def encode(self, pcm: bytes) -> bytes:
        """One byte a sample."""
        return g711.encode(self.law, pcm)

    def decode(self, data: bytes) -> bytes:
        """One sample a byte."""
        return g711.decode(self.law, data)


def _alaw() -> G711:
    return G711("PCMA")


def _ulaw() -> G711:
    return G711("PCMU")


def swap_codes(data: bytes) -> bytes:
    """The other packing of 4-bit codes: the halves of each byte change places."""
    return data.translate(_SWAPPED)


_SWAPPED = bytes((byte << 4 | byte >> 4) & 0xFF for byte in range(256))


def coding(name: str) -> tuple[str, Packing]:
    """The codec that is run for an encoding name, and how codes of four bits are packed.

    RFC 3551 section 4.5.4: G726-32 is little-end first, AAL2-G726-32 the other way.
    """
    return name, "aal2" if name == "AAL2-G726-32" else "rfc3551"


def encoder(coding: str, packing: Packing) -> Encoder:
    """A fresh encoder of the RTP encoding name `coding`; `packing` counts for G.726 only. KeyError if there is none."""
    if _is_g726(coding):
        return G726Encoder(packing)
    makers: dict[str, Callable[[], Encoder]] = {"PCMA": _alaw, "PCMU": _ulaw, "G722": G722Encoder}
    return makers[coding]()


def decoder(coding: str, packing: Packing) -> Decoder:
    """A fresh decoder of the RTP encoding name `coding`; `packing` counts for G.726 only. KeyError if there is none."""
    if _is_g726(coding):
        return G726Decoder(packing)
    makers: dict[str, Callable[[], Decoder]] = {"PCMA": _alaw, "PCMU": _ulaw, "G722": G722Decoder}
    return makers[coding]()


def _is_g726(coding: str) -> bool:
    return coding.endswith("G726-32")


class AirToNetwork:
    """What the handset says, as payload of the codec of the answer."""

    def __init__(self, coding: str, packing: Packing) -> None:
        self._air = G726Decoder(AIR_PACKING)
        self._encoder = encoder(coding, packing)
        self._through = _is_g726(coding)
        self._swap = packing != AIR_PACKING

    def convert(self, frame: bytes) -> bytes:
        """The payload of one air frame."""
        if self._through:
            return swap_codes(frame) if self._swap else frame
        return self._encoder.encode(self._air.decode(frame))

    def encode(self, pcm: bytes) -> bytes:
        """The payload of samples the base made itself."""
        return self._encoder.encode(pcm)


class NetworkToAir:
    """What the far end says, as air frames; every payload type of our description has a decoder of its own."""

    def __init__(self, coding: str, packing: Packing) -> None:
        self._decoder = decoder(coding, packing)
        self._air = G726Encoder(AIR_PACKING)
        self._through = _is_g726(coding)
        self._swap = packing != AIR_PACKING

    def convert(self, payload: bytes) -> bytes:
        """Air bytes of one payload, half a byte a sample."""
        if self._through:
            return swap_codes(payload) if self._swap else payload
        pcm = self._decoder.decode(payload)
        return self._air.encode(pcm[: len(pcm) // 4 * 4])
