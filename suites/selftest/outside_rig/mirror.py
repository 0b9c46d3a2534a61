"""A mirror port in user space: copies every frame of one interface to another, and can do what bad mirrors do.

The kernel's own (tc mirred) is not in every kernel. `python -m … SOURCE TARGET [options]` runs until it is ended.
"""

from __future__ import annotations

import argparse
import heapq
import select
import socket
import struct
import sys
import time
from dataclasses import dataclass, field

ETH_P_ALL = 3
SO_RCVBUFFORCE = 33
VLAN = b"\x81\x00\x00\x07"
IPV4, IPV6 = b"\x08\x00", b"\x86\xdd"


@dataclass
class Mirror:
    """What becomes of each frame; `lose` 100 drops every hundredth frame of IP, `twice` adds a second copy."""

    lose: int = 0
    twice: bool = False
    later: float = 0.0
    ttl: bool = False
    vlan: bool = False
    only: str = ""
    count: int = 0
    pending: list[tuple[float, int, bytes]] = field(default_factory=list)

    def copies(self, frame: bytes, outgoing: bool, now: float) -> list[bytes]:
        """The frames to send at once; later ones are kept in `pending`."""
        if self.only and outgoing != (self.only == "out"):
            return []
        self.count += 1
        if self.lose and self.count % self.lose == 0:
            return []
        if self.twice:
            heapq.heappush(self.pending, (now + self.later, self.count, self._second(frame)))
        return [frame]

    def due(self, now: float) -> list[bytes]:
        """The second copies whose time has come."""
        found = []
        while self.pending and self.pending[0][0] <= now:
            found.append(heapq.heappop(self.pending)[2])
        return found

    def _second(self, frame: bytes) -> bytes:
        if self.ttl and frame[12:14] == IPV4:
            frame = _one_hop_less(frame)
        if self.vlan:
            frame = frame[:12] + VLAN + frame[12:]
        return frame


def _one_hop_less(frame: bytes) -> bytes:
    """The frame as a router forwards it: time to live one less, header checksum renewed."""
    head = bytearray(frame[14 : 14 + (frame[14] & 15) * 4])
    head[8] -= 1
    head[10:12] = b"\0\0"
    total = sum(struct.unpack(f"!{len(head) // 2}H", head))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    head[10:12] = struct.pack("!H", ~total & 0xFFFF)
    return frame[:14] + bytes(head) + frame[14 + len(head) :]


def run(source: str, target: str, mirror: Mirror) -> None:
    """Copy until the process is ended; a port that is taken away and comes back is listened at without a gap."""
    # Bound to no interface: it hears all of this namespace, also those that come later.
    ear = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
    ear.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 1 << 24)
    mouth = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    mouth.bind((target, 0))
    sys.stdout.write("mirrors\n")
    sys.stdout.flush()
    while True:
        wait = max(0.0, mirror.pending[0][0] - time.monotonic()) if mirror.pending else None
        ready, _, _ = select.select([ear], [], [], wait)
        frames = mirror.due(time.monotonic())
        if ready:
            frame, address = ear.recvfrom(65535)
            # A port that was taken away meanwhile has no name any more.
            if address[0] in (source, ""):
                frames += mirror.copies(frame, address[2] == socket.PACKET_OUTGOING, time.monotonic())
        for one in frames:
            mouth.send(one)


def main(words: list[str]) -> None:
    """Read the command line, then copy."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source")
    parser.add_argument("target")
    parser.add_argument("--lose", type=int, default=0)
    parser.add_argument("--twice", action="store_true")
    parser.add_argument("--later", type=float, default=0.0)
    parser.add_argument("--ttl", action="store_true")
    parser.add_argument("--vlan", action="store_true")
    parser.add_argument("--only", choices=["", "in", "out"], default="")
    options = vars(parser.parse_args(words))
    run(options.pop("source"), options.pop("target"), Mirror(**options))


if __name__ == "__main__":
    main(sys.argv[1:])
