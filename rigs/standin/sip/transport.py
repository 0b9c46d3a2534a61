"""Sockets of the user agent: UDP and TCP, IPv4 and IPv6, one local port for all (RFC 3261 section 18).

A `Target` says where a message goes; a `Source` where one came from and how its answer gets back there.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable
from dataclasses import dataclass

from rigs.standin.sip.message import Message, Request
from rigs.standin.sip.ports import Unreachable, bind_all
from rigs.standin.sip.reader import BadMessage, StreamReader, read_datagram
from rigs.standin.sip.values import ValueSyntaxError, Via, split_outside

UDP, TCP = "UDP", "TCP"
CONNECT_TIMEOUT = 5.0
"""Seconds a TCP connection may take before the target counts as unreachable."""


@dataclass(frozen=True)
class Target:
    """Where to send: transport, numeric host (IPv6 may carry a zone), port."""

    transport: str
    host: str
    port: int

    @property
    def family(self) -> socket.AddressFamily:
        return socket.AF_INET6 if ":" in self.host else socket.AF_INET

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.transport.lower()}:{host}:{self.port}"


@dataclass(frozen=True)
class Source:
    """Where a message came from; on TCP with the connection that its responses must take."""

    target: Target
    connection: Connection | None = None


class Connection(asyncio.Protocol):
    """One TCP connection, ours or the peer's."""

    def __init__(self, owner: Transport) -> None:
        self._owner = owner
        self._reader = StreamReader()
        self._pipe: asyncio.Transport | None = None
        self.peer = Target(TCP, "", 0)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._pipe = transport
        host, port = transport.get_extra_info("peername")[:2]
        self.peer = Target(TCP, _plain(host), port)
        self._owner.connected(self, transport.get_extra_info("socket"))

    def data_received(self, data: bytes) -> None:
        pinged = data == b"\r\n\r\n"
        for found in self._reader.feed(data):
            self._owner.received(found, Source(self.peer, self))
            if isinstance(found, BadMessage) and found.fatal:
                self.close()
                return
        if pinged:
            self.send(b"\r\n")

    def connection_lost(self, exc: Exception | None) -> None:
        self._owner.disconnected(self)

    def send(self, data: bytes) -> None:
        if self._pipe is None or self._pipe.is_closing():
            raise Unreachable(f"connection to {self.peer} is closed")
        self._pipe.write(data)

    def close(self) -> None:
        if self._pipe is not None:
            self._pipe.close()

    @property
    def open(self) -> bool:
        return self._pipe is not None and not self._pipe.is_closing()


class _Datagrams(asyncio.DatagramProtocol):
    """One UDP socket."""

    def __init__(self, owner: Transport) -> None:
        self._owner = owner

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        source = Source(Target(UDP, _plain(addr[0]), addr[1]))
        try:
            message = read_datagram(data)
        except BadMessage as bad:
            self._owner.received(bad, source)
            return
        if message is not None:
            self._owner.received(message, source)


def _plain(host: str) -> str:
    return host.removeprefix("::ffff:")


class Transport:
    """All sockets of one user agent on one port number.

    `on_message(message, source)` gets what could be read, `on_garbage(bad, source)` what could not,
    `on_broken(target)` the far end of each TCP connection that ended.
    """

    def __init__(
        self,
        on_message: Callable[[Message, Source], None],
        on_garbage: Callable[[BadMessage, Source], None],
        on_broken: Callable[[Target], None] = lambda target: None,
    ) -> None:
        self._on_message = on_message
        self._on_garbage = on_garbage
        self._on_broken = on_broken
        self._udp: dict[socket.AddressFamily, asyncio.DatagramTransport] = {}
        self._servers: list[asyncio.Server] = []
        self._connections: list[Connection] = []
        self._connecting: dict[Target, asyncio.Task[Connection]] = {}
        self._tos = 0
        self.port = 0

    async def start(self, port: int, tos: int) -> None:
        """Binds UDP and TCP of both families to `port`, 0 for an ephemeral one; Unreachable if it is taken."""
        self._tos = tos
        bound = bind_all(port)
        self.port = bound[0].getsockname()[1]
        loop = asyncio.get_running_loop()
        for bare in bound:
            self._mark(bare)
            if bare.type == socket.SOCK_DGRAM:
                endpoint, _ = await loop.create_datagram_endpoint(lambda: _Datagrams(self), sock=bare)
                self._udp[bare.family] = endpoint
            else:
                self._servers.append(await loop.create_server(lambda: Connection(self), sock=bare))

    async def stop(self) -> None:
        """Closes every socket."""
        for task in self._connecting.values():
            task.cancel()
        for server in self._servers:
            server.close()
        for connection in tuple(self._connections):
            connection.close()
        for endpoint in self._udp.values():
            endpoint.close()
        self._udp.clear()
        self._servers.clear()

    def set_tos(self, tos: int) -> None:
        """Marks all sockets, open ones too, with a new TOS byte."""
        self._tos = tos
        sockets = [e.get_extra_info("socket") for e in self._udp.values()]
        sockets += [s for server in self._servers for s in server.sockets]
        sockets += [c._pipe.get_extra_info("socket") for c in self._connections if c._pipe is not None]
        for bare in sockets:
            self._mark(bare)

    async def send(self, data: bytes, target: Target) -> None:
        """Sends a request or a keep-alive; on TCP over an open connection to that place, else a new one."""
        if target.transport == UDP:
            self.send_datagram(data, target)
            return
        (await self._connection(target)).send(data)

    def send_datagram(self, data: bytes, target: Target) -> None:
        """Sends over UDP; Unreachable if the own stack refuses."""
        endpoint = self._udp.get(target.family)
        if endpoint is None:
            raise Unreachable(f"no socket for {target}")
        host, _, zone = target.host.partition("%")
        if target.family == socket.AF_INET6:
            scope = socket.if_nametoindex(zone) if zone else 0
            endpoint.sendto(data, (host, target.port, 0, scope))
        else:
            endpoint.sendto(data, (host, target.port))

    async def respond(self, data: bytes, source: Source, via: Via) -> None:
        """Sends a response where RFC 3261 section 18.2.2 and RFC 3581 want it."""
        if source.connection is not None and source.connection.open:
            source.connection.send(data)
        else:
            await self.send(data, response_target(source, via))

    def connected(self, connection: Connection, bare: socket.socket) -> None:
        """Told by each new connection."""
        self._mark(bare)
        self._connections.append(connection)

    def disconnected(self, connection: Connection) -> None:
        """Told by each connection that ended."""
        if connection in self._connections:
            self._connections.remove(connection)
        self._on_broken(connection.peer)

    def received(self, found: Message | BadMessage, source: Source) -> None:
        """Told by sockets and connections; adds received and rport to the topmost Via of requests."""
        request = found.request if isinstance(found, BadMessage) else found
        if isinstance(request, Request):
            stamp_via(request, source.target)
        if isinstance(found, BadMessage):
            self._on_garbage(found, source)
        else:
            self._on_message(found, source)

    async def _connection(self, target: Target) -> Connection:
        for connection in self._connections:
            if connection.peer == target and connection.open:
                return connection
        if target not in self._connecting:
            task = asyncio.get_running_loop().create_task(self._connect(target))
            self._connecting[target] = task
            task.add_done_callback(lambda _: self._connecting.pop(target, None))
        return await asyncio.shield(self._connecting[target])

    async def _connect(self, target: Target) -> Connection:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT):
                _, connection = await loop.create_connection(lambda: Connection(self), target.host, target.port)
        except (OSError, TimeoutError) as failed:
            raise Unreachable(f"no connection to {target}: {str(failed) or 'time-out'}") from None
        return connection

    def _mark(self, bare: socket.socket) -> None:
        with contextlib.suppress(OSError):
            if bare.family == socket.AF_INET6:
                bare.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_TCLASS, self._tos)
            else:
                bare.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, self._tos)


def stamp_via(request: Request, sender: Target) -> None:
    """Writes `received` and `rport` into the topmost Via where RFC 3261 section 18.2.1 and RFC 3581 ask for them."""
    for index, (name, line) in enumerate(request.headers.lines):
        if name.lower() not in ("via", "v"):
            continue
        first, *rest = split_outside(line, ",")
        try:
            via = Via.parse(first)
        except ValueSyntaxError:
            return
        params = dict(via.params)
        host = sender.host.partition("%")[0]
        if "rport" in params and params["rport"] is None:
            params["rport"] = str(sender.port)
            params["received"] = host
        elif via.host != host:
            params["received"] = host
        stamped = str(Via(via.transport, via.host, via.port, params))
        request.headers.lines[index] = (name, ", ".join([stamped, *rest]))
        return


def response_target(source: Source, via: Via) -> Target:
    """Where a response goes without a connection: maddr, else received with rport, else the port of sent-by."""
    host = via.params.get("maddr") or via.params.get("received") or source.target.host
    if host == source.target.host.partition("%")[0]:
        host = source.target.host
    rport = via.params.get("rport") or ""
    if source.target.transport == UDP and rport.isdigit() and not via.params.get("maddr"):
        return Target(UDP, host, int(rport) & 0xFFFF)
    return Target(source.target.transport, host, via.port or 5060)
