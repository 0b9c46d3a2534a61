"""Kamailio's JSON-RPC over a datagram socket (module jsonrpcs): one question, one answer."""

from __future__ import annotations

import itertools
import json
import socket
from pathlib import Path
from typing import Any

from harness.pbx.own_server import ControlError


class RpcError(ControlError):
    """Kamailio refused a command or did not answer."""


class Rpc:
    """Commands to one running Kamailio."""

    def __init__(self, path: Path, within: float = 2.0) -> None:
        self.path = path
        self.within = within
        self._numbers = itertools.count(1)

    def ask(self, method: str, *params: Any) -> Any:
        """The result of a command; raises RpcError."""
        question = {"jsonrpc": "2.0", "method": method, "params": list(params), "id": next(self._numbers)}
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
            # an empty name lets the kernel choose an abstract one, where the answer is sent to (unix(7), autobind)
            line.bind("")
            line.settimeout(self.within)
            try:
                line.connect(str(self.path))
                line.send(json.dumps(question).encode())
                answer = json.loads(line.recv(1 << 20))
            except (OSError, ValueError) as error:
                raise RpcError(f"{method}: {error}") from error
        if "error" in answer:
            said = answer["error"]
            raise RpcError(f"{method}: {said.get('message')}", int(said.get("code", 0)))
        return answer.get("result")
