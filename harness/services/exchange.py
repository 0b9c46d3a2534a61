"""One HTTP/1.x request and answer on a socket: strict enough to be evidence, byte-exact in both directions."""

from __future__ import annotations

import socket
from collections.abc import Iterable
from dataclasses import dataclass, field

from harness.core import clock

LONGEST_HEAD = 64 * 1024
LONGEST_BODY = 16 * 1024 * 1024


@dataclass(frozen=True)
class Fetch:
    """A received request and its answer; `length` is the number of body bytes sent, `at` epoch seconds."""

    at: float
    client: str
    method: str
    path: str
    headers: dict[str, str]
    status: int
    length: int
    complete: bool = True

    @property
    def user_agent(self) -> str:
        """The User-Agent header, empty if there was none."""
        return self.headers.get("user-agent", "")

    def __str__(self) -> str:
        cut = "" if self.complete else ", cut short"
        return f"{self.method} {self.path} from {self.client} → {self.status}, {self.length} bytes{cut}"


@dataclass(frozen=True)
class Request:
    """A request: header names in lower case, repeated headers joined by a comma."""

    at: float
    method: str
    path: str
    version: str
    headers: dict[str, str]
    body: bytes

    @property
    def wants_close(self) -> bool:
        """Whether the client wants the connection closed after the answer (default of HTTP/1.0)."""
        wish = self.headers.get("connection", "").lower()
        return "close" in wish or (self.version == "HTTP/1.0" and "keep-alive" not in wish)


@dataclass(frozen=True)
class Answer:
    """An answer; `length` is the announced Content-Length, which `cut_after` breaks on purpose."""

    status: int
    reason: str
    headers: Iterable[tuple[str, str]]
    body: bytes
    chunked: bool = False
    cut_after: int | None = None
    length: int = 0
    close: bool = False


@dataclass
class RequestReader:
    """Reads one request after the other from a connection; None at its end, or for data that is not HTTP."""

    connection: socket.socket
    _buffer: bytes = field(default=b"", init=False)

    def next(self) -> Request | None:
        """The next request; None if the client closed or sent other data."""
        while b"\r\n\r\n" not in self._buffer:
            if len(self._buffer) > LONGEST_HEAD or not self._more():
                return None
        at = clock.now()
        head, _, self._buffer = self._buffer.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        words = lines[0].split(" ")
        if len(words) != 3 or not words[2].startswith("HTTP/"):
            return None
        headers = _headers(lines[1:])
        length = headers.get("content-length", "0")
        wanted = int(length) if length.isdigit() else 0
        if wanted > LONGEST_BODY:
            return None
        while len(self._buffer) < wanted:
            if not self._more():
                return None
        body, self._buffer = self._buffer[:wanted], self._buffer[wanted:]
        return Request(at, words[0], words[1], words[2], headers, body)

    def _more(self) -> bool:
        data = self.connection.recv(65536)
        self._buffer += data
        return bool(data)


def _headers(lines: list[str]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for line in lines:
        name, _, value = line.partition(":")
        key = name.strip().lower()
        headers[key] = f"{headers[key]}, {value.strip()}" if key in headers else value.strip()
    return headers


def send_answer(connection: socket.socket, answer: Answer) -> tuple[int, bool]:
    """Send an answer; returns the number of body bytes sent and whether it is complete."""
    framing = ("Transfer-Encoding", "chunked") if answer.chunked else ("Content-Length", str(answer.length))
    ending = ("Connection", "close" if answer.close else "keep-alive")
    lines = [f"HTTP/1.1 {answer.status} {answer.reason}"]
    lines += [f"{name}: {value}" for name, value in (*answer.headers, framing, ending)]
    head = ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
    body = answer.body if answer.cut_after is None else answer.body[: answer.cut_after]
    complete = len(body) == len(answer.body)
    payload = b"".join(_chunks(body, ended=complete)) if answer.chunked else body
    connection.sendall(head + payload)
    return len(body), complete


def _chunks(body: bytes, *, ended: bool, size: int = 1024) -> Iterable[bytes]:
    for start in range(0, len(body), size):
        part = body[start : start + size]
        yield f"{len(part):x}\r\n".encode() + part + b"\r\n"
    if ended:
        yield b"0\r\n\r\n"
