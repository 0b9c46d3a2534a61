"""Asks an LDAP server (RFC 4511): one connection for each lookup, and a time limit for all of it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from rigs.standin.directory import ber, filters
from rigs.standin.directory.ber import Malformed

VERSION = 3
WHOLE_SUBTREE, NEVER_DEREFERENCE = 2, 0
BIND, BIND_RESULT, UNBIND, SEARCH, ENTRY, SEARCH_RESULT = 0x60, 0x61, 0x42, 0x63, 0x64, 0x65
SIMPLE = 0x80
SUCCESS = 0
MOST_ENTRIES = 10_000
_READ = 65536


class DirectoryFailed(OSError):
    """No answer is to be had: `why` is a key of the handset's texts (`off`, `login`, `unreachable`)."""

    def __init__(self, why: str, text: str) -> None:
        super().__init__(text)
        self.why = why


@dataclass(frozen=True)
class Query:
    """What is asked for beside the filter."""

    base: str
    attributes: Sequence[str]
    limit: int
    seconds: int


@dataclass
class Entry:
    """One hit: its values by the attribute's name in lower case."""

    values: Mapping[str, list[str]] = field(default_factory=dict)

    def first(self, name: str) -> str:
        """The first value of an attribute; empty where it has none."""
        return next(iter(self.values.get(name.lower(), [])), "")


class Connection:
    """A connection after its bind; `close` says farewell."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._number = 0
        self._received = b""

    async def bind(self, name: str, password: str) -> int:
        """The result code of a simple bind; anonymous without a name."""
        request = ber.element(BIND, ber.integer(VERSION), ber.octets(name), ber.octets(password, SIMPLE))
        self._send(request)
        tag, content = await self._answer()
        if tag != BIND_RESULT:
            raise Malformed(f"tag {tag:#x} answers a bind")
        return ber.number(ber.several(content, 1)[0][1])

    async def search(self, query: Query, wanted: str) -> list[Entry]:
        """The entries that fit a filter, those too that came before a limit was reached; referrals are not followed."""
        attributes = ber.element(ber.SEQUENCE, *map(ber.octets, query.attributes))
        request = ber.element(
            SEARCH,
            ber.octets(query.base),
            ber.integer(WHOLE_SUBTREE, ber.ENUMERATED),
            ber.integer(NEVER_DEREFERENCE, ber.ENUMERATED),
            ber.integer(query.limit),
            ber.integer(query.seconds),
            ber.element(ber.BOOLEAN, b"\0"),
            filters.encoded(wanted),
            attributes,
        )
        self._send(request)
        found: list[Entry] = []
        while True:
            tag, content = await self._answer()
            if tag == SEARCH_RESULT:
                return found
            if tag == ENTRY and len(found) < MOST_ENTRIES:
                found.append(_entry(content))

    def close(self) -> None:
        """Unbind, and the end of the connection; nothing is waited for."""
        if not self._writer.is_closing():
            self._send(ber.element(UNBIND))
            self._writer.close()

    def _send(self, operation: bytes) -> None:
        self._number += 1
        self._writer.write(ber.element(ber.SEQUENCE, ber.integer(self._number), operation))

    async def _answer(self) -> tuple[int, bytes]:
        """The next answer to the last request: its operation's tag and content."""
        while True:
            message = await self._message()
            (_, number), operation = ber.several(ber.several(message, 1)[0][1], 2)[:2]
            if ber.number(number) == self._number:
                return operation

    async def _message(self) -> bytes:
        while True:
            size = ber.size_of(self._received)
            if size and len(self._received) >= size:
                message, self._received = self._received[:size], self._received[size:]
                return message
            more = await self._reader.read(_READ)
            if not more:
                raise DirectoryFailed("unreachable", "the server closed the connection")
            self._received += more


async def connect(address: str, port: int) -> Connection:
    """A connection without a bind. Raises OSError."""
    return Connection(*await asyncio.open_connection(address, port))


def _entry(content: bytes) -> Entry:
    values: dict[str, list[str]] = {}
    for _, one in ber.elements(ber.several(content, 2)[1][1]):
        (_, name), (_, several) = ber.several(one, 2)[:2]
        told = [value.decode("utf-8", "replace") for _, value in ber.elements(several)]
        values[name.decode("utf-8", "replace").lower()] = told
    return Entry(values)
