"""The incoming RTP stream: what is accepted, how it is counted, and how it becomes air frames."""

from __future__ import annotations

import time

from . import codecs, rtp
from .codecs import BY_NAME, NetworkToAir
from .description import MediaDescription
from .dtmf import HeardDigits
from .jitter import JitterBuffer, Packet
from .reception import Reception
from .sources import Sources
from .spandsp import Packing


class Listener:
    """All payload types of our descriptions so far are understood: the far end may change between them at will."""

    def __init__(self) -> None:
        self.buffer = JitterBuffer(self._play)
        self.reception = Reception()
        self.heard = HeardDigits()
        self._sources = Sources()
        self.unknown = 0
        self._codings: dict[int, tuple[str, str, Packing]] = {}
        self._paths: dict[int, NetworkToAir] = {}
        self._event_types: set[int] = set()

    def expect(self, local: MediaDescription) -> None:
        """Takes in the numbers of a description; decoders of numbers that mean the same as before go on."""
        for codec in local.codecs:
            name = BY_NAME[codec.name.upper()].name
            wanted = (name, *codecs.coding(name))
            if self._codings.get(codec.payload) != wanted:
                self._codings[codec.payload] = wanted
                self._paths[codec.payload] = NetworkToAir(wanted[1], wanted[2])
        if local.telephone_event is not None:
            self._event_types.add(local.telephone_event)

    def take(self, data: bytes, audible: bool) -> tuple[bool, tuple[str, int] | None]:
        """Takes a datagram: whether it belongs to the stream, and the digit that ended with it, if one did."""
        packet = rtp.parse(data)
        if packet is None or packet.payload_type not in self._event_types | self._codings.keys():
            self.unknown += 1
            return False, None
        digit, admitted = None, self._sources.admitted(packet)
        for one in admitted:
            digit = self._hear(one, audible) or digit
        return bool(admitted), digit

    def _hear(self, packet: rtp.RtpPacket, audible: bool) -> tuple[str, int] | None:
        event = packet.payload_type in self._event_types
        clock = int(time.monotonic() * 8000)
        if self.reception.packet(packet):
            self.buffer.reset()
        if not event:
            self.reception.spacing(packet, clock)
        if audible:
            length = 0 if event else self._milliseconds(packet)
            self.buffer.put(packet.sequence, Packet(packet.payload_type, packet.payload, length))
        return self.heard.packet(packet) if event else None

    def _milliseconds(self, packet: rtp.RtpPacket) -> int:
        name = self._codings[packet.payload_type][0]
        return len(packet.payload) // BY_NAME[name.upper()].bytes_per_ms

    def _play(self, payload_type: int, payload: bytes) -> bytes:
        path = self._paths.get(payload_type)
        return path.convert(payload) if path is not None else b""
