"""A bring-up command: the software rig with a line of our own in front of its dongle, to be spoilt and pulled.

`dongle_proxy.py RIG RUN` starts the software rig and answers as it does, but with the dongle at RUN/line. Words sent to
the socket RUN/hands do something to the line and are answered when it is done: `garbage` puts noise on it, `half`
swallows the rest of the next line that the dongle says, `pull` takes it out, `plug` puts it in again.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import socket
import subprocess
import sys
import termios
import tty
from pathlib import Path

NOISE = b'\x00\xff\xf8!17 RING 1 ON "half\r\n+HS: 1,garbled*0000\r\nOK*FFFF\r\n\x1b[2J\xfe\xfe!99999 HOOK'


class Line:
    """The line in the middle: `inner` leads to the dongle, `outer` is what the harness opens under `link`."""

    def __init__(self, dongle: str, link: Path) -> None:
        self.link = link
        self.inner = os.open(dongle, os.O_RDWR | os.O_NOCTTY)
        tty.setraw(self.inner)
        self.outer, self._slave = -1, -1
        self._halves = False
        self.plug()

    def plug(self) -> None:
        """A fresh port under the same name, as udev gives one."""
        self.outer, self._slave = os.openpty()
        tty.setraw(self._slave)
        self.link.unlink(missing_ok=True)
        self.link.symlink_to(os.ttyname(self._slave))

    def pull(self) -> None:
        """The port is gone; who has it open gets an error."""
        self.link.unlink(missing_ok=True)
        os.close(self.outer)
        os.close(self._slave)
        self.outer = -1

    def obey(self, word: str) -> None:
        """One word of the fifo."""
        if word == "pull":
            self.pull()
        elif word == "plug":
            termios.tcflush(self.inner, termios.TCIOFLUSH)
            self.plug()
        elif word == "garbage":
            os.write(self.outer, NOISE)
        elif word == "half":
            self._halves = True

    def turn(self, ready: list[int]) -> None:
        """Carry what came, both ways."""
        if self.inner in ready:
            data = os.read(self.inner, 4096)
            if self._halves:
                self._halves, data = False, data[: len(data) // 2]
            if self.outer >= 0:
                os.write(self.outer, data)
        if self.outer in ready:
            with contextlib.suppress(OSError):
                os.write(self.inner, os.read(self.outer, 4096))


def main(rig: str, run: str) -> int:
    """Answer once ready; end when our input closes, and take the rig along."""
    folder = Path(run)
    command = [sys.executable, "-m", "rigs.standin", "--rig", rig, "--run", str(folder / "standin")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as standin:
        assert standin.stdout is not None
        ready = json.loads(standin.stdout.readline())
        line = Line(ready["dongle"], folder / "line")
        hands = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        hands.bind(str(folder / "hands"))
        hands.listen()
        sys.stdout.write(json.dumps({**ready, "dongle": str(line.link)}) + "\n")
        sys.stdout.flush()
        while True:
            found, _, _ = select.select(
                [0, hands.fileno(), line.inner, *([line.outer] if line.outer >= 0 else [])], [], []
            )
            if 0 in found and not os.read(0, 1):
                break
            line.turn(found)
            if hands.fileno() in found:
                with hands.accept()[0] as asked:
                    for word in asked.recv(4096).decode().split():
                        line.obey(word)
                    asked.send(b"done")
        standin.terminate()
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))
