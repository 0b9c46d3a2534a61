"""HTTP as a small appliance of 2011 speaks it: one request a connection, strict limits, no surprises."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from email.utils import formatdate
from urllib.parse import parse_qsl, unquote

LINE_LIMIT, HEADER_LIMIT, BODY_LIMIT = 2048, 8192, 65536
REQUEST_SECONDS = 10.0
REASONS = {
    200: "OK",
    302: "Found",
    400: "Bad Request",
    404: "Not Found",
    408: "Request Timeout",
    413: "Request Entity Too Large",
    414: "Request-URI Too Long",
    431: "Request Header Fields Too Large",
    500: "Internal Server Error",
    501: "Not Implemented",
    503: "Service Unavailable",
}


class BadRequest(Exception):
    """A request that is not served; `status` is what its sender is told."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


@dataclass(frozen=True)
class Request:
    """A request as read; of several header lines of one name the last counts."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    form: dict[str, str]
    client: str
    version: str = "HTTP/1.0"

    @property
    def cookies(self) -> dict[str, str]:
        """The cookies sent along, by name."""
        pairs = (part.partition("=") for part in self.headers.get("cookie", "").split(";"))
        return {name.strip(): value.strip() for name, _, value in pairs}


@dataclass
class Response:
    """A response; `cookie` becomes a Set-Cookie header."""

    body: bytes
    status: int = 200
    content_type: str = "text/html; charset=utf-8"
    cookie: str = ""
    headers: dict[str, str] = field(default_factory=dict)

    def encode(self, request: Request | None) -> bytes:
        """The bytes of the answer; a HEAD gets no body."""
        version = request.version if request else "HTTP/1.0"
        lines = [
            f"{version} {self.status} {REASONS[self.status]}",
            "Server: snom embedded",
            f"Date: {formatdate(usegmt=True)}",
            "Cache-Control: no-cache",
            "Connection: close",
            f"Content-Type: {self.content_type}",
            f"Content-Length: {len(self.body)}",
            *(f"{name}: {value}" for name, value in self.headers.items()),
        ]
        if self.cookie:
            lines.append(f"Set-Cookie: {self.cookie}")
        head = "\r\n".join([*lines, "", ""]).encode()
        return head if request and request.method == "HEAD" else head + self.body


def _pairs(text: str) -> dict[str, str]:
    try:
        return dict(parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=200))
    except ValueError as error:
        raise BadRequest(400, f"form: {error}") from None


async def _line(reader: asyncio.StreamReader) -> str:
    try:
        line = await reader.readuntil(b"\n")
    except asyncio.IncompleteReadError as error:
        raise BadRequest(400, "cut short") if error.partial else EOFError from None
    except asyncio.LimitOverrunError:
        raise BadRequest(414, "line too long") from None
    if len(line) > LINE_LIMIT:
        raise BadRequest(414, "line too long")
    try:
        return line.decode("latin-1").rstrip("\r\n")
    except UnicodeDecodeError:
        raise BadRequest(400, "not text") from None


async def _headers(reader: asyncio.StreamReader) -> dict[str, str]:
    headers: dict[str, str] = {}
    size = 0
    while line := await _line(reader):
        size += len(line)
        if size > HEADER_LIMIT:
            raise BadRequest(431, "headers too large")
        name, colon, value = line.partition(":")
        if not colon or not name or name != name.strip():
            raise BadRequest(400, f"header {line[:60]!r}")
        headers[name.lower()] = value.strip()
    return headers


async def _form(reader: asyncio.StreamReader, headers: dict[str, str]) -> dict[str, str]:
    if "transfer-encoding" in headers:
        raise BadRequest(501, "chunked body")
    length = headers.get("content-length", "0")
    if not length.isdecimal() or not length.isascii():
        raise BadRequest(400, f"Content-Length {length[:20]!r}")
    if int(length) > BODY_LIMIT:
        raise BadRequest(413, f"{length} bytes of body")
    try:
        body = await reader.readexactly(int(length))
    except asyncio.IncompleteReadError:
        raise BadRequest(400, "body cut short") from None
    kind = headers.get("content-type", "application/x-www-form-urlencoded").partition(";")[0].strip().lower()
    if kind == "multipart/form-data":
        return _parts(headers["content-type"], body)
    return _pairs(body.decode("latin-1")) if kind == "application/x-www-form-urlencoded" else {}


def _parts(content_type: str, body: bytes) -> dict[str, str]:
    """The fields of a form with files in it; a file counts as its text."""
    message = message_from_bytes(f"Content-Type: {content_type}\r\n\r\n".encode("latin-1") + body)
    found: dict[str, str] = {}
    for part in message.get_payload() if message.is_multipart() else []:
        assert isinstance(part, Message)
        name, content = part.get_param("name", header="content-disposition"), part.get_payload(decode=True)
        if isinstance(name, str) and isinstance(content, bytes):
            found[name] = content.decode("utf-8", errors="replace")
    return found


async def read_request(reader: asyncio.StreamReader, client: str) -> Request:
    """Reads one request; BadRequest for other data, EOFError if the client sent nothing."""
    line = await _line(reader)
    parts = line.split(" ")
    if len(parts) != 3 or parts[2] not in ("HTTP/1.0", "HTTP/1.1"):
        raise BadRequest(400, f"request line {line[:60]!r}")
    method, target, version = parts
    headers = await _headers(reader)
    if method not in ("GET", "HEAD", "POST"):
        raise BadRequest(501, f"method {method[:20]!r}")
    if not target.startswith("/"):
        raise BadRequest(400, f"target {target[:60]!r}")
    path, _, query = target.partition("?")
    form = await _form(reader, headers) if method == "POST" else {}
    return Request(method, unquote(path), _pairs(query), headers, form, client, version)
