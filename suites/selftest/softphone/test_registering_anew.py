"""An account that registers with other options: the old binding is gone before the new one is asked for."""

from __future__ import annotations

import re
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.softphone.peer import Account, Peer

SLOW = 0.3


class SlowRegistrar:
    """A registrar that takes its time with a de-registration; `order` has what came and what was answered."""

    def __init__(self) -> None:
        self._line = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._line.bind(("127.0.0.1", 0))
        self.port = self._line.getsockname()[1]
        self.order: list[str] = []
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        self._line.close()

    def _serve(self) -> None:
        late: tuple[float, bytes, tuple[str, int]] | None = None
        while True:
            self._line.settimeout(max(0.001, late[0] - time.monotonic()) if late else None)
            try:
                request, source = self._line.recvfrom(65536)
            except TimeoutError:
                assert late is not None
                self.order.append("old binding answered")
                self._line.sendto(late[1], late[2])
                late = None
                continue
            except OSError:
                return
            if re.search(rb"(?m)^Expires: *0\r", request):
                self.order.append("old binding taken back")
                late = time.monotonic() + SLOW, _answer(request, 0), source
            else:
                self.order.append("registered")
                self._line.sendto(_answer(request, 300), source)


def _answer(request: bytes, expires: int) -> bytes:
    lines = request.decode().split("\r\n")
    kept = [line for line in lines if line.lower().startswith(("via:", "from:", "call-id:", "cseq:", "contact:"))]
    to = next(line for line in lines if line.startswith("To:")) + ";tag=slow"
    return "\r\n".join(["SIP/2.0 200 OK", *kept, to, f"Expires: {expires}", "Content-Length: 0", "", ""]).encode()


@pytest.fixture
def registrar() -> Iterator[SlowRegistrar]:
    server = SlowRegistrar()
    yield server
    server.close()


def test_a_binding_is_gone_before_the_account_registers_anew(tmp_path: Path, registrar: SlowRegistrar) -> None:
    account = Account("301", "secret", f"sip:127.0.0.1:{registrar.port}")
    with Peer("peer1", "127.0.0.1", tmp_path, port=0) as peer:
        peer.register(account)
        peer.reconfigure(session_timer="inactive")
        assert registrar.order == ["registered", "old binding taken back", "old binding answered", "registered"]
