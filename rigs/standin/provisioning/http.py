"""The base's HTTP client: one GET a connection, Content-Length or chunked, over TCP or TLS.

Small on purpose: it sends what the m9 sends (facts 2.2) and says of each failure what was wrong with it.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import re
import secrets
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from urllib.parse import SplitResult, quote, urljoin, urlsplit

from rigs.standin.core.strategies import Strategy

LIMIT = 16 * 1024 * 1024
"""Bytes of a body the base takes, which is its RAM for a firmware image."""

HEADER_LIMIT = 32 * 1024
TIMEOUT = 10.0
REDIRECTS = 5
PLAIN = "/:@!$&'()*+,;=-._~%?"
"""What stands in a path or query as it is (RFC 3986), and the sign of what is escaped."""
Resolve = Callable[[str], Awaitable[list[str]]]


class FetchFailed(Exception):
    """The body did not come; `answered` is False if no server answered."""

    def __init__(self, text: str, *, status: int = 0, answered: bool = True) -> None:
        super().__init__(text)
        self.status = status
        self.answered = answered


@dataclass(frozen=True)
class Response:
    """A response with its body complete; header names are lower case."""

    status: int
    headers: dict[str, str]
    body: bytes


class HttpStrategy(Strategy):
    """How HTTP is spoken."""

    def host(self, name: str) -> list[str]:
        """The lines that name the server asked: one (RFC 9112 section 3.2)."""
        return [f"Host: {name}"]

    def chunked(self, coding: str) -> bool:
        """Whether the body comes in chunks; `coding` is Transfer-Encoding."""
        return "chunked" in coding.lower()


@dataclass(frozen=True)
class Sent:
    """A request that a server has got; `server` is how it is named in words."""

    url: str
    parts: SplitResult
    server: str
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def answer(self, limit: int, speaks: HttpStrategy) -> Response:
        """Its answer, with which the connection ends; FetchFailed where none comes in time, or no HTTP."""
        try:
            async with asyncio.timeout(TIMEOUT):
                return await _read(self.reader, limit, speaks)
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError) as error:
            raise FetchFailed(f"{self.server}: {str(error) or 'stopped answering'}") from error
        finally:
            self.writer.close()


@dataclass(frozen=True)
class Client:
    """How requests are made: who we say we are, with which credentials and which trust."""

    user_agent: str
    resolve: Resolve
    username: str = ""
    password: str = ""
    trust: ssl.SSLContext | None = None
    speaks: HttpStrategy = field(default_factory=HttpStrategy)

    async def get(self, url: str, limit: int = LIMIT) -> bytes:
        """The body of a 200 after redirects; FetchFailed with what happened instead."""
        return await self.finish(await self.send(url), limit)

    async def send(self, url: str) -> Sent:
        """A request on its way; FetchFailed where no server takes it."""
        return await self._send(url, _checked(url))

    async def finish(self, sent: Sent, limit: int = LIMIT) -> bytes:
        """The body of the 200 that comes of a request, after redirects; FetchFailed with what happened instead."""
        for left in reversed(range(REDIRECTS)):
            response = await sent.answer(limit, self.speaks)
            if response.status == 401 and self.username:
                authorization = self._authorization(sent.parts, response.headers.get("www-authenticate", ""))
                sent = await self._send(sent.url, sent.parts, authorization)
                response = await sent.answer(limit, self.speaks)
            if response.status in {301, 302, 303, 307, 308} and "location" in response.headers:
                if left:
                    sent = await self.send(joined(sent.url, response.headers["location"]))
                continue
            if response.status != 200:
                raise FetchFailed(f"{sent.url}: {response.status}", status=response.status)
            return response.body
        raise FetchFailed(f"{sent.url}: redirected without end")

    async def _send(self, url: str, parts: SplitResult, authorization: str = "") -> Sent:
        host = parts.hostname or ""
        secure = parts.scheme == "https"
        port = parts.port or (443 if secure else 80)
        shown = f"[{host}]" if ":" in host else host
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        lines = [f"GET {target} HTTP/1.1"]
        lines += self.speaks.host(f"{shown}{'' if parts.port is None else f':{port}'}")
        lines += [f"User-Agent: {self.user_agent}", "Accept: */*", "Connection: close"]
        if authorization:
            lines.append(f"Authorization: {authorization}")
        request = ("\r\n".join(lines) + "\r\n\r\n").encode()
        try:
            async with asyncio.timeout(TIMEOUT):
                reader, writer = await self._connect(host, port, secure)
        except ssl.SSLCertVerificationError as error:
            raise FetchFailed(f"{shown}: certificate refused: {error.verify_message}") from error
        except (OSError, ValueError) as error:
            raise FetchFailed(f"{shown}:{port}: {str(error) or 'no answer'}", answered=False) from error
        writer.write(request)
        return Sent(url, parts, f"{shown}:{port}", reader, writer)

    async def _connect(self, host: str, port: int, secure: bool) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        addresses = await self.resolve(host)
        if not addresses:
            raise OSError(f"{host} has no address")
        trust = (self.trust or ssl.create_default_context()) if secure else None
        name = host if secure else None
        for address in addresses[:-1]:
            try:
                return await asyncio.open_connection(address, port, ssl=trust, server_hostname=name, limit=HEADER_LIMIT)
            except ConnectionError:
                continue
        return await asyncio.open_connection(addresses[-1], port, ssl=trust, server_hostname=name, limit=HEADER_LIMIT)

    def _authorization(self, parts: SplitResult, challenge: str) -> str:
        """Basic, or Digest as RFC 7616 has it for MD5 (with qop auth or without)."""
        if not challenge.lower().startswith("digest"):
            return "Basic " + base64.b64encode(f"{self.username}:{self.password}".encode()).decode()
        asked = dict(re.findall(r'(\w+)="?([^",]*)"?', challenge))
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        ha1 = _md5(f"{self.username}:{asked.get('realm', '')}:{self.password}")
        ha2 = _md5(f"GET:{target}")
        nonce = asked.get("nonce", "")
        fields = {"username": self.username, "realm": asked.get("realm", ""), "nonce": nonce, "uri": target}
        if "qop" in asked:
            cnonce = secrets.token_hex(8)
            fields["response"] = _md5(f"{ha1}:{nonce}:00000001:{cnonce}:auth:{ha2}")
            tail = f', qop=auth, nc=00000001, cnonce="{cnonce}"'
        else:
            fields["response"] = _md5(f"{ha1}:{nonce}:{ha2}")
            tail = ""
        if "opaque" in asked:
            fields["opaque"] = asked["opaque"]
        return "Digest " + ", ".join(f'{key}="{_quotable(value)}"' for key, value in fields.items()) + tail


def joined(parent: str, address: str) -> str:
    """An address that another one's file or answer names. FetchFailed for what is none."""
    try:
        return urljoin(parent, address)
    except ValueError as error:
        raise FetchFailed(f"{address[:200]!r}: {error}") from error


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def _quotable(text: str) -> str:
    """What may stand in a quoted string of a header: no control character, quotes escaped."""
    plain = "".join(char for char in text if char.isprintable())
    return plain.replace("\\", "\\\\").replace('"', '\\"')


def _checked(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        raise FetchFailed(f"{url[:200]!r}: {error}") from error
    if parts.scheme not in {"http", "https"} or not parts.hostname or not re.fullmatch(r"[!-~]+", parts.netloc):
        raise FetchFailed(f"{url[:200]!r} is no http address")
    # What a request line cannot hold is written as %HH; what is written so already stays.
    return parts._replace(path=quote(parts.path, safe=PLAIN), query=quote(parts.query, safe=PLAIN))


async def _read(reader: asyncio.StreamReader, limit: int, speaks: HttpStrategy) -> Response:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.split("\r\n")
    found = re.match(r"HTTP/\d\.\d (\d{3})", first)
    if not found:
        raise ValueError(f"no HTTP: {first[:60]!r}")
    headers = {
        name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines if line)
    }
    body = await read_body(reader, headers, limit, speaks)
    return Response(int(found[1]), headers, body)


async def read_body(reader: asyncio.StreamReader, headers: dict[str, str], limit: int, speaks: HttpStrategy) -> bytes:
    """The whole body, by its chunks, its length, or up to the end; ValueError where it is too large."""
    if speaks.chunked(headers.get("transfer-encoding", "")):
        return await _chunks(reader, limit)
    if "content-length" not in headers:
        body = await reader.read(limit + 1)
        while chunk := await reader.read(limit + 1 - len(body)):
            body += chunk
    else:
        length = int(headers["content-length"])
        if not 0 <= length <= limit:
            raise ValueError(f"a body of {length} bytes is too large")
        body = await reader.readexactly(length)
    if len(body) > limit:
        raise ValueError("the body is too large")
    return body


async def _chunks(reader: asyncio.StreamReader, limit: int) -> bytes:
    body = bytearray()
    while True:
        size = int((await reader.readuntil(b"\r\n")).split(b";")[0], 16)
        if size < 0 or len(body) + size > limit:
            raise ValueError("the body is too large")
        if size == 0:
            return bytes(body)
        body += await reader.readexactly(size)
        if await reader.readexactly(2) != b"\r\n":
            raise ValueError("a chunk without its end")
