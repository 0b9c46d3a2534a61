"""Bodies: the session description in a message, alone or as a part of a multipart one (RFC 5621)."""

from __future__ import annotations

import re

from rigs.standin.sip import sdp
from rigs.standin.sip.message import Message
from rigs.standin.sip.reader import decode
from rigs.standin.sip.values import read_params, split_outside, unquote

ACCEPTED = (sdp.CONTENT_TYPE, "multipart/mixed")
NESTING = 3


class Unsupported(Exception):
    """A body that must be understood and is not: 415, with the header that says what would be."""

    def __init__(self, header: str, value: str) -> None:
        super().__init__(f"body not understood; {header}: {value}")
        self.header = header
        self.value = value


def session_body(message: Message) -> bytes:
    """The session description that a message carries, empty if it has none.

    A part (or a body) marked handling=optional may be anything. Raises Unsupported.
    """
    encodings = message.headers.tokens("Content-Encoding") - {"identity", ""}
    if message.body and encodings:
        raise Unsupported("Accept-Encoding", "identity")
    return _session(_fields(message), message.body, NESTING)


def _fields(message: Message) -> dict[str, str]:
    return {name: message.headers.get(name) or "" for name in ("content-type", "content-disposition")}


def _session(fields: dict[str, str], body: bytes, depth: int) -> bytes:
    if not body.strip(b"\r\n"):
        return b""
    kind, *params = split_outside(fields.get("content-type", ""), ";")
    kind = kind.lower()
    if kind == sdp.CONTENT_TYPE and "session" in _disposition(fields):
        return body
    if kind in ("multipart/mixed", "multipart/alternative", "multipart/related") and depth:
        found = [_session(part, content, depth - 1) for part, content in _parts(read_params(params), body)]
        return next((one for one in found if one), b"")
    if "optional" in _disposition(fields):
        return b""
    raise Unsupported("Accept", ", ".join(ACCEPTED))


def _disposition(fields: dict[str, str]) -> tuple[str, str]:
    """What a body is for (session where nothing is said of SDP) and whether it must be understood."""
    use, *params = split_outside(fields.get("content-disposition", ""), ";")
    handling = unquote(read_params(params).get("handling") or "required").lower()
    return use.lower() or "session", handling


def _parts(params: dict[str, str | None], body: bytes) -> list[tuple[dict[str, str], bytes]]:
    """Each part's header fields and content; a multipart without a boundary has none."""
    boundary = unquote(params.get("boundary") or "").encode("utf-8", errors="surrogateescape")
    if not boundary:
        return []
    marks = re.split(rb"(?:\A|\r?\n)--" + re.escape(boundary) + rb"(--)?[ \t]*(?=\r?\n|\Z)", body)
    found: list[tuple[dict[str, str], bytes]] = []
    for closing, chunk in zip(marks[1::2], marks[2::2], strict=True):
        if closing:
            break
        head, _, content = _halves(chunk)
        fields: dict[str, str] = {}
        for line in re.sub(rb"\r?\n[ \t]+", b" ", head).splitlines():
            name, colon, value = decode(line).partition(":")
            if colon:
                fields[{"c": "content-type"}.get(name.strip().lower(), name.strip().lower())] = value.strip()
        found.append((fields, content))
    return found


def _halves(chunk: bytes) -> tuple[bytes, bytes, bytes]:
    """Header fields and content of a part; one that begins with an empty line has no header fields."""
    text = chunk.removeprefix(b"\r\n").removeprefix(b"\n") if chunk[:1] in (b"\r", b"\n") else chunk
    if text[:1] == b"\n" or text[:2] == b"\r\n":
        return b"", b"", text.removeprefix(b"\r").removeprefix(b"\n")
    found = re.search(rb"\r?\n\r?\n", text)
    return (text[: found.start()], b"", text[found.end() :]) if found else (text, b"", b"")


def attach(message: Message, body: bytes, content_type: str) -> None:
    """Give a message this body and say what it is; an empty body has no type."""
    message.body = body
    message.headers.remove("Content-Type")
    if body:
        message.headers.add("Content-Type", content_type)
