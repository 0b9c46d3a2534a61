"""What signalling and media tell each other about one audio line; the SDP text is written in `base/sip/sdp.py`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from rigs.standin.media.srtp import Crypto

Direction = Literal["sendrecv", "sendonly", "recvonly", "inactive"]

TELEPHONE_EVENT = "telephone-event"


@dataclass(frozen=True, slots=True)
class CodecSpec:
    """One format of an audio line: payload type number, encoding name, RTP clock rate in Hz, format parameters.

    The rate is the RTP clock: 8000 for G.722 too, although it samples faster (RFC 3551 section 4.5.2).
    """

    payload: int
    name: str
    rate: int
    fmtp: str = ""


@dataclass(frozen=True, slots=True)
class MediaDescription:
    """One side of an audio line: where it listens, what it speaks, in which order.

    `codecs` leaves telephone-event out: its number stands in `telephone_event`, None when the side has none.
    `ptime` is in ms, None when the side does not say. `crypto` are its keys, if any, and the `profile` says whether it
    asks for them. `address` 0.0.0.0 is the old form of hold (RFC 3264 section 8.4).
    """

    address: str
    port: int
    codecs: tuple[CodecSpec, ...] = field(default_factory=tuple)
    direction: Direction = "sendrecv"
    ptime: int | None = None
    telephone_event: int | None = None
    profile: str = "RTP/AVP"
    crypto: tuple[Crypto, ...] = ()

    @property
    def encrypted(self) -> bool:
        """Whether the side asks for SRTP and for nothing else (RFC 3711 section 12)."""
        return "SAVP" in self.profile.upper()
