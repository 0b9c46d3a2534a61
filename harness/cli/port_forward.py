"""A loopback door to a web UI inside a private segment.

A socket belongs to the network it was made in: the listener is made outside and handed down, each connection to the
base is made inside, and bytes are passed between the two.
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
    """The listener that was made outside, if there is one."""
    number = os.environ.pop(FD_NAME, "")
    if not number:
        return None
    listener = socket.socket(fileno=int(number))
    listener.set_inheritable(False)
    return listener


@contextlib.contextmanager
def opened(listener: socket.socket, target: Callable[[], tuple[str, int] | None]) -> Iterator[None]:
    """Serve connections while the context lasts; `target` says where the web UI is now, None when it is nowhere."""
    threading.Thread(target=_accept, args=(listener, target), name="door", daemon=True).start()
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
