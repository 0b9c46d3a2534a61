"""The air on the side of the portable parts: who hears whom, how strongly, and in which slot.

Bases connect to the socket `air.sock`; more than one may (a neighbour), each is known by the RFPI of its beacons.
Attenuation is set for each handset and works both ways: below the receiver's sensitivity nothing passes.
"""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path
from typing import Protocol

from rigs.standin.air import protocol as air
from rigs.standin.air.limits import limits


class Part(Protocol):
    """A portable part as the air sees it."""

    number: int
    ipui: str

    def heard_beacon(self, base: BaseOnAir, beacon: air.Beacon) -> None: ...

    def heard(self, base: BaseOnAir, message: air.Message) -> None: ...

    def heard_voice(self, base: BaseOnAir, slot: int, frame: bytes) -> None: ...


class BaseOnAir:
    """One base within earshot, from its connection to its end."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self.rfpi = ""

    def send(self, packet: bytes) -> None:
        """One packet towards the base; lost if its receiver is choked or gone."""
        try:
            self.connection.send(packet)
        except OSError:
            return


class Medium:
    """The air around one place. `attenuate` is what the dongle's AT+RF turns."""

    def __init__(self) -> None:
        self.parts: dict[str, Part] = {}
        self._attenuation: dict[str, float] = {}
        self._out_of_range: set[str] = set()
        self._bases: list[BaseOnAir] = []
        self._listener: socket.socket | None = None

    def start(self, path: Path) -> None:
        """Listens for bases on a new socket at `path`."""
        path.unlink(missing_ok=True)
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._listener.bind(str(path))
        self._listener.listen(8)
        self._listener.setblocking(False)
        asyncio.get_running_loop().add_reader(self._listener, self._accept)

    def stop(self) -> None:
        """Closes all connections."""
        loop = asyncio.get_running_loop()
        for base in self._bases:
            loop.remove_reader(base.connection)
            base.connection.close()
        if self._listener is not None:
            loop.remove_reader(self._listener)
            self._listener.close()

    def attach(self, part: Part) -> None:
        """Brings a portable part into the room."""
        self.parts[part.ipui] = part
        self._attenuation[part.ipui] = 0.0

    def attenuate(self, part: Part, decibel: float) -> None:
        """Sets the attenuation between a part and every base, in dB."""
        self._attenuation[part.ipui] = decibel

    def rssi(self, part: Part) -> int:
        """What the part would measure of a base here, in dBm; the parts lie a little apart on the bench."""
        return round(limits()["rssi_near_dbm"] - (part.number - 1) - self._attenuation[part.ipui])

    def send(self, part: Part, base: BaseOnAir, message: air.Message) -> None:
        """A part's message to a base, if it gets there."""
        if self._in_range(part):
            base.send(air.encode(message))

    def send_voice(self, part: Part, base: BaseOnAir, slot: int, frame: bytes) -> None:
        """A part's voice frame to a base, if it gets there."""
        if self._in_range(part):
            base.send(air.encode_voice(slot, frame))

    def _in_range(self, part: Part) -> bool:
        threshold = limits()["relock_above_dbm" if part.ipui in self._out_of_range else "lost_below_dbm"]
        if self.rssi(part) >= threshold:
            self._out_of_range.discard(part.ipui)
            return True
        self._out_of_range.add(part.ipui)
        return False

    def _accept(self) -> None:
        assert self._listener is not None
        connection, _ = self._listener.accept()
        connection.setblocking(False)
        base = BaseOnAir(connection)
        self._bases.append(base)
        asyncio.get_running_loop().add_reader(connection, self._receive, base)

    def _receive(self, base: BaseOnAir) -> None:
        while True:
            try:
                packet = base.connection.recv(air.PACKET_LIMIT)
            except BlockingIOError:
                return
            except OSError:
                packet = b""
            if not packet:
                asyncio.get_running_loop().remove_reader(base.connection)
                base.connection.close()
                self._bases.remove(base)
                return
            try:
                message = air.decode(packet)
            except air.AirError:
                continue  # what is garbled on the air is not heard
            self._deliver(base, message)

    def _deliver(self, base: BaseOnAir, message: air.Message | tuple[int, bytes]) -> None:
        if isinstance(message, tuple):
            for part in self.parts.values():
                if self._in_range(part):
                    part.heard_voice(base, *message)
        elif isinstance(message, air.Beacon):
            base.rfpi = message.rfpi
            for part in self.parts.values():
                if self._in_range(part):
                    part.heard_beacon(base, message)
        else:
            addressed = self.parts.get(message.ipui)
            if addressed is not None and self._in_range(addressed):
                addressed.heard(base, message)
