"""The jitter buffer: RTP packets in, 20 ms air frames out, silence where the network brought none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from .spandsp import AIR_FRAME

SILENT_AIR = b"\xff" * AIR_FRAME
"""20 ms in which G.726 says 'no difference': the decoder fades to silence (ITU-T G.726, code 1111)."""

_AIR_PER_MS = 4
_LOW_MS, _HIGH_MS, _SLACK_MS = 40, 60, 80
_CALM_FRAMES = 500
_JUMP = 100
"""A step in the sequence of more packets than this is a new stream, not a loss (RFC 3550 appendix A.1, in small)."""


@dataclass(frozen=True, slots=True)
class Packet:
    """A packet that waits: its air bytes are made at playout, so that decoders see packets in order."""

    payload_type: int
    payload: bytes
    milliseconds: int


class JitterBuffer:
    """Holds 40 ms, 60 after it ran dry, back to 40 after ten calm seconds; packets too late to be heard are counted."""

    def __init__(self, convert: Callable[[int, bytes], bytes]) -> None:
        self._convert = convert
        self._waiting: dict[int, Packet] = {}
        self._next: int | None = None
        self._filling = True
        self._target = _LOW_MS
        self._calm = 0
        self._ready = bytearray()
        self._last_ms = 20
        self.late = 0
        self.concealed = 0

    def reset(self) -> None:
        """Forgets what waits: a new stream, or a far end on hold."""
        self._waiting.clear()
        self._ready.clear()
        self._next, self._filling = None, True

    def put(self, sequence: int, packet: Packet) -> None:
        """`sequence` is the 16-bit number of the packet."""
        number = sequence if self._next is None else self._next + _signed(sequence - self._next)
        if self._next is None:
            self._next = number
        elif abs(number - self._next) > _JUMP:
            self.reset()
            self._next = number
        elif number < self._next:
            if not self._filling:
                self.late += 1
                return
            self._next = number
        self._waiting[number] = packet
        self._trim()

    def frame(self) -> bytes:
        """The next 80 bytes for the air."""
        if self._filling and self._depth() < self._target:
            return SILENT_AIR
        self._filling = False
        while len(self._ready) < AIR_FRAME and not self._filling:
            self._take()
        self._calm += 1
        if self._calm > _CALM_FRAMES:
            self._target = _LOW_MS
        frame = bytes(self._ready[:AIR_FRAME])
        del self._ready[:AIR_FRAME]
        return frame + SILENT_AIR[len(frame) :]

    def _take(self) -> None:
        assert self._next is not None
        packet = self._waiting.pop(self._next, None)
        if packet is not None:
            self._ready += self._convert(packet.payload_type, packet.payload)
            self._last_ms = packet.milliseconds or self._last_ms
        elif self._waiting:
            self._ready += b"\xff" * (self._last_ms * _AIR_PER_MS)
            self.concealed += 1
        else:
            self._filling, self._target, self._calm = True, _HIGH_MS, 0
            return
        self._next += 1

    def _depth(self) -> int:
        return sum(packet.milliseconds for packet in self._waiting.values())

    def _trim(self) -> None:
        crowded = len(self._waiting) > _JUMP
        if not crowded and (len(self._waiting) * 10 <= self._target or self._depth() <= self._target + _SLACK_MS):
            return
        for number in sorted(self._waiting):
            if self._depth() <= self._target and len(self._waiting) <= _JUMP // 2:
                break
            del self._waiting[number]
            self._next = number + 1


def _signed(difference: int) -> int:
    return (difference + 0x8000 & 0xFFFF) - 0x8000
