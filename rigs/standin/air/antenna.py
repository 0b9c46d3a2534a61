"""The base's end of the socket `air.sock`: packets out, messages and voice frames in."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

from rigs.standin.air import protocol as air


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
        if self._socket is not None:
            asyncio.get_running_loop().remove_reader(self._socket)
            self._socket.close()
            self._socket = None

    def send(self, packet: bytes) -> None:
        """One packet; lost where the other end is choked or gone."""
        if self._socket is None:
            return
        try:
            self._socket.send(packet)
        except BlockingIOError:
            self._trouble("Air congested, packet dropped")
        except OSError:
            self.disconnect()

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
