"""The server that action URLs of the base name: it notes each request on its own clock and answers as a test says."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Mapping
from types import MappingProxyType

from harness.core import steps
from harness.core.clock import EventList
from harness.core.life_cycle import Starting
from harness.services.exchange import Answer, Fetch, Request, RequestReader, send_answer
from harness.services.listening import Listening

PORT = 8080
"""One of those at which tshark looks for HTTP."""
HTTPS = 443
"""The port that a URL does not name."""
SLOW_S = 30.0
ELSEWHERE = "/elsewhere"
Answering = Callable[[socket.socket, Request, threading.Event], None]
"""Answers a request; the event is set when the manner is over."""


class ActionServer(Starting):
    """Listens on one address of the rig's network. `requests` are all that came, also those that it did not answer.

    With `tls` it speaks HTTPS; each connection gets a context of its own, so that it shows the certificate of its time.
    """

    def __init__(self, address: str, port: int = PORT, *, tls: Callable[[], ssl.SSLContext] | None = None) -> None:
        self._tls = tls
        self._log: EventList[Fetch] = EventList()
        self._lock = threading.Lock()
        self._manner, self._over = "usual", threading.Event()
        self._listening = Listening(address, port, self._serve, part="server of action URLs", channel="action server")

    @property
    def authority(self) -> str:
        """Address and port, as URLs name them."""
        host = f"[{self._listening.address}]" if ":" in self._listening.address else self._listening.address
        return f"{host}:{self._listening.port}"

    def url(self, path: str) -> str:
        """The URL of a path here."""
        if self._tls is None:
            return f"http://{self.authority}{path}"
        return f"https://{self.authority.removesuffix(f':{HTTPS}')}{path}"

    def start(self) -> None:
        """Listen; nothing happens if it does already. What reached the base's URLs is judged from now on."""
        if not self._listening.is_open:
            self._listening.open()
            self._tell(there=True)

    def stop(self) -> None:
        """Refuse connections from now on, and end those that there are."""
        if self._listening.is_open:
            self.answer("usual")
            self._tell(there=False)
            self._listening.close()

    def note_trust(self, *, trusted: bool) -> None:
        """Note whether clients may trust the certificate that it shows: without that nothing is due here."""
        self._tell(there=trusted)

    def answer(self, manner: str) -> None:
        """Answer in this manner, see MANNERS, from now on; who waits for an answer of the manner before gets none."""
        if manner not in MANNERS:
            raise ValueError(f"{manner!r} is none of {', '.join(MANNERS)}")
        with self._lock:
            before, self._manner, self._over = self._over, manner, threading.Event()
        before.set()
        steps.publish("action server", f"it answers in the manner: {manner}")

    @property
    def keeps_waiting(self) -> bool:
        """Whether a client that waits for the end of an answer waits in vain."""
        return self._manner in KEEPS_WAITING

    @property
    def requests(self) -> list[Fetch]:
        """Every request so far, oldest first."""
        return self._log.snapshot()

    def expect(self, path: str, within: float, since: float) -> Fetch:
        """Wait for a request of a path, its query left out, at or after a moment; WaitExpired tells what came."""
        return self._log.wait_for(
            lambda fetch: fetch.at >= since and fetch.path.partition("?")[0] == path,
            what=f"request for {path} at {self.authority}",
            within=within,
            describe=lambda seen: ", ".join(f"GET {f.path}" for f in seen if f.at >= since) or "no request",
        )

    def _tell(self, *, there: bool) -> None:
        did = {"kind": "action-server", "authority": self.authority, "there": "yes" if there else "no"}
        steps.publish("action server", f"{'listens' if there else 'is gone'} at {self.authority}", did=did)

    def _serve(self, connection: socket.socket, client: str) -> None:
        if self._tls is None:
            self._serve_plain(connection, client)
        else:
            with self._tls().wrap_socket(connection, server_side=True) as served:
                self._serve_plain(served, client)

    def _serve_plain(self, connection: socket.socket, client: str) -> None:
        request = RequestReader(connection).next()
        if request is None:
            return
        with self._lock:
            manner, over = self._manner, self._over
        fetch = Fetch(request.at, client, request.method, request.path, request.headers, 0, 0, complete=False)
        self._log.append(fetch)
        steps.publish("action server", f"{manner}: {request.method} {request.path}", fetch=fetch)
        with contextlib.suppress(OSError):
            MANNERS[manner](connection, request, over)


def _say(connection: socket.socket, status: int, reason: str, *headers: tuple[str, str]) -> None:
    send_answer(connection, Answer(status, reason, headers, b"", close=True))


def _usual(connection: socket.socket, request: Request, over: threading.Event) -> None:
    _say(connection, 200, "OK")


def _error(connection: socket.socket, request: Request, over: threading.Event) -> None:
    _say(connection, 500, "Internal Server Error")


def _elsewhere(connection: socket.socket, request: Request, over: threading.Event) -> None:
    if request.path.startswith(ELSEWHERE):
        _say(connection, 200, "OK")
    else:
        _say(connection, 302, "Found", ("Location", f"{ELSEWHERE}{request.path}"))


def _in_a_circle(connection: socket.socket, request: Request, over: threading.Event) -> None:
    _say(connection, 302, "Found", ("Location", request.path))


def _garbage(connection: socket.socket, request: Request, over: threading.Event) -> None:
    connection.sendall(b"\x00\xff\xfe no HTTP at all\r\n" * 40)


def _never(connection: socket.socket, request: Request, over: threading.Event) -> None:
    over.wait()


def _slow(connection: socket.socket, request: Request, over: threading.Event) -> None:
    if not over.wait(SLOW_S):
        _say(connection, 200, "OK")


def _never_closing(connection: socket.socket, request: Request, over: threading.Event) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\nand so on")
    over.wait()


MANNERS: Mapping[str, Answering] = MappingProxyType(
    {
        "usual": _usual,
        "error 500": _error,
        "redirect": _elsewhere,
        "redirect in a circle": _in_a_circle,
        "garbage": _garbage,
        "no answer": _never,
        "answer after 30 s": _slow,
        "no end": _never_closing,
    }
)
"""How it answers, by name."""
KEEPS_WAITING = ("no answer", "answer after 30 s", "no end")
