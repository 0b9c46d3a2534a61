"""The web server of the base: one port, one request a connection, one answer at a time."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from typing import TYPE_CHECKING

from .http import LINE_LIMIT, REQUEST_SECONDS, BadRequest, Request, Response, read_request
from .site import Site

if TYPE_CHECKING:
    from rigs.standin.base.device import Device

CONNECTIONS = 12
FACTORY_PORT = 80
_LINGER_SECONDS = 1.0


class WebServer:
    """Listens on http_port for both address families; a new port number works after the next boot."""

    def __init__(self, device: Device) -> None:
        self._device = device
        self.site = Site(device)
        self._server: asyncio.Server | None = None
        self._one_at_a_time = asyncio.Lock()
        self._connections: set[asyncio.Task[None]] = set()

    @property
    def port(self) -> int | None:
        """The port that is open, None before start and after stop."""
        return int(self._server.sockets[0].getsockname()[1]) if self._server and self._server.sockets else None

    async def start(self) -> None:
        """Opens the port, the factory's where it is taken; OSError when that is taken too."""
        port = self._device.settings.int("http_port")
        try:
            listening = await asyncio.get_running_loop().run_in_executor(None, listen, port)
        except OSError as taken:  # without pages no other port could be set
            self._device.log.write("web", 1, f"Port {port} cannot be opened ({taken}); the pages are at {FACTORY_PORT}")
            port = FACTORY_PORT
            listening = await asyncio.get_running_loop().run_in_executor(None, listen, port)
        self._server = await asyncio.start_server(self._accept, sock=listening, limit=LINE_LIMIT)
        self._device.log.write("web", 5, f"Web server listens on port {port}")

    async def stop(self) -> None:
        """Closes the port and every connection."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for connection in (waiting := list(self._connections)):
            connection.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = self._device.spawn(self._connection(reader, writer), "web connection")
        self._connections.add(connection)
        connection.add_done_callback(self._connections.discard)

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        address = writer.get_extra_info("peername") or ("a client that is gone",)
        client = str(address[0]).removeprefix("::ffff:")
        try:
            await self._serve(reader, writer, client)
        except (ConnectionError, TimeoutError):
            self._device.log.write("web", 7, f"Connection of {client} broke")
            writer.transport.abort()
        finally:
            writer.close()
        if self.site.reboot_asked:
            self.site.reboot_asked = False
            await self._device.reboot()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, client: str) -> None:
        request: Request | None = None
        try:
            if len(self._connections) > CONNECTIONS:
                raise BadRequest(503, "too many connections")
            async with asyncio.timeout(REQUEST_SECONDS):
                request = await read_request(reader, client)
            async with self._one_at_a_time:
                response = _error(500)
                with self._device.owner.minding(f"the page {request.path[:60]}"):
                    response = self.site.answer(request)
                self._device.log.write("web", 8, f"{client} {request.method} {request.path}: {response.status}")
        except EOFError:
            return
        except TimeoutError:
            response = self._refusal(BadRequest(408, "no whole request in time"), client)
        except BadRequest as bad:
            response = self._refusal(bad, client)
        writer.write(response.encode(request))
        async with asyncio.timeout(REQUEST_SECONDS):  # a client that reads nothing takes no place for ever
            await writer.drain()
        await _linger(reader, writer)

    def _refusal(self, bad: BadRequest, client: str) -> Response:
        self._device.log.write("web", 3, f"Bad request of {client}: {bad.status}, {bad}")
        return _error(bad.status)


def _error(status: int) -> Response:
    """A page that says no more than what went wrong."""
    return Response(f"<html><body><h1>{status}</h1></body></html>\n".encode(), status=status)


async def _linger(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Waits for the client to close: bytes left unread would reset the connection before it has read the answer."""
    with contextlib.suppress(OSError):  # the client may be gone already, in whatever way
        if writer.can_write_eof():
            writer.write_eof()
        async with asyncio.timeout(_LINGER_SECONDS):
            while await reader.read(4096):
                pass


def listen(port: int) -> socket.socket:
    """A socket at the addresses of both families; OSError when the port is taken."""
    if socket.has_dualstack_ipv6():
        return socket.create_server(("::", port), family=socket.AF_INET6, dualstack_ipv6=True)
    return socket.create_server(("0.0.0.0", port))
