"""Questions and answers as JSON, one a line, over a unix socket: how the dialect server is steered."""

from __future__ import annotations

import json
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from harness.core.life_cycle import Closing
from harness.pbx.own_server import ControlError


class JsonLines(Closing):
    """Commands to one server; the connection is made with the first one."""

    def __init__(self, path: Path, within: float = 2.0) -> None:
        self._path = path
        self._within = within
        self._line: socket.socket | None = None

    def ask(self, command: str, words: Mapping[str, Any]) -> Any:
        """The result of a command; raises ControlError."""
        try:
            line = self._connected()
            line.sendall(json.dumps({"do": command, **words}).encode() + b"\n")
            answer = json.loads(self._read(line))
        except (OSError, ValueError) as error:
            self.close()
            raise ControlError(f"{command}: {error}") from error
        if "error" in answer:
            raise ControlError(f"{command}: {answer['error']}", 1)
        return answer.get("result")

    def close(self) -> None:
        """Let go of the connection; the next command makes a new one."""
        if self._line is not None:
            self._line.close()
            self._line = None

    def _connected(self) -> socket.socket:
        if self._line is None:
            self._line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            self._line.settimeout(self._within)
            self._line.connect(str(self._path))
        return self._line

    @staticmethod
    def _read(line: socket.socket) -> bytes:
        data = b""
        while not data.endswith(b"\n"):
            more = line.recv(1 << 20)
            if not more:
                raise OSError("the server has closed the connection")
            data += more
        return data
