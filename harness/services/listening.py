"""A listening socket whose connections are each served in a thread of their own, until it is closed."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable

from harness.core import steps
from harness.core.errors import RigFault

Serve = Callable[[socket.socket, str], None]
"""What a connection is given to, with the client's address; it is closed afterwards."""


class Listening:
    """Accepts connections on one address; `part` names the server in faults, `channel` in steps.

    Port 0 is any free one; `port` then has its number.
    """

    def __init__(self, address: str, port: int, serve: Serve, *, part: str, channel: str) -> None:
        self.address = address
        self.port = port
        self._serve_one = serve
        self._part, self._channel = part, channel
        self._lock = threading.Lock()
        self._connections: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._socket: socket.socket | None = None
        self._acceptor: threading.Thread | None = None

    def open(self) -> None:
        """Accept connections from now on; RigFault if the address cannot be bound."""
        family = socket.AF_INET6 if ":" in self.address else socket.AF_INET
        listener = socket.socket(family, socket.SOCK_STREAM)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((self.address, self.port))
            listener.listen(64)
        except OSError as error:
            listener.close()
            raise RigFault(
                self._part,
                f"cannot listen on {self.address} port {self.port}: {error.strerror}",
                remedy="stop the web server that holds the port, or check network.address of the rig file",
            ) from error
        self.port = int(listener.getsockname()[1])
        self._socket = listener
        self._acceptor = self._start(self._accept, listener)

    def close(self) -> None:
        """Accept no more connections, and end those that there are."""
        self._let_go()
        with self._lock:
            connections, threads = list(self._connections), list(self._threads)
        for connection in connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in threads:
            thread.join(timeout=5)

    @property
    def is_open(self) -> bool:
        """Whether it accepts connections."""
        return self._acceptor is not None and self._acceptor.is_alive()

    def check(self) -> None:
        """Raise RigFault if it accepts no more connections."""
        if not self.is_open:
            raise RigFault(
                self._part,
                f"no connection to {self.address} port {self.port} is accepted any more",
                remedy="check `ulimit -n` for too many open files; it is restarted for the next test",
            )

    def revive(self) -> None:
        """Listen again if connections are no longer accepted."""
        try:
            self.check()
        except RigFault as fault:
            steps.publish(self._channel, f"it is restarted: {fault.text}")
            self._let_go()
            self.open()

    def _let_go(self) -> None:
        if self._socket is not None:
            with contextlib.suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)
            self._socket.close()

    def _start(self, target: Callable[..., None], *arguments: object) -> threading.Thread:
        thread = threading.Thread(target=target, args=arguments, name=f"{self._channel}-server", daemon=True)
        with self._lock:
            self._threads = [known for known in self._threads if known.is_alive()] + [thread]
            thread.start()
        return thread

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                connection, client = listener.accept()
            except OSError:
                return
            with self._lock:
                self._connections.add(connection)
            self._start(self._serve, connection, str(client[0]))

    def _serve(self, connection: socket.socket, client: str) -> None:
        try:
            connection.settimeout(60)
            self._serve_one(connection, client)
        except OSError as error:
            steps.publish(self._channel, f"connection of {client} ended: {error}")
        finally:
            with self._lock:
                self._connections.discard(connection)
            with contextlib.suppress(OSError):
                connection.close()
