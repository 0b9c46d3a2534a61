"""Finds the session description in a message body: alone, or as a part of several (RFC 2046, RFC 5621)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from harness.capture import headers

_DEEPEST = 4


def sdp_of(content_type: str, body: bytes) -> str | None:
    """The text of the first session description in a body; None when it has none."""
    found = (content for kind, content in parts(content_type, body) if kind == "application/sdp")
    return next((headers.decoded_lines(content) for content in found), None)


def parts(content_type: str, body: bytes, depth: int = 0) -> Iterator[tuple[str, bytes]]:
    """Media type, in lower case, and content of each part of a body that holds no further parts."""
    kind, _, rest = content_type.partition(";")
    kind = kind.strip(" \t").lower()
    if not kind.startswith("multipart/") or depth >= _DEEPEST:
        yield kind, body
        return
    boundary = headers.parameters(rest).get("boundary", "").encode()
    if not boundary:
        return
    pieces = re.split(rb"(?:^|\r?\n)--" + re.escape(boundary) + rb"(--)?[ \t]*(?:\r?\n|$)", body)
    for piece, closing in zip(pieces[2::2], pieces[1::2], strict=False):
        if closing:
            return
        inner, content = _part(piece)
        yield from parts(inner, content, depth + 1)


def _part(piece: bytes) -> tuple[str, bytes]:
    """Content-Type and content of one part; a part without headers begins with an empty line and is plain text."""
    if piece.startswith((b"\r\n", b"\n")):
        return "text/plain", piece.lstrip(b"\r").removeprefix(b"\n")
    lines, content = headers.split_lines(piece)
    for line in lines:
        name, _, value = line.partition(":")
        if headers.full_name(name) == "content-type":
            return value, content
    return "text/plain", content
