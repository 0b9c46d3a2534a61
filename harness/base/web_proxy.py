"""The loopback proxy: a reverse proxy between a modern browser and an embedded web server of 2011.

It opens one connection at a time to the base (snom's small servers break under concurrent requests, facts sheet 4.1),
speaks TLS 1.0 if the base has no newer version, and keeps every request and answer as evidence, secrets masked.
"""

from __future__ import annotations

import contextlib
import http.client
import socket
import ssl
import threading
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import TracebackType

from harness.core import clock, steps
from harness.core.clock import EventList
from harness.core.limits import Limits
from harness.core.redaction import redaction
from harness.services.exchange import Answer, Request, RequestReader, send_answer

Connect = Callable[[tuple[str, int], float], socket.socket]
_REQUEST_DROPS = {"host", "connection", "proxy-connection", "keep-alive", "accept-encoding", "te", "dnt", "priority"}
_REQUEST_DROPS |= {"upgrade-insecure-requests", "content-length"}
_ANSWER_DROPS = ("connection", "keep-alive", "transfer-encoding", "content-length", "strict-transport-security")
_KEPT_BODY = 4096
_LEGACY_SERVER_CONNECT = 0x4  # SSL_OP_LEGACY_SERVER_CONNECT; the ssl module names it from Python 3.12 on


@dataclass(frozen=True)
class WebExchange:
    """One request to the base and its answer; `status` 0 and `error` if no answer came. Times in epoch seconds."""

    at: float
    method: str
    path: str
    request: str
    body: str
    status: int
    answer: str
    length: int
    seconds: float
    error: str = ""

    def __str__(self) -> str:
        outcome = self.error or f"{self.status}, {self.length} bytes"
        return f"{self.method} {self.path} → {outcome} in {self.seconds * 1000:.0f} ms"


TLS_VERSIONS = {
    "1.0": ssl.TLSVersion.TLSv1,
    "1.1": ssl.TLSVersion.TLSv1_1,
    "1.2": ssl.TLSVersion.TLSv1_2,
    "1.3": ssl.TLSVersion.TLSv1_3,
}
"""TLS versions by their names in a rig file."""


def old_tls(minimum: ssl.TLSVersion = ssl.TLSVersion.TLSv1) -> ssl.SSLContext:
    """A client context for devices of 2011: old versions and ciphers, and a self-signed certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # old devices need it
        context.minimum_version = minimum
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.options |= ssl.Options(_LEGACY_SERVER_CONNECT)
    return context


def _connect(address: tuple[str, int], within: float) -> socket.socket:
    return socket.create_connection(address, timeout=within)


def connecting_from(sources: Sequence[str]) -> Connect:
    """Opens connections from the source of the target's IP version: a host may have other addresses in the network."""

    def connect(address: tuple[str, int], within: float) -> socket.socket:
        fitting = [source for source in sources if (":" in source) == (":" in address[0])]
        own = (fitting[0], 0) if fitting and "%" not in address[0] else None
        return socket.create_connection(address, timeout=within, source_address=own)

    return connect


class WebProxy:
    """Listens on loopback and passes each request on to `host`:`port`; `host` and `port` may change while it runs.

    The base has `within` seconds for each answer. `connect` opens the connection, for a base in another
    network namespace.
    """

    def __init__(
        self,
        host: str,
        port: int = 80,
        *,
        tls: ssl.SSLContext | None = None,
        within: float = Limits.web,
        listen: tuple[str, int] = ("127.0.0.1", 0),
        connect: Connect = _connect,
    ) -> None:
        self.host = host
        self.port = port
        self.within = within
        self.exchanges: EventList[WebExchange] = EventList()
        self._tls = tls
        self._listen = listen
        self._connect = connect
        self._one_at_a_time = threading.Lock()
        self._listener: socket.socket | None = None
        self._thread: threading.Thread | None = None

    def __enter__(self) -> WebProxy:
        self._listener = socket.create_server(self._listen)
        self._listen = self._listener.getsockname()[:2]
        self._thread = threading.Thread(target=self._accept, args=(self._listener,), name="proxy", daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._listener is not None:
            with contextlib.suppress(OSError):
                self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
        if self._thread is not None:
            self._thread.join(timeout=5)
        self.exchanges.close("proxy closed")

    @property
    def url(self) -> str:
        """The proxy's URL of the base, without a slash at the end."""
        return f"http://{self._listen[0]}:{self._listen[1]}"

    @property
    def base_url(self) -> str:
        """The base's own URL."""
        scheme, usual = ("https", 443) if self._tls else ("http", 80)
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{scheme}://{host}" + ("" if self.port == usual else f":{self.port}")

    def get(self, path: str) -> WebExchange:
        """One GET of the harness, to check whether the base answers; kept as evidence."""
        return self._pass_on(Request(clock.now(), "GET", path, "HTTP/1.1", {}, b""))[0]

    def look(self, request: Request, within: float) -> tuple[int, list[tuple[str, str]], bytes]:
        """A request of the harness that is no act of a test and not kept as evidence.

        Returns status, headers and body; raises OSError or HTTPException without an answer.
        """
        with self._one_at_a_time:
            status, _, answered, content = self._ask(request, self._towards_base(request), within)
        return status, answered, content

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), name="proxy-client", daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.closing(connection), contextlib.suppress(OSError):
            connection.settimeout(300)
            request = RequestReader(connection).next()
            if request is None:
                return
            if request.path == "/favicon.ico":  # added by the browser; not meant for the base
                send_answer(connection, Answer(404, "Not Found", (), b"", close=True))
                return
            exchange, headers, body = self._pass_on(request)
            reason = http.client.responses.get(exchange.status, "Answer")
            send_answer(
                connection,
                Answer(exchange.status or 502, reason, headers, body, length=len(body), close=True),
            )

    def _pass_on(self, request: Request) -> tuple[WebExchange, list[tuple[str, str]], bytes]:
        headers = self._towards_base(request)
        status, answer_head, body, error = 0, "", b"", ""
        answer_headers: list[tuple[str, str]] = []
        with self._one_at_a_time:
            started = clock.monotonic()
            try:
                status, answer_head, answer_headers, body = self._ask(request, headers, self.within)
            except (OSError, http.client.HTTPException) as failure:
                error = _why(failure)
                body = f"<title>No answer</title><p>The base gave no answer: {error}</p>".encode()
                answer_headers = [("Content-Type", "text/html"), ("X-Proxy-Error", error)]
            seconds = clock.monotonic() - started
        head = "\n".join([f"{request.method} {request.path} {request.version}", *(f"{n}: {v}" for n, v in headers)])
        exchange = WebExchange(
            request.at,
            request.method,
            redaction.mask(request.path),
            redaction.mask(head),
            _shown(request),
            status,
            redaction.mask(answer_head),
            len(body),
            seconds,
            error,
        )
        self.exchanges.append(exchange)
        steps.publish("web", str(exchange), exchange=exchange)
        return exchange, answer_headers, body

    def _ask(
        self, request: Request, headers: list[tuple[str, str]], within: float
    ) -> tuple[int, str, list[tuple[str, str]], bytes]:
        client = http.client.HTTPConnection(self.host, self.port, timeout=within)
        try:
            opened = self._connect((self.host, self.port), within)
            client.sock = self._tls.wrap_socket(opened, server_hostname=self.host) if self._tls else opened
            client.putrequest(request.method, request.path, skip_host=True, skip_accept_encoding=True)
            for name, value in headers:
                client.putheader(name, value)
            client.endheaders(request.body or None)
            answer = client.getresponse()
            body = answer.read()
        finally:
            client.close()
        sent = answer.msg.items()
        version = "HTTP/1.1" if answer.version == 11 else "HTTP/1.0"
        head = "\n".join([f"{version} {answer.status} {answer.reason}", *(f"{name}: {value}" for name, value in sent)])
        return answer.status, head, self._towards_browser(sent), body

    def _towards_base(self, request: Request) -> list[tuple[str, str]]:
        headers = [("Host", self.base_url.partition("://")[2])]
        for name, value in request.headers.items():
            if name in _REQUEST_DROPS or name.startswith("sec-"):
                continue
            headers.append((name.title(), value.replace(self.url, self.base_url)))
        if request.body or request.method == "POST":
            headers.append(("Content-Length", str(len(request.body))))
        return [*headers, ("Connection", "close")]

    def _towards_browser(self, sent: list[tuple[str, str]]) -> list[tuple[str, str]]:
        headers = []
        for name, value in sent:
            key = name.lower()
            if key in _ANSWER_DROPS:
                continue
            if key in ("location", "content-location", "refresh"):
                value = value.replace(self.base_url, self.url)
            elif key == "set-cookie":
                value = _loosened(value)
            headers.append((name, value))
        return headers


def _loosened(cookie: str) -> str:
    """A cookie without Domain and Secure, so that the browser keeps it for the loopback proxy."""
    parts = [part.strip() for part in cookie.split(";")]
    return "; ".join(p for p in parts if not p.lower().startswith("domain=") and p.lower() != "secure")


def _shown(request: Request) -> str:
    """The body of a form as evidence; uploads only by their length."""
    if "urlencoded" not in request.headers.get("content-type", ""):
        return f"({len(request.body)} bytes)" if request.body else ""
    return redaction.mask(request.body[:_KEPT_BODY].decode("utf-8", "replace"))


def _why(failure: Exception) -> str:
    """A failure as a text for the lab."""
    if isinstance(failure, http.client.RemoteDisconnected):
        return "connection closed without a status line"
    if isinstance(failure, TimeoutError):
        return "no answer in time"
    if isinstance(failure, ConnectionRefusedError):
        return "connection refused"
    if isinstance(failure, http.client.HTTPException):
        return f"no proper HTTP: {type(failure).__name__}"
    return f"{type(failure).__name__}: {failure}"
