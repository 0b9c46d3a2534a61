"""Sockets of the user agent: UDP and TCP, IPv4 and IPv6, one local port for all (RFC 3261 section 18); TLS to servers.

A `Target` says where a message goes; a `Source` where one came from and how its answer gets back there.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable
from dataclasses import dataclass, field

from rigs.standin.base.trust import Trust
from rigs.standin.core.owner import Owner
from rigs.standin.sip.message import Message, Request
from rigs.standin.sip.ports import Unreachable, bind_all, is_address, scope_of
from rigs.standin.sip.reader import BadMessage, StreamReader, read_datagram
from rigs.standin.sip.stamping import stamp_via
from rigs.standin.sip.values import Via, number

UDP, TCP, TLS = "UDP", "TCP", "TLS"
CONNECT_TIMEOUT = 5.0
"""Seconds a TCP connection may take before the target counts as unreachable."""
WAITING_DATAGRAMS = 256
"""Datagrams taken in one turn: more than wait behind a stall of the host, and no flood stops the clock."""
MAX_DATAGRAM = 65535
MOST_CONNECTIONS = 64
"""Connections that others opened; one more closes the oldest, so that none can take all files of the base."""


@dataclass(frozen=True)
class Target:
    """Where to send: transport, numeric host (IPv6 may carry a zone), port; `name` is whom a certificate must be of."""

    transport: str
    host: str
    port: int
    name: str = field(default="", compare=False)

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
    """One TCP or TLS connection, ours to the place that was `dialled`, or the peer's."""

    def __init__(self, owner: Transport, dialled: Target | None = None) -> None:
        self._owner = owner
        self.ours = dialled is not None
        self._transport = TCP if dialled is None else dialled.transport
        self._reader = StreamReader()
        self._pipe: asyncio.Transport | None = None
        self.peer = Target(TCP, "", 0)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._pipe = transport
        host, port = (transport.get_extra_info("peername") or ("", 0))[:2]  # none: it is gone already
        self.peer = Target(self._transport, _plain(host), port)
        self._owner.connected(self, transport.get_extra_info("socket"))

    def data_received(self, data: bytes) -> None:
        with self._owner.owner.minding("data of a SIP connection", self.close):
            pinged = data == b"\r\n\r\n"
            for found in self._reader.feed(data):
                self._owner.received(found, Source(self.peer, self))
                if isinstance(found, BadMessage) and found.fatal:
                    self.close()
                    return
            if pinged and self.open:
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


class _Datagrams:
    """One UDP socket, read here and not by asyncio's transport: that reads one datagram in a turn of its loop, and
    closes the socket for good where the system refuses an address."""

    def __init__(self, owner: Transport, bare: socket.socket) -> None:
        self._owner = owner
        self.bare = bare
        asyncio.get_running_loop().add_reader(bare, self._readable)

    def send(self, data: bytes, address: tuple[str, int] | tuple[str, int, int, int]) -> None:
        """Sends one; a full wire loses it. Unreachable if the own stack refuses."""
        try:
            self.bare.sendto(data, address)
        except BlockingIOError:
            return
        except (OSError, ValueError, OverflowError) as refused:
            raise Unreachable(f"{address[0]!r} port {address[1]}: {refused}") from None

    def close(self) -> None:
        asyncio.get_running_loop().remove_reader(self.bare)
        self.bare.close()

    def _readable(self) -> None:
        """Takes all that waits, before a timer of the same turn can believe that no answer came."""
        for _ in range(WAITING_DATAGRAMS):
            try:
                data, address = self.bare.recvfrom(MAX_DATAGRAM)
            except OSError:  # none is left, or an ICMP error of one that was sent
                return
            self.received(data, address)
            if self.bare.fileno() < 0:  # what was received closed it
                return

    def received(self, data: bytes, address: tuple[str, int]) -> None:
        """Passes one datagram on."""
        source = Source(Target(UDP, _plain(address[0]), address[1]))
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
    `on_broken(target)` the far end of each connection that ended. Without `trust` no server is reached by TLS.
    """

    def __init__(
        self,
        on_message: Callable[[Message, Source], None],
        on_garbage: Callable[[BadMessage, Source], None],
        on_broken: Callable[[Target], None] = lambda target: None,
        owner: Owner | None = None,
        trust: Trust | None = None,
    ) -> None:
        self.owner = owner or Owner(lambda text: None)
        self._trust = trust
        self._on_message = on_message
        self._on_garbage = on_garbage
        self._on_broken = on_broken
        self._udp: dict[socket.AddressFamily, _Datagrams] = {}
        self._servers: list[asyncio.Server] = []
        self._connections: list[Connection] = []
        self._connecting: dict[Target, asyncio.Future[Connection]] = {}
        self._dialling: set[asyncio.Task[None]] = set()
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
                self._udp[bare.family] = _Datagrams(self, bare)
            else:
                self._servers.append(await loop.create_server(lambda: Connection(self), sock=bare))

    async def stop(self) -> None:
        """Closes every socket."""
        for task in tuple(self._dialling):
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
        sockets = [endpoint.bare for endpoint in self._udp.values()]
        sockets += [s for server in self._servers for s in server.sockets]
        sockets += [c._pipe.get_extra_info("socket") for c in self._connections if c._pipe is not None]
        for bare in sockets:
            self._mark(bare)

    async def send(self, data: bytes, target: Target) -> None:
        """Sends a request or a keep-alive; on TCP and TLS over an open connection to that place, else a new one."""
        if target.transport == UDP:
            self.send_datagram(data, target)
            return
        (await self._connection(target)).send(data)

    def close_to(self, target: Target) -> None:
        """Closes our connection to a server that is needed no more."""
        for connection in tuple(self._connections):
            if connection.ours and connection.peer == target:
                connection.close()

    def send_datagram(self, data: bytes, target: Target) -> None:
        """Sends over UDP; Unreachable if the own stack refuses."""
        endpoint = self._udp.get(target.family)
        if endpoint is None:
            raise Unreachable(f"no socket for {target}")
        host, _, zone = target.host.partition("%")
        if not is_address(host):  # sendto would look it up, and all the base would wait for the answer
            raise Unreachable(f"{host[:60]!r} is no address")
        if target.family == socket.AF_INET6:
            endpoint.send(data, (host, target.port, 0, scope_of(zone)))
        else:
            endpoint.send(data, (host, target.port))

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
        theirs = [one for one in self._connections if not one.ours]
        if len(theirs) > MOST_CONNECTIONS:
            theirs[0].close()

    def disconnected(self, connection: Connection) -> None:
        """Told by each connection that ended."""
        if connection in self._connections:
            self._connections.remove(connection)
        self._on_broken(connection.peer)

    def received(self, found: Message | BadMessage, source: Source) -> None:
        """Told by sockets and connections; adds received and rport to the topmost Via of requests."""
        request = found.request if isinstance(found, BadMessage) else found
        if isinstance(request, Request):
            stamp_via(request, source.target.host, source.target.port)
        if isinstance(found, BadMessage):
            self._on_garbage(found, source)
        else:
            self._on_message(found, source)

    def open_connection(self, target: Target) -> Connection | None:
        """The connection to a place that is used again."""
        return next((one for one in self._connections if one.peer == target and one.open), None)

    async def _connection(self, target: Target) -> Connection:
        known = self.open_connection(target)
        if known is not None:
            return known
        if target not in self._connecting:
            self._connecting[target] = asyncio.get_running_loop().create_future()
            task = self.owner.spawn(self._connect_for_all(target), "connection to a SIP server")
            self._dialling.add(task)
            task.add_done_callback(self._dialling.discard)
        return await asyncio.shield(self._connecting[target])

    async def _connect_for_all(self, target: Target) -> None:
        """Connects once for all that wait for this target."""
        waiting = self._connecting[target]
        try:
            connection = await self._connect(target)
            if not waiting.done():
                waiting.set_result(connection)
        except Unreachable as failed:
            if not waiting.done():
                waiting.set_exception(failed)
        finally:
            self._connecting.pop(target, None)
            if not waiting.done():
                waiting.set_exception(Unreachable(f"no connection to {target}"))
            if not waiting.cancelled():
                waiting.exception()  # looked at, as those who waited may be gone

    async def _connect(self, target: Target) -> Connection:
        loop = asyncio.get_running_loop()
        if not is_address(target.host):
            raise Unreachable(f"{target.host[:60]!r} is no address")
        name = target.name or target.host.partition("%")[0]
        context = self._trust.context() if self._trust is not None and target.transport == TLS else None
        if target.transport == TLS and context is None:
            raise Unreachable(f"no TLS to {target}")
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT):
                _, connection = await loop.create_connection(
                    lambda: Connection(self, target),
                    target.host, target.port, ssl=context, server_hostname=name if context is not None else None,
                )  # fmt: skip
        except (OSError, ValueError, OverflowError) as failed:
            if self._trust is not None and context is not None:
                self._trust.refused(target, failed)
            raise Unreachable(f"no connection to {target}: {str(failed) or 'time-out'}") from None
        return connection

    def _mark(self, bare: socket.socket) -> None:
        with contextlib.suppress(OSError):
            if bare.family == socket.AF_INET6:
                bare.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_TCLASS, self._tos)
            else:
                bare.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, self._tos)


def response_target(source: Source, via: Via) -> Target:
    """Where a response goes without a connection: maddr, else received with rport, else the port of sent-by."""
    maddr = via.params.get("maddr") or ""
    if not is_address(maddr):  # a name there is looked up for nobody
        maddr = ""
    host = maddr or via.params.get("received") or source.target.host
    if host == source.target.host.partition("%")[0]:
        host = source.target.host
    rport = via.params.get("rport")
    if source.target.transport == UDP and rport and not maddr:
        return Target(UDP, host, number(rport, most=65535, otherwise=source.target.port))
    return Target(source.target.transport, host, via.port or (5061 if source.target.transport == TLS else 5060))
