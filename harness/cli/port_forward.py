"""Makes a web UI inside a private segment reachable on a loopback port.

A socket belongs to the network in which it was made. The listener is made outside and handed to the process inside;
this process makes the connections to the base and copies the bytes between the two.
"""

from __future__ import annotations

import contextlib
import os
import socket
import threading
from collections.abc import Callable, Iterator

FD_NAME = "M9_DOOR_FD"
CHUNK = 65536


def make_outside(port: int) -> int:
    """Listen on 127.0.0.1 and leave the socket for the process that this one becomes; returns the port."""
    listener = socket.create_server(("127.0.0.1", port))
    listener.set_inheritable(True)
    chosen = int(listener.getsockname()[1])
    os.environ[FD_NAME] = str(listener.detach())
    return chosen


def handed_down() -> socket.socket | None:
    """The listener made outside, if there is one."""
    number = os.environ.pop(FD_NAME, "")
    if not number:
        return None
    listener = socket.socket(fileno=int(number))
    listener.set_inheritable(False)
    return listener


@contextlib.contextmanager
def opened(listener: socket.socket, target: Callable[[], tuple[str, int] | None]) -> Iterator[None]:
    """Serve connections while the context lasts; `target` returns the web UI's address, None while it has none."""
    threading.Thread(target=_accept, args=(listener, target), name="proxy", daemon=True).start()
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def _accept(listener: socket.socket, target: Callable[[], tuple[str, int] | None]) -> None:
    while True:
        try:
            near, _ = listener.accept()
        except OSError:
            return
        threading.Thread(target=_join, args=(near, target()), daemon=True).start()


def _join(near: socket.socket, address: tuple[str, int] | None) -> None:
    with near:
        if address is None:
            return
        try:
            far = socket.create_connection(address, timeout=10.0)
        except OSError:
            return
        with far:
            far.settimeout(None)
            back = threading.Thread(target=_pass, args=(far, near), daemon=True)
            back.start()
            _pass(near, far)
            back.join()


def _pass(source: socket.socket, sink: socket.socket) -> None:
    try:
        while data := source.recv(CHUNK):
            sink.sendall(data)
    except OSError:
        return
    finally:
        with contextlib.suppress(OSError):
            sink.shutdown(socket.SHUT_WR)
