"""A serial port offered over the network: raw bytes (`socket://`) or RFC 2217 by pyserial's own server side."""

from __future__ import annotations

import contextlib
import os
import select
import socket
import threading
import tty
from pathlib import Path
from typing import Any, Self

import serial
import serial.rfc2217


class SerialServer:
    """One port on loopback, one client at a time, as ser2net has it: a device that goes takes the client with it."""

    scheme = "socket"

    def __init__(self, device: Path) -> None:
        self._device = device
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._port = self._listener.getsockname()[1]
        self._client: socket.socket | None = None
        self._dead = threading.Event()
        self._closing = False
        self._thread = threading.Thread(target=self._serve, daemon=True)

    @property
    def url(self) -> str:
        """What stands in a rig file."""
        return f"{self.scheme}://127.0.0.1:{self._port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._closing = True
        self._dead.set()
        self.drop()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(5)

    def drop(self) -> None:
        """The server restarts: its client is cut off."""
        with contextlib.suppress(OSError, AttributeError):
            self._client.shutdown(socket.SHUT_RDWR)  # type: ignore[union-attr]

    def go_dead(self) -> None:
        """The network between is dead: the client hears nothing more, not even an end, and may connect again."""
        self._dead.set()

    def _serve(self) -> None:
        while not self._closing:
            try:
                self._client, _ = self._listener.accept()
            except OSError:
                return
            self._dead.clear()
            held = self._client
            with contextlib.suppress(OSError, serial.SerialException):
                self._carry(self._client)
            if not self._dead.is_set() or self._closing:
                held.close()

    def _carry(self, client: socket.socket) -> None:
        device = os.open(self._device, os.O_RDWR | os.O_NOCTTY)
        try:
            tty.setraw(device)
            while not self._dead.is_set():
                ready, _, _ = select.select([client, device], [], [], 0.1)
                if client in ready:
                    data = client.recv(4096)
                    if not data:
                        return
                    os.write(device, self._to_device(data))
                if device in ready:
                    client.sendall(self._to_client(os.read(device, 4096)))
        finally:
            os.close(device)

    def _to_device(self, data: bytes) -> bytes:
        return data

    def _to_client(self, data: bytes) -> bytes:
        return data


class Rfc2217Server(SerialServer):
    """The same with telnet's com port control: escapes and settings by serial.rfc2217.PortManager."""

    scheme = "rfc2217"
    _manager: Any = None

    def _carry(self, client: socket.socket) -> None:
        class Connection:
            """Where the manager writes its negotiation."""

            def write(self, data: bytes) -> None:
                client.sendall(data)

        settings = serial.serial_for_url("loop://")
        self._manager = serial.rfc2217.PortManager(settings, Connection())
        super()._carry(client)

    def _to_device(self, data: bytes) -> bytes:
        return b"".join(self._manager.filter(data))

    def _to_client(self, data: bytes) -> bytes:
        return b"".join(self._manager.escape(data))


SERVERS = {"socket": SerialServer, "rfc2217": Rfc2217Server}
