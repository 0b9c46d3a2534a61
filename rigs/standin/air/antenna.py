"""The base's end of the socket `air.sock`: packets out, messages and voice frames in."""

from __future__ import annotations

import asyncio
import socket
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path

from rigs.standin.air import protocol as air

WAITING = 512
"""Messages that wait for a choked air: more than one file of settings makes."""


class Antenna:
    """A connection to where the portable parts are; while there is none, packets go nowhere, as radio waves may.

    `heard` gets every whole message or (slot, frame); `trouble` a text for the log.
    """

    def __init__(
        self, path: Path, heard: Callable[[air.Message | tuple[int, bytes]], None], trouble: Callable[[str], None]
    ) -> None:
        self._path = path
        self._heard = heard
        self._trouble = trouble
        self._socket: socket.socket | None = None
        self._waiting: deque[bytes] = deque()

    def connect(self) -> None:
        """Connects if it is not connected; does nothing if the other end does not listen yet."""
        if self._socket is not None:
            return
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        connection.setblocking(False)
        try:
            connection.connect(str(self._path))
        except OSError:
            connection.close()
            return
        self._socket = connection
        asyncio.get_running_loop().add_reader(connection, self._receive)

    def disconnect(self) -> None:
        """Falls silent."""
        self._waiting.clear()
        if self._socket is not None:
            asyncio.get_running_loop().remove_reader(self._socket)
            asyncio.get_running_loop().remove_writer(self._socket)
            self._socket.close()
            self._socket = None

    def send(self, packet: bytes) -> None:
        """One packet. While the other end is choked messages wait, and voice, which would come too late, is lost."""
        if self._socket is None:
            return
        if not self._waiting and self._sent(packet):
            return
        if packet[:1] == b"V" or len(self._waiting) >= WAITING:
            self._trouble("Air congested, packet dropped")
            return
        if self._socket is not None:
            self._waiting.append(packet)
            asyncio.get_running_loop().add_writer(self._socket, self._go_on)

    def _sent(self, packet: bytes) -> bool:
        """False if the packet has to wait; one for an end that is gone is lost."""
        assert self._socket is not None
        try:
            self._socket.send(packet)
        except BlockingIOError:
            return False
        except OSError:
            self.disconnect()
        return True

    def _go_on(self) -> None:
        while self._waiting and self._socket is not None and self._sent(self._waiting[0]):
            if self._waiting:  # none, if the other end was found to be gone
                self._waiting.popleft()
        if not self._waiting and self._socket is not None:
            asyncio.get_running_loop().remove_writer(self._socket)

    def _packets(self) -> Iterator[bytes]:
        while self._socket is not None:
            try:
                packet = self._socket.recv(air.PACKET_LIMIT)
            except BlockingIOError:
                return
            except OSError:
                packet = b""
            if not packet:
                self.disconnect()
                return
            yield packet

    def _receive(self) -> None:
        for packet in self._packets():
            try:
                message = air.decode(packet)
            except air.AirError as error:
                self._trouble(f"Bad packet: {error}")
                continue
            self._heard(message)
