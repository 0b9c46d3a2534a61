"""Runs inside a private segment of its own: what gets over a lossy path to the far end of a veth pair, as JSON."""

from __future__ import annotations

import json
import socket
import struct
import subprocess
import sys
from collections import Counter
from collections.abc import Callable

from harness.services.impairment import Impairment
from harness.services.lossy_path import LossyPath

OURS, FAR = "198.18.9.20", "198.18.9.53"
PORT = 4000


def ip(*words: str) -> str:
    return subprocess.run(["ip", *words], check=True, capture_output=True, text=True).stdout


class FarEnd:
    """Frames at the far end of the cable, which has no address: a fixed neighbour entry leads to it."""

    def __init__(self) -> None:
        ip("link", "add", "m9a", "type", "veth", "peer", "name", "m9b")
        for name in ("m9a", "m9b"):
            ip("link", "set", name, "up")
        ip("addr", "add", f"{OURS}/24", "dev", "m9a")
        ip("neigh", "add", FAR, "lladdr", "02:00:00:00:00:01", "dev", "m9a")
        self._raw = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0800))
        self._raw.bind(("m9b", 0x0800))
        self._out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._out.bind((OURS, PORT))

    def came(self, first: int = 0x80) -> list[int]:
        """The numbers that come of 20 packets; `first` is their first octet."""
        self.send(first)
        return self.read()

    def send(self, first: int = 0x80) -> None:
        for number in range(20):
            self._out.sendto(struct.pack("!BBHII", first, 8, number, 160 * number, 9) + bytes(160), (FAR, PORT))

    def read(self) -> list[int]:
        found = []
        self._raw.settimeout(0.4)
        while True:
            try:
                frame = self._raw.recv(2048)
            except TimeoutError:
                return found
            if frame[23] == 17:
                found.append(int.from_bytes(frame[44:46], "big"))


def main() -> None:
    far = FarEnd()
    seen: dict[str, object] = {"before": far.came()}
    with LossyPath(OURS) as path:
        seen["good"] = far.came()

        def meeting(impairment: Impairment, came: Callable[[], list[int]] = far.came) -> list[int]:
            path.impair(impairment)
            return came()

        seen["lossy"] = meeting(Impairment(lose_one_in=10))
        seen["twice"] = twice = meeting(Impairment(repeat_one_in=5, jitter=0.02))
        seen["repeated"] = [number for number, times in Counter(twice).items() if times == 2]
        seen["signalling"] = meeting(Impairment(lose_one_in=1), lambda: far.came(ord("I")))
        path.impair(Impairment())
        path.hold_back()
        seen["held"] = far.came()
        path.release()
        seen["released"] = far.read()
    seen["after"] = far.came()
    seen["rules"] = len(ip("rule").splitlines())
    seen["interface"] = "m9lossy" in ip("link")
    json.dump(seen, sys.stdout)


if __name__ == "__main__":
    main()
