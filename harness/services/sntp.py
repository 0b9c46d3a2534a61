"""A small SNTP server whose time a test sets: alarm clock, daylight saving, certificate dates (RFC 4330)."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from dataclasses import dataclass
from types import TracebackType

from harness.core import clock, steps
from harness.core.clock import EventList
from harness.core.errors import RigFault

EPOCH_1900 = 2_208_988_800
_PACKET = struct.Struct("!BBbbII4sQQQQ")


@dataclass(frozen=True)
class TimeQuery:
    """One request for the time: its time (epoch seconds), the client, and the time in the answer."""

    at: float
    client: str
    told: float

    def __str__(self) -> str:
        return f"time asked by {self.client}, told {self.told:.3f}"


class SntpServer:
    """Answers SNTP on UDP 123 with the host's clock plus `offset` seconds; `offset` may be changed at any moment.

    With `silent` it reads requests and does not answer.
    """

    def __init__(self, address: str, port: int = 123, *, offset: float = 0.0) -> None:
        self.address = address
        self.port = port
        self.offset = offset
        self.silent = False
        self.queries: EventList[TimeQuery] = EventList()
        self._socket: socket.socket | None = None
        self._thread: threading.Thread | None = None

    def __enter__(self) -> SntpServer:
        self._open()
        return self

    def _open(self) -> None:
        family = socket.AF_INET6 if ":" in self.address else socket.AF_INET
        opened = socket.socket(family, socket.SOCK_DGRAM)
        try:
            opened.bind((self.address, self.port))
        except OSError as error:
            opened.close()
            raise RigFault(
                "time server",
                f"cannot bind {self.address} UDP {self.port}: {error.strerror}",
                remedy="stop the NTP daemon on this address, or leave `ntp` out of network.services",
            ) from error
        self.port = int(opened.getsockname()[1])
        self._socket = opened
        self._thread = threading.Thread(target=self._serve, args=(opened,), name="sntp", daemon=True)
        self._thread.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._socket is not None:
            _wake_and_close(self._socket)
        if self._thread is not None:
            self._thread.join(timeout=5)
        self.queries.close("time server stopped")

    def check(self) -> None:
        """Raise RigFault if queries are no longer answered."""
        if self._thread is None or not self._thread.is_alive():
            raise RigFault(
                "time server",
                f"queries to {self.address} UDP {self.port} are not read any more",
                remedy="read the end of the harness's log; it is restarted for the next test",
            )

    def revive(self) -> None:
        """Listen again if the server has stopped; the offset is kept."""
        try:
            self.check()
        except RigFault as fault:
            steps.publish("time server", f"it is restarted: {fault.text}")
            if self._socket is not None:
                _wake_and_close(self._socket)
            self._open()

    def time(self) -> float:
        """The time that this server gives now, in epoch seconds."""
        return clock.now() + self.offset

    def _serve(self, opened: socket.socket) -> None:
        while True:
            try:
                request, sender = opened.recvfrom(512)
            except OSError:
                return
            if not request:
                return
            arrived = self.time()
            answer = reply(request, arrived, self.time())
            if answer is None or self.silent:
                continue
            query = TimeQuery(clock.now(), str(sender[0]), arrived)
            self.queries.append(query)
            with contextlib.suppress(OSError):  # closed in the meantime; the next recvfrom ends this thread
                opened.sendto(answer, sender)
            steps.publish("time server", str(query))


def reply(request: bytes, arrived: float, sent: float) -> bytes | None:
    """The answer to a client's packet (mode 3, or 1 from old clients), or None for anything else."""
    if len(request) < _PACKET.size:
        return None
    first, mode = request[0], request[0] & 7
    if mode not in (1, 3):
        return None
    version = (first >> 3) & 7
    originate = _PACKET.unpack_from(request)[10]
    poll = struct.unpack_from("!b", request, 2)[0]
    return _PACKET.pack(
        version << 3 | 4, 2, poll, -20, 0, 64, b"LOCL", _stamp(arrived), originate, _stamp(arrived), _stamp(sent)
    )


def _stamp(seconds: float) -> int:
    """An NTP timestamp: 32 bits of seconds since 1900 (they wrap in 2036) and 32 bits of fraction."""
    return int((seconds + EPOCH_1900) * 2**32) & (2**64 - 1)


def _wake_and_close(opened: socket.socket) -> None:
    """Close a datagram socket so that a thread blocked in recvfrom returns.

    For an unconnected UDP socket shutdown raises ENOTCONN, but it wakes the reader.
    """
    with contextlib.suppress(OSError):
        opened.shutdown(socket.SHUT_RDWR)
    opened.close()
