"""What the base asks for by HTTP, each request with its answer, and the addresses that lists and DHCP name."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from harness.rules.acts import TEXT, Act
from harness.rules.documents import Document, read

if TYPE_CHECKING:
    from harness.capture.messages import HttpMessage
    from harness.rules.evidence import Evidence

PLACEHOLDER = re.compile(r"\{mac\}|%7bmac%7d", re.IGNORECASE)
"""The placeholder for the base's MAC in addresses, plain or URL-encoded."""


@dataclass(frozen=True)
class Fetch:
    """A GET of the base with the answer to it, None while there is none; `served` is the server's document for it."""

    request: HttpMessage
    answer: HttpMessage | None = None
    served: bytes = b""

    @property
    def at(self) -> float:
        """The time of the request."""
        return self.request.at

    @property
    def document(self) -> bytes:
        """The body of the answer: from its packet if it is complete there, else as served; may be empty."""
        answer = self.answer
        if answer is None or answer.status != 200:
            return b""
        length = next(iter(answer.header("content-length")), "")
        if length == str(len(answer.body)):
            return answer.body
        return self.served if not length or length == str(len(self.served)) else b""

    @cached_property
    def content(self) -> Document | None:
        """The parsed document; None for another format."""
        return read(self.document)


def gets_of(evidence: Evidence) -> list[Fetch]:
    """All GETs of the base in order; an answer comes on the connection of its request."""
    asked: list[HttpMessage] = []
    waiting: dict[tuple[str, int, str, int], int] = {}
    answers: dict[int, HttpMessage] = {}
    for message in evidence.http:
        if message.method:
            if message.method == "GET" and evidence.is_base(message.src):
                waiting[message.src, message.sport, message.dst, message.dport] = len(asked)
                asked.append(message)
        elif (place := waiting.pop((message.dst, message.dport, message.src, message.sport), None)) is not None:
            answers[place] = message
    served = Served(evidence)
    return [Fetch(m, answers.get(place), served.at(m)) for place, m in enumerate(asked)]


class Served:
    """The documents under each path of the harness's own server, by its acts; empty in a foreign trace."""

    def __init__(self, evidence: Evidence) -> None:
        self._by_path: dict[str, list[Act]] = {}
        for act in evidence.acts_of("document"):
            self._by_path.setdefault(act.detail.get("path", ""), []).append(act)

    def at(self, request: HttpMessage) -> bytes:
        """The document for a request."""
        told = self._by_path.get(request.uri) or self._by_path.get(request.uri.partition("?")[0], [])
        before = bisect_right(told, request.at, key=lambda act: act.at)
        return told[before - 1].detail.get(TEXT, "").encode() if before else b""


@dataclass(frozen=True)
class Address:
    """An address named by a document or DHCP: host, path and query; without `exact` a MAC may be in either case."""

    scheme: str
    host: str
    path: str
    exact: bool = True

    def __str__(self) -> str:
        return f"{self.scheme}://{self.host}{self.path}"

    def is_of(self, request: HttpMessage) -> bool:
        """Whether a request is for it, at any host."""
        return request.uri == self.path or (not self.exact and request.uri.lower() == self.path.lower())


def address_of(url: str, macs: Collection[str]) -> Address | None:
    """An absolute URL with the MAC filled in; None if it is not an absolute URL or the MAC is not known."""
    has_mac = PLACEHOLDER.search(url) is not None
    if has_mac and len(macs) != 1:
        return None
    expanded = PLACEHOLDER.sub(digits_of(macs), url) if has_mac else url
    try:
        parts = urlsplit(expanded)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return None
    if not parts.scheme or not host:
        return None
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Address(parts.scheme, host if port in (None, 80) else f"{host}:{port}", path, not has_mac)


def digits_of(macs: Collection[str]) -> str:
    """The twelve upper-case digits of the one MAC."""
    return next(iter(macs), "").replace(":", "").upper()
