"""The base's resolver: asks the servers DHCP named, keeps answers as long as they last, shows its cache.

Kept apart from the host's resolver, because the cache with its durations is on the status page (facts 4.3).
"""

from __future__ import annotations

import asyncio
import ipaddress
import math
import secrets
import struct
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from rigs.standin.base import dnsmessage
from rigs.standin.base.dnsmessage import Answer, Pointer, Record, Service

if TYPE_CHECKING:
    from rigs.standin.base.device import Device

__all__ = ["Pointer", "Record", "ResolveFailed", "Resolver", "Service"]

TRY_SECONDS = 1.0
ROUNDS = 3
NEGATIVE_SECONDS = 60
FAMILIES = ("A", "AAAA")
"""Both are asked for, as the presentation's cache holds AAAA for IPv4 names too."""


class ResolveFailed(OSError):
    """No server answered, or the answer was a failure; a name that does not exist is an empty answer instead."""


@dataclass
class _Cached:
    records: tuple[Record, ...]
    until: float


class Resolver:
    """Answers by name and type from cache or network; a component so that its tasks end with the base."""

    def __init__(self, device: Device) -> None:
        self._device = device
        self._cache: dict[tuple[str, str], _Cached] = {}

    async def start(self) -> None:
        """Nothing to open: a socket a question, with a port of its own."""

    async def stop(self) -> None:
        """Forgets the cache."""
        self._cache.clear()

    async def addresses(self, host: str) -> list[str]:
        """The addresses of a host, IPv4 first; a literal (brackets allowed) is its own answer.

        ResolveFailed if neither family could be asked for; empty if the name has no address.
        """
        literal = host.strip("[]")
        try:
            ipaddress.ip_address(literal.partition("%")[0])
        except ValueError:
            pass
        else:
            return [literal]
        answers = await asyncio.gather(*(self.of_family(host, kind) for kind in FAMILIES), return_exceptions=True)
        found: list[str] = []
        failures: list[ResolveFailed] = []
        for answer in answers:
            if isinstance(answer, ResolveFailed):
                failures.append(answer)
            elif isinstance(answer, BaseException):
                raise answer
            else:
                found += answer
        if not found and failures:
            raise failures[0]
        return found

    async def of_family(self, host: str, kind: str) -> list[str]:
        """The addresses of a host in one family, A or AAAA; ResolveFailed if it could not be asked for."""
        return [str(record.value) for record in await self.query(host, kind)]

    async def query(self, name: str, kind: str) -> list[Record]:
        """The records of one type (A, AAAA, SRV, NAPTR), CNAMEs followed; empty if there are none."""
        name = name.rstrip(".").lower()
        if "." not in name and self._device.network.domain:
            name = f"{name}.{self._device.network.domain}"
        for _ in range(8):
            known = await self._lookup(name, kind)
            wanted = [record for record in known if record.type == kind]
            alias = next((str(record.value) for record in known if record.type == "CNAME"), None)
            if wanted or alias is None:
                return wanted
            name = alias
        raise ResolveFailed(f"{name}: aliases without end")

    def rows(self) -> list[tuple[str, str, str, int]]:
        """The cache for the status page: type, address, value (empty for a negative entry), seconds left."""
        now = time.monotonic()
        rows: list[tuple[str, str, str, int]] = []
        for (name, kind), cached in sorted(self._cache.items(), key=lambda item: (item[0][1], item[0][0])):
            left = int(cached.until - now)
            if left <= 0:
                continue
            values = [f"[{r.value}]" if r.type == "AAAA" else str(r.value) for r in cached.records] or [""]
            rows += [(kind, name, value, left) for value in values]
        return rows

    async def _lookup(self, name: str, kind: str) -> tuple[Record, ...]:
        now = time.monotonic()
        for cached_kind in (kind, "CNAME"):
            cached = self._cache.get((name, cached_kind))
            if cached and cached.until > now:
                left = math.ceil(cached.until - now)
                return tuple(replace(record, ttl=left) for record in cached.records)
        answer = await self._ask(name, kind)
        if answer.code not in {0, 3}:
            raise ResolveFailed(f"{name} {kind}: server failure {answer.code}")
        self.keep(name, kind, answer)
        self._device.log.write("dns", 6, f"{kind} {name}: {', '.join(str(r.value) for r in answer.records) or 'none'}")
        chain = {name} | {str(r.value) for r in answer.records if r.type == "CNAME"}
        own = tuple(r for r in answer.records if r.type == kind and r.name in chain)
        return own or tuple(r for r in answer.records if r.type == "CNAME" and r.name == name)

    def keep(self, name: str, kind: str, answer: Answer) -> None:
        """Takes an answer into the cache, for as long as its records say."""
        now = time.monotonic()
        groups: dict[tuple[str, str], list[Record]] = {}
        for record in answer.records:
            groups.setdefault((record.name, record.type), []).append(record)
        for key, records in groups.items():
            self._cache[key] = _Cached(tuple(records), now + min(r.ttl for r in records))
        if not groups:
            self._cache[(name, kind)] = _Cached((), now + (answer.negative_ttl or NEGATIVE_SECONDS))

    async def _ask(self, name: str, kind: str) -> Answer:
        servers = self._device.network.dns
        if not servers:
            raise ResolveFailed(f"{name}: no DNS server is known")
        for _ in range(ROUNDS):
            for server in servers:
                try:
                    return await self._ask_server(server, name, kind)
                except (TimeoutError, OSError) as error:
                    self._device.log.write(
                        "dns", 3, f"{kind} {name}: {server} did not answer ({str(error) or 'time-out'})"
                    )
        raise ResolveFailed(f"{name}: no answer from {', '.join(servers)}")

    async def _ask_server(self, server: str, name: str, kind: str) -> Answer:
        ident = secrets.randbelow(0x10000)
        try:
            message = dnsmessage.question(ident, name, kind)
        except ValueError as error:
            raise ResolveFailed(str(error)) from error
        answer = await self.exchange(server, ident, message)
        return await self._ask_by_tcp(server, message) if answer.truncated else answer

    async def exchange(self, server: str, ident: int, message: bytes) -> Answer:
        """One question and its answer by UDP. Raises OSError."""
        loop = asyncio.get_running_loop()
        exchange = _Exchange(ident)
        transport, _ = await loop.create_datagram_endpoint(lambda: exchange, remote_addr=(server, 53))
        try:
            transport.sendto(message)
            return await asyncio.wait_for(exchange.answer, TRY_SECONDS)
        finally:
            transport.close()

    async def _ask_by_tcp(self, server: str, message: bytes) -> Answer:
        async with asyncio.timeout(2 * TRY_SECONDS):
            reader, writer = await asyncio.open_connection(server, 53)
            try:
                writer.write(struct.pack("!H", len(message)) + message)
                size = struct.unpack("!H", await reader.readexactly(2))[0]
                return dnsmessage.parse(await reader.readexactly(size))
            except (dnsmessage.MalformedMessage, asyncio.IncompleteReadError) as error:
                raise ResolveFailed(str(error)) from error
            finally:
                writer.close()


class _Exchange(asyncio.DatagramProtocol):
    """One question's socket: the first well-formed response with the right id is the answer."""

    def __init__(self, ident: int) -> None:
        self._ident = ident
        self.answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        try:
            answer = dnsmessage.parse(data)
        except dnsmessage.MalformedMessage:
            return
        if answer.ident == self._ident and not self.answer.done():
            self.answer.set_result(answer)

    def error_received(self, exc: Exception) -> None:
        if not self.answer.done():
            self.answer.set_exception(exc)
