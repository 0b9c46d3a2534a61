"""The provisioning server: byte-exact documents, always with Content-Length, and a log of every fetch as evidence.

Old clients fail on chunked bodies, so a body is chunked only if a test asks for it
(facts sheet 2.2; the field's own servers avoid chunking for the same reason).
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from types import TracebackType

from harness.core import steps
from harness.core.clock import EventList
from harness.services.exchange import Answer, Fetch, Request, RequestReader, send_answer
from harness.services.listening import Listening

MOST_TOLD = 64 * 1024
"""Largest document that is stored with an act."""
PathMatch = str | Callable[[str], bool]


@dataclass(frozen=True)
class Behaviour:
    """The answer of one path, if a test needs another one than a plain 200.

    `hold` delays the answer until the event is set (a slow server), `chunked` sends the body without
    Content-Length, `cut_after` closes the connection after that many bytes of the body.
    """

    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    hold: threading.Event | None = None
    chunked: bool = False
    cut_after: int | None = None


@dataclass(frozen=True)
class _Document:
    body: bytes
    content_type: str
    behaviour: Behaviour


class ProvisioningServer:
    """Serves documents over HTTP (or HTTPS with an `ssl.SSLContext`) on one address of the rig's network.

    Raises RigFault if the address cannot be bound. `fetches` has every request, also for an unknown path.
    """

    def __init__(self, address: str, port: int = 80, *, tls: ssl.SSLContext | None = None) -> None:
        self.address = address
        self._tls = tls
        self._documents: dict[str, _Document] = {}
        self._log: EventList[Fetch] = EventList()
        self._lock = threading.Lock()
        self._held: set[threading.Event] = set()
        self._listening = Listening(address, port, self._serve, part="provisioning server", channel="provisioning")
        self._stopping = threading.Event()

    @property
    def port(self) -> int:
        """Where it listens."""
        return self._listening.port

    def __enter__(self) -> ProvisioningServer:
        self._listening.open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping.set()
        with self._lock:
            held = list(self._held)
        for hold in held:
            hold.set()
        self._listening.close()
        self._log.close("provisioning server stopped")

    def check(self) -> None:
        """Raise RigFault if it accepts no more connections."""
        self._listening.check()

    def revive(self) -> None:
        """Listen again if connections are no longer accepted; documents and log are kept."""
        self._listening.revive()

    def put(
        self,
        path: str,
        body: bytes,
        content_type: str = "text/xml; charset=utf-8",
        *,
        behaviour: Behaviour | None = None,
    ) -> str:
        """Offer `body` under `path`, replacing an earlier document; returns the URL."""
        with self._lock:
            if behaviour is not None and behaviour.hold is not None:
                self._held.add(behaviour.hold)
            self._documents[path] = _Document(body, content_type, behaviour or Behaviour())
        did = {"kind": "document", "path": path, **_told(body, behaviour or Behaviour())}
        steps.publish("provisioning", f"offer {path} ({len(body)} bytes)", did=did)
        return self.url(path)

    def remove(self, path: str) -> None:
        """Remove a document: the path answers 404 from now on."""
        with self._lock:
            self._documents.pop(path, None)
        steps.publish("provisioning", f"offer {path} no more", did={"kind": "document", "path": path})

    def url(self, path: str) -> str:
        """The absolute URL of a path on this server."""
        scheme, usual = ("https", 443) if self._tls else ("http", 80)
        host = f"[{self.address}]" if ":" in self.address else self.address
        port = "" if self.port == usual else f":{self.port}"
        return f"{scheme}://{host}{port}{path}"

    @property
    def fetches(self) -> list[Fetch]:
        """Every request so far, oldest first."""
        return self._log.snapshot()

    def expect_fetch(self, path: PathMatch, within: float, since: float = 0.0) -> Fetch:
        """Wait for a request of `path` (its text, or a predicate over it) at or after `since` (epoch seconds).

        Returns when the answer has been sent. Raises WaitExpired after `within` seconds with the last requests seen.
        """
        matches = path if callable(path) else (lambda seen: seen == path or seen.partition("?")[0] == path)
        what = f"request for {path}" if isinstance(path, str) else "request for an expected path"
        return self._log.wait_for(
            lambda fetch: fetch.at >= since and matches(fetch.path),
            what=f"{what} at {self.address}:{self.port}",
            within=within,
            describe=lambda seen: " | ".join(map(str, [f for f in seen if f.at >= since][-5:])) or "no request",
        )

    def _serve(self, connection: socket.socket, client: str) -> None:
        served = connection
        try:
            if self._tls is not None:
                served = self._tls.wrap_socket(connection, server_side=True)
            reader = RequestReader(served)
            while not self._stopping.is_set():
                request = reader.next()
                if request is None or not self._answer(served, client, request):
                    return
        finally:
            with contextlib.suppress(OSError):
                served.close()

    def _answer(self, connection: socket.socket, client: str, request: Request) -> bool:
        """Send the answer and log the fetch; False if the connection has to close."""
        with self._lock:
            document = self._documents.get(request.path) or self._documents.get(request.path.partition("?")[0])
        if document is None:
            behaviour, body, content_type = Behaviour(status=404), b"not found\n", "text/plain"
        else:
            behaviour, body, content_type = document.behaviour, document.body, document.content_type
        if request.method not in ("GET", "HEAD", "POST"):
            behaviour, body, content_type = Behaviour(status=405), b"", "text/plain"
        if behaviour.hold is not None:
            behaviour.hold.wait()
        answer = Answer(
            behaviour.status,
            _reason(behaviour.status),
            (("Content-Type", content_type), *behaviour.headers),
            b"" if request.method == "HEAD" else body,
            chunked=behaviour.chunked,
            cut_after=behaviour.cut_after,
            length=len(body),
            close=request.wants_close or behaviour.cut_after is not None,
        )
        try:
            sent, complete = send_answer(connection, answer)
        except OSError:
            sent, complete = 0, False
        fetch = Fetch(request.at, client, request.method, request.path, request.headers, answer.status, sent, complete)
        self._log.append(fetch)
        steps.publish("provisioning", str(fetch), fetch=fetch)
        return complete and not answer.close


def _told(body: bytes, behaviour: Behaviour) -> dict[str, str]:
    """The document as text for the rules, if it is sent in full and is a text of usual size."""
    if behaviour.status != HTTPStatus.OK or behaviour.cut_after is not None or len(body) > MOST_TOLD:
        return {}
    with contextlib.suppress(UnicodeDecodeError):
        return {"text": body.decode()}
    return {}


def _reason(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"
