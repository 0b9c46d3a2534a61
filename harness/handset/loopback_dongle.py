"""A dongle made of software, for tests of the driver: protocol 1 on a pty, two handsets that remember what was pressed.

It can simulate faults: garbage on the line, damaged or missing answers, an unplugged dongle.
"""

from __future__ import annotations

import base64
import contextlib
import os
import pty
import select
import threading
import tty
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from harness.core import clock
from harness.handset.protocol import KEYS, DamagedLine, Information, LineBuffer, crc16, fields, parse, quote

CAPABILITIES = "KEYS DISPLAY ICONS PICTURE TONE LISTEN RF POWER SUBSCRIBE"


@dataclass
class LoopbackHandset:
    """What a handset remembers."""

    number: int
    rows: list[str] = field(default_factory=lambda: ["snom", "Handset", "CHist       Menu"])
    pressed: list[str] = field(default_factory=list)
    state: str = "LOCKED"
    powered: bool = True
    battery: int = 90
    picture: bytes = b""
    """40 x 50 pixels of 24-bit RGB, row by row; empty without one."""
    mask: int = 0


class LoopbackDongle:
    """The fake at `link`, a symbolic link to a pty; a context manager with a thread of its own.

    `damage` is how many answers to come get a wrong check sum, `swallow` how many never come, `late` how many come only
    with the next command's, `busy` how many commands are refused for that, `noise` what is written before each line,
    `between` after each information line. `caps` is what it says that it can.
    """

    def __init__(self, link: Path, handsets: int = 2) -> None:
        self.link = link
        self.handsets = {number: LoopbackHandset(number) for number in range(1, handsets + 1)}
        self.commands: list[str] = []
        self.damage = 0
        self.swallow = 0
        self.late = 0
        self.busy = 0
        self.noise = b""
        self.between = b""
        self.caps = CAPABILITIES
        self._held_back: list[str] = []
        self.crc = False
        self._began = clock.monotonic()
        self._master, self._slave = -1, -1
        self._wake = os.pipe()
        self._lock = threading.RLock()
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._serve, name="loop-dongle", daemon=True)
        self.plug()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.write(self._wake[1], b"q")
        if self._thread is not None:
            self._thread.join(2)
        self.unplug()
        for end in self._wake:
            os.close(end)

    def plug(self) -> None:
        """Put it in: a new port under the same name."""
        with self._lock:
            self._master, self._slave = pty.openpty()
            tty.setraw(self._slave)
            self.crc = False
            for handset in self.handsets.values():
                handset.mask = 0
            self.link.unlink(missing_ok=True)
            self.link.symlink_to(os.ttyname(self._slave))
            os.write(self._wake[1], b"p")

    def unplug(self) -> None:
        """Pull it: the port vanishes."""
        with self._lock:
            if self._master < 0:
                return
            self.link.unlink(missing_ok=True)
            for end in (self._master, self._slave):
                os.close(end)
            self._master = self._slave = -1

    def tell(self, text: str) -> None:
        """Send an unsolicited line, e.g. `RING 1 ON "Ringer1"`."""
        self._send(f"!{self._ms()} {text}")

    def raw(self, data: bytes) -> None:
        """Put bytes on the line as they are."""
        with self._lock:
            if self._master >= 0:
                os.write(self._master, data)

    def show(self, number: int, *rows: str) -> None:
        """Change what a handset displays, and say so."""
        self.handsets[number].rows = list(rows)
        if self.handsets[number].mask & 2:
            self.tell(f"DISP {number}")

    def _ms(self) -> int:
        return int((clock.monotonic() - self._began) * 1000)

    def _serve(self) -> None:
        buffer = LineBuffer()
        while True:
            with self._lock:
                master = self._master
            ready, _, _ = select.select([end for end in (master, self._wake[0]) if end >= 0], [], [], 0.2)
            if self._wake[0] in ready and b"q" in os.read(self._wake[0], 64):
                return
            if master in ready:
                with contextlib.suppress(OSError):
                    for line in buffer.feed(os.read(master, 4096)):
                        self._line(line)

    def _line(self, raw: bytes) -> None:
        try:
            command = parse(raw, sealed=self.crc)
        except DamagedLine:
            self._send("ERROR 5 CRC")
            return
        text = command.text if isinstance(command, Information) else ""
        self.commands.append(text)
        if self.busy:
            self.busy -= 1
            self._send("ERROR 4 busy")
            return
        answer = [*self._held_back, *self._obey(text)]
        self._held_back = []
        if self.swallow:
            self.swallow -= 1
            return
        if self.late:
            self.late -= 1
            self._held_back = answer
            return
        damaged = self.damage > 0
        self.damage -= damaged
        for line in answer:
            self._send(line, damaged=damaged)
            if self.between and line.startswith("+"):
                self.raw(self.between)

    def _send(self, line: str, *, damaged: bool = False) -> None:
        data = line.encode()
        if self.crc or damaged:
            data += b"*%04X" % (crc16(data) ^ (0x0101 if damaged else 0))
        self.raw(self.noise + data + b"\r\n")

    def _obey(self, line: str) -> list[str]:
        name, _, rest = line.partition("=")
        if line == "AT":
            return ["OK"]
        if line == "ATI":
            return ["m9 loop dongle", "HW=0", "FW=0.1", "PROTO=1", "OK"]
        if line == "AT+TIME?":
            return [f"+TIME: {self._ms()}", "OK"]
        if line == "AT+CAPS?":
            return [*(f"+CAPS: {number},{self.caps}" for number in self.handsets), "OK"]
        if line == "AT+HS?":
            rows = self.handsets.values()
            return [
                *(f"+HS: {h.number},005C30C84{h.number},0051300741,{h.state},-50,{h.battery},9.2.45-a" for h in rows),
                "OK",
            ]
        if name == "AT+CRC":
            self.crc = rest == "1"
            return ["OK"]
        try:
            words = fields(rest)
            handset = self.handsets[int(words[0])]
        except (DamagedLine, ValueError):
            return ["ERROR 1 syntax"]
        except KeyError:
            return ["ERROR 2 no such handset"]
        return self._handset(name, handset, words[1:])

    def _handset(self, name: str, handset: LoopbackHandset, words: list[str]) -> list[str]:
        if name == "AT+HSPWR":
            handset.powered = words == ["ON"]
            return ["OK"]
        if name == "AT+BATT" and "BATTERY" in self.caps:
            handset.battery = int(words[0])
            return ["OK"]
        if name == "AT+SUBS":
            handset.mask = int(words[0])
            return ["OK"]
        if not handset.powered:
            return ["ERROR 3 handset off or lost"]
        if name == "AT+KEY":
            if words[0] not in KEYS:
                return ["ERROR 1 syntax"]
            handset.pressed.append(words[0])
        elif name == "AT+DISP":
            shown = [f"+DISP: {number},{quote(text)}" for number, text in enumerate(handset.rows, 1)]
            return [*shown, "+ICON: SIGNAL BATTERY", "OK"]
        elif name == "AT+PIC":
            return [*picture_lines(handset.picture), "OK"]
        elif name == "AT+LISTEN":
            timer = threading.Timer(
                int(words[0]) / 1000, self.tell, [f"HEARD {handset.number} -12.5 1000:-12.6 350:-40"]
            )
            timer.daemon = True
            timer.start()
        elif name == "AT+REG":
            handset.state = "LOCKED" if words == ["0000"] else "UNREGISTERED"
            handset.rows = ["Registered" if handset.state == "LOCKED" else "Wrong PIN"]
        elif name == "AT+DEREG":
            handset.state = "UNREGISTERED"
        elif name not in ("AT+AUDIO", "AT+RF"):
            return ["ERROR 6 not supported"]
        return ["OK"]


def picture_lines(rows: bytes) -> list[str]:
    """The answer to AT+PIC."""
    if not rows:
        return ["+PIC: NONE"]
    lines = [base64.b64encode(rows[at : at + 120]).decode() for at in range(0, len(rows), 120)]
    return [f"+PIC: 40,50,{zlib.crc32(rows):08X}", *lines]
