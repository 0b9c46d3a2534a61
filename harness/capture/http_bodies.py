"""The bodies of HTTP answers, put together, unchunked and unpacked by tshark, with what was asked for."""

from __future__ import annotations

import re
from collections import defaultdict, deque
from collections.abc import Collection

from harness.capture import tshark

_FIELDS = ("tcp.stream", "http.request.uri", "http.response.code", "http.file_data")
_HEXADECIMAL = re.compile("(?:[0-9a-f]{2})+")
_ESCAPES = {"\\n": "\n", "\\r": "\r", "\\t": "\t"}


def answers_of(capture: bytes, servers: Collection[str]) -> list[tuple[str, str]]:
    """Target and body of each answer of these servers, in order; an answer is that to the oldest open request.

    tshark tells the target in a field of the answer whose name has changed; the request has it in all versions.
    """
    ends = " or ".join(f"ip{'v6' * (':' in one)}.addr == {one}" for one in servers)
    open_requests: defaultdict[str, deque[str]] = defaultdict(deque)
    found = []
    for stream, uri, status, body in tshark.table_of(capture, _FIELDS, f"http and ({ends})"):
        if status:
            asked = open_requests[stream]
            found.append((asked.popleft() if asked else "", _text(body)))
        elif uri:
            open_requests[stream].append(uri)
    return found


def _text(body: str) -> str:
    """A body as a field table has it: text with escapes in tshark 4.0, hexadecimal digits from 4.4 on."""
    if _HEXADECIMAL.fullmatch(body):
        return bytes.fromhex(body).decode("utf-8", "replace")
    return re.sub(r"\\[nrt]", lambda escape: _ESCAPES[escape.group()], body)
