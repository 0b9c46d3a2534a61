"""Own reader of SIP text: framing on datagrams and streams, unfolding, tolerant decoding, limits.

What cannot be understood ends as a `BadMessage`: one line for the log, and the parts of a request that a 400 needs.
"""

from __future__ import annotations

import re

from rigs.standin.sip.message import Headers, Message, Request, Response, header_key
from rigs.standin.sip.values import ValueSyntaxError, readable

MAX_MESSAGE = 65535
MAX_HEADERS = 256
MAX_LINE = 8192

_END_OF_HEAD = re.compile(rb"\r?\n\r?\n")
_TOKEN = re.compile(r"[A-Za-z0-9\-.!%*_+`'~]+\Z")
_VERSION = re.compile(r"SIP/\d+\.\d+\Z", re.IGNORECASE)


class BadMessage(ValueError):
    """Text that is not a SIP message. `request` holds what was read of a request that can still be answered."""

    def __init__(self, text: str, *, status: int = 400, request: Request | None = None, fatal: bool = False) -> None:
        super().__init__(text)
        self.status = status
        self.request = request
        self.fatal = fatal


def decode(raw: bytes) -> str:
    """UTF-8 where it is; other bytes survive as surrogates, so that a response copies them as they came.

    `values.readable` makes text of them.
    """
    return raw.decode("utf-8", errors="surrogateescape")


def read_datagram(data: bytes) -> Message | None:
    """One message of one datagram; None for a keep-alive. Raises BadMessage."""
    stripped = data.lstrip(b"\r\n")
    if not stripped.strip(b"\x00 \r\n"):
        return None
    end = _END_OF_HEAD.search(stripped)
    head, body = (stripped[: end.start()], stripped[end.end() :]) if end else (stripped, b"")
    message = read_head(head)
    if end is None:
        raise BadMessage("no empty line after the headers", request=_answerable(message))
    length = content_length(message)
    if length is not None:
        if length > len(body):
            text = f"Content-Length {length}, but only {len(body)} bytes came"
            raise BadMessage(text, request=_answerable(message))
        body = body[:length]
    message.body = body
    check(message)
    return message


def read_head(head: bytes) -> Message:
    """Start line and headers. Raises BadMessage."""
    lines = [line.rstrip(b"\r") for line in head.split(b"\n")]
    message = _read_start(readable(decode(lines[0][:MAX_LINE])))
    trouble = _read_headers(lines[1:], message.headers)
    if trouble:
        raise BadMessage(trouble, request=_answerable(message))
    if isinstance(message, Request) and len(lines[0]) > MAX_LINE:
        raise BadMessage("start line too long", status=400, request=_answerable(message))
    return message


def _read_start(line: str) -> Message:
    words = line.split(" ")
    if len(words) >= 2 and _VERSION.match(words[0]):
        if not re.fullmatch(r"[1-6][0-9][0-9]", words[1]):
            raise BadMessage(f"status {words[1][:20]!r} is no number from 100 to 699")
        return Response(Headers(), status=int(words[1]), reason=" ".join(words[2:]))
    if len(words) < 3 or not _TOKEN.match(words[0]) or not _VERSION.match(words[-1]):
        raise BadMessage(f"no SIP start line: {line[:60]!r}")
    return Request(Headers(), method=words[0], uri=" ".join(words[1:-1]), version=words[-1])


def _read_headers(lines: list[bytes], headers: Headers) -> str:
    """Fills `headers`; returns the first trouble in words, or nothing."""
    trouble = ""
    for raw in lines:
        if raw[:1] in (b" ", b"\t"):
            if not headers.lines:
                trouble = trouble or "folded line before the first header"
                continue
            name, value = headers.lines[-1]
            headers.lines[-1] = (name, f"{value} {decode(raw).strip()}".strip())
        else:
            name, colon, value = decode(raw).partition(":")
            name = name.rstrip(" \t")
            if not colon or not _TOKEN.match(name):
                trouble = trouble or f"no header line: {decode(raw)[:60]!r}"
                continue
            headers.add(name, value.strip())
        if len(headers.lines) > MAX_HEADERS:
            return f"more than {MAX_HEADERS} header lines"
        if len(headers.lines[-1][1]) > MAX_LINE:
            name, value = headers.lines[-1]
            headers.lines[-1] = (name, value[:MAX_LINE])
            trouble = trouble or f"header {name} longer than {MAX_LINE} characters"
    return trouble


def content_length(message: Message) -> int | None:
    """The announced length of the body; None when absent. Raises BadMessage when it is no number."""
    values = {value.strip() for value in message.headers.all("Content-Length")}
    if not values:
        return None
    text = values.pop()
    if values or not (text.isascii() and text.isdigit()) or len(text) > 9:
        raise BadMessage(f"Content-Length {text[:20]!r} is no length", request=_answerable(message), fatal=True)
    return int(text)


def check(message: Message) -> None:
    """The headers without which nothing can be matched or answered. Raises BadMessage."""
    try:
        method = message.cseq.method
        _ = (message.via, message.from_, message.to, message.call_id)
    except ValueSyntaxError as wrong:
        raise BadMessage(str(wrong), request=_answerable(message)) from None
    for name in ("From", "To", "Call-ID", "CSeq"):
        if len(message.headers.all(name)) > 1:
            raise BadMessage(f"more than one {name}", request=_answerable(message))
    if not isinstance(message, Request):
        return
    if message.version.upper() != "SIP/2.0":
        text = f"version {message.version} is not SIP/2.0"
        raise BadMessage(text, status=505, request=_answerable(message))
    if method != message.method:
        text = f"method {message.method} but CSeq says {method}"
        raise BadMessage(text, request=_answerable(message))
    if not message.uri or " " in message.uri or message.uri.startswith("<"):
        raise BadMessage(f"Request-URI {message.uri[:60]!r} is none", request=_answerable(message))


def _answerable(message: Message) -> Request | None:
    """The request, if it has what a response must copy; an ACK is never answered."""
    if not isinstance(message, Request) or message.method == "ACK":
        return None
    have = {header_key(name) for name, _ in message.headers}
    return message if {"via", "from", "to", "call-id", "cseq"} <= have else None


class StreamReader:
    """Cuts a byte stream into messages by Content-Length (RFC 3261 section 18.3)."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    @property
    def pings(self) -> bool:
        """Whether the buffer holds a complete keep-alive ping, CR LF CR LF, and nothing else (RFC 5626)."""
        return bytes(self._buffer) == b"\r\n\r\n"

    def feed(self, data: bytes) -> list[Message | BadMessage]:
        """Takes bytes, gives what is now complete, good or bad; after a fatal bad one the stream is lost."""
        self._buffer += data
        found: list[Message | BadMessage] = []
        while True:
            try:
                message = self._next()
            except BadMessage as bad:
                found.append(bad)
                if bad.fatal:
                    return found
                continue
            if message is None:
                return found
            found.append(message)

    def _next(self) -> Message | None:
        if not self._buffer.strip(b"\r\n"):
            return None
        del self._buffer[: len(self._buffer) - len(self._buffer.lstrip(b"\r\n"))]
        end = _END_OF_HEAD.search(self._buffer)
        if end is None:
            if len(self._buffer) > MAX_MESSAGE:
                raise BadMessage(f"no end of headers within {MAX_MESSAGE} bytes", fatal=True)
            return None
        try:
            message = read_head(bytes(self._buffer[: end.start()]))
        except BadMessage as bad:
            bad.fatal = True
            raise
        length = content_length(message)
        if length is None or length > MAX_MESSAGE:
            text = "no Content-Length on a stream" if length is None else f"Content-Length {length} is too much"
            raise BadMessage(text, status=400 if length is None else 513, request=_answerable(message), fatal=True)
        if len(self._buffer) < end.end() + length:
            return None
        message.body = bytes(self._buffer[end.end() : end.end() + length])
        del self._buffer[: end.end() + length]
        check(message)
        return message
