"""UDP and TCP, IPv4 and IPv6: framing, the flow that a message came by, and how one is sent."""

from __future__ import annotations

import asyncio
import functools
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

LONGEST_HEAD = 65536
"""Octets without an end of headers after which a connection is no SIP and is closed."""
PING, PONG = b"\r\n\r\n", b"\r\n"
"""The keep-alive of RFC 5626 section 3.5.1."""
_LENGTH = re.compile(rb"^(?:content-length|l)[ \t]*:[ \t]*(\d+)", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True)
class Flow:
    """A transport, an own address and a far one: where a message came from, or where one goes."""

    transport: str
    local: str
    host: str
    port: int

    @property
    def reliable(self) -> bool:
        """Whether the transport repeats what was lost."""
        return self.transport != "udp"


Receive = Callable[[bytes, Flow], None]
Unreachable = Callable[[Flow], None]


class Transports:
    """All sockets of the server; `receive` gets each message, `unreachable` each flow that cannot be opened."""

    def __init__(self, receive: Receive, unreachable: Unreachable) -> None:
        self.receive = receive
        self.unreachable = unreachable
        self.hosts: tuple[str, ...] = ()
        self.port = 0
        self._datagrams: dict[str, asyncio.DatagramTransport] = {}
        self._streams: dict[Flow, Stream] = {}
        self._opening: dict[Flow, list[bytes]] = {}
        self._servers: list[asyncio.Server] = []
        self._tasks: set[asyncio.Task[None]] = set()

    async def listen(self, hosts: tuple[str, ...], port: int) -> None:
        """Take all addresses; raises OSError where one cannot be had."""
        self.hosts, self.port = hosts, port
        loop = asyncio.get_running_loop()
        for host in hosts:
            transport, _ = await loop.create_datagram_endpoint(
                functools.partial(Datagrams, self, host), local_addr=(host, port)
            )
            self._datagrams[host] = transport
            self._servers.append(await loop.create_server(lambda: Stream(self), host, port))

    def close(self) -> None:
        """Close every socket."""
        for server in self._servers:
            server.close()
        for transport in (*self._datagrams.values(), *(stream.transport for stream in self._streams.values())):
            transport.close()

    def local_for(self, host: str) -> str:
        """The own address of the family of a far one."""
        return next((own for own in self.hosts if (":" in own) == (":" in host)), self.hosts[0])

    def send(self, data: bytes, flow: Flow) -> None:
        """Send octets; a connection is opened where none stands."""
        if flow.transport == "udp":
            socket = self._datagrams.get(flow.local) or self._datagrams[self.local_for(flow.host)]
            socket.sendto(data, (flow.host, flow.port))
        elif flow in self._streams:
            self._streams[flow].transport.write(data)
        elif flow in self._opening:
            self._opening[flow].append(data)
        else:
            self._opening[flow] = [data]
            task = asyncio.get_running_loop().create_task(self._open(flow))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def stands(self, flow: Flow) -> bool:
        """Whether something can be sent on this flow without opening a connection."""
        return flow.transport == "udp" or flow in self._streams

    def opened(self, flow: Flow, stream: Stream) -> None:
        """A connection stands, from either side."""
        self._streams[flow] = stream

    def closed(self, flow: Flow) -> None:
        """A connection has ended."""
        self._streams.pop(flow, None)

    async def _open(self, flow: Flow) -> None:
        loop = asyncio.get_running_loop()
        try:
            await loop.create_connection(lambda: Stream(self), flow.host, flow.port, local_addr=(flow.local, 0))
        except OSError:
            del self._opening[flow]
            self.unreachable(flow)
            return
        for data in self._opening.pop(flow):
            self.send(data, flow)


class Datagrams(asyncio.DatagramProtocol):
    """One UDP socket."""

    def __init__(self, owner: Transports, local: str) -> None:
        self._owner = owner
        self._local = local

    def datagram_received(self, data: bytes, addr: tuple[str | Any, int]) -> None:
        """A datagram is a message; one of CR LF alone keeps a path open and is answered by nothing."""
        if data.strip(b"\r\n\x00"):
            self._owner.receive(data, Flow("udp", self._local, str(addr[0]), addr[1]))


class Stream(asyncio.Protocol):
    """One TCP connection."""

    def __init__(self, owner: Transports) -> None:
        self._owner = owner
        self._data = b""
        self.transport: asyncio.Transport
        self.flow: Flow

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember the flow."""
        self.transport = cast(asyncio.Transport, transport)
        far, own = transport.get_extra_info("peername"), transport.get_extra_info("sockname")
        self.flow = Flow("tcp", own[0], far[0], far[1])
        self._owner.opened(self.flow, self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the flow."""
        self._owner.closed(self.flow)

    def data_received(self, data: bytes) -> None:
        """Cut the stream into messages by Content-Length (RFC 3261 section 18.3)."""
        self._data += data
        while self._data:
            if self._data.startswith(PING):
                self.transport.write(PONG)
                self._data = self._data[len(PING) :]
                continue
            if self._data in (b"\r", b"\r\n", b"\r\n\r"):
                return  # the beginning of a ping, or an end of line between messages
            self._data = self._data.lstrip(b"\r\n")
            head, ended, rest = self._data.partition(b"\r\n\r\n")
            if not ended:
                if len(self._data) > LONGEST_HEAD:
                    self.transport.close()
                return
            length = _LENGTH.search(head)
            body = int(length[1]) if length else 0
            if len(rest) < body:
                return
            self._data = rest[body:]
            self._owner.receive(head + ended + rest[:body], self.flow)
