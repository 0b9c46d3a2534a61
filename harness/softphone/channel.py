"""JSON lines over one socket between a peer and its worker; no telephony."""

from __future__ import annotations

import json
import select
import socket
from typing import Any

Message = dict[str, Any]


class ChannelClosed(Exception):
    """The other end is gone: its process ended or closed the socket."""


class Channel:
    """One end of the line; sending is whole, receiving gives the complete lines there are."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        self._buffer = b""

    def send(self, message: Message) -> None:
        """Send one message; raises ChannelClosed if the other end is closed."""
        line = json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace") + b"\n"
        try:
            self._socket.sendall(line)
        except OSError as error:
            raise ChannelClosed(str(error)) from error

    def receive(self, timeout: float | None = None) -> list[Message]:
        """The messages that have arrived, after waiting at most `timeout` seconds (None: for ever) for a first one."""
        ready, _, _ = select.select([self._socket], [], [], timeout)
        if not ready:
            return []
        try:
            data = self._socket.recv(65536)
        except OSError as error:
            raise ChannelClosed(str(error)) from error
        if not data:
            raise ChannelClosed("end of file")
        *lines, self._buffer = (self._buffer + data).split(b"\n")
        return [message for line in lines if line for message in [json.loads(line)] if isinstance(message, dict)]

    def fileno(self) -> int:
        """The socket, for select."""
        return self._socket.fileno()

    def close(self) -> None:
        """Close this end; the other one reads an end of file."""
        self._socket.close()
