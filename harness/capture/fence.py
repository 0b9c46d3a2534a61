"""The fence: a marked packet on the captured interface; when it is dissected, all earlier packets are too."""

from __future__ import annotations

import socket
import uuid

from harness.capture.dissect import FENCE_TYPE
from harness.core.errors import RigFault

# Local experimental EtherType (IEEE 802), to a group address that bridges never forward (IEEE 802.1Q table 8-1):
# the packet is seen on the own interface and reaches no device. A mirror port needs one that is forwarded.
NEAREST_BRIDGE = bytes.fromhex("0180c200000e")
BROADCAST = b"\xff" * 6
_PREFIX = b"m9-fence-"


class Fence:
    """Sends marked packets on one interface; its socket stays open, since closing one costs ten milliseconds."""

    def __init__(self, interface: str, destination: bytes = NEAREST_BRIDGE) -> None:
        self.interface = interface
        self._destination = destination
        self._socket: socket.socket | None = None

    def send(self) -> bytes:
        """Send one and return what it carries; raises RigFault when the interface takes no packets."""
        token = _PREFIX + uuid.uuid4().hex.encode()
        try:
            if self._socket is None:
                self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
                self._socket.bind((self.interface, 0))
            source = self._socket.getsockname()[4][:6].ljust(6, b"\0")
            self._socket.send(self._destination + source + FENCE_TYPE + token)
        except OSError as error:
            self.close()
            raise RigFault(
                "capture",
                f"cannot send on {self.interface}: {error.strerror or error}",
                remedy=f"check that {self.interface} is up and this user may send raw packets (root or CAP_NET_RAW)",
            ) from error
        return token

    def close(self) -> None:
        """Close the socket."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None
