"""The dongle's serial port: a pty set raw before anything is written, under a stable link, and the line discipline.

The far side may open and close it as often as it likes: this end keeps the line open, as a USB adapter that stays
plugged does. Unsolicited lines without a reader are lost once the line's buffer is full, answers wait for a reader.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import pty
import tty
from pathlib import Path

from rigs.standin.core.owner import Owner
from rigs.standin.dongle.commands import BUSY, CRC, SYNTAX, CommandError, Commands, KeyDown
from rigs.standin.dongle.lines import LineBuffer, sealed, unseal
from rigs.standin.handset.handset import Handset

HALF_LINE_S = 3.0  # half a line that old is noise
READ_BYTES = 4096
WAITING_BYTES = 65536


class Port:
    """The dongle as a serial device at `link`. `damaged` counts lines that were never acted upon."""

    def __init__(self, link: Path, handsets: dict[int, Handset], owner: Owner) -> None:
        self.link = link
        self._owner = owner
        self.damaged = 0
        self._commands = Commands(handsets, self._unsolicited)
        self._buffer = LineBuffer()
        self._key_down = False
        self._waiting = bytearray()
        self._stale: asyncio.TimerHandle | None = None
        self._master, self._slave = -1, -1

    def start(self) -> None:
        """Plugs the dongle in."""
        self._master, self._slave = pty.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        self.link.unlink(missing_ok=True)
        self.link.symlink_to(os.ttyname(self._slave))
        asyncio.get_running_loop().add_reader(self._master, self._readable)

    def stop(self) -> None:
        """Pulls it."""
        loop = asyncio.get_running_loop()
        loop.remove_reader(self._master)
        loop.remove_writer(self._master)
        self.link.unlink(missing_ok=True)
        os.close(self._master)
        os.close(self._slave)

    def _readable(self) -> None:
        try:
            data = os.read(self._master, READ_BYTES)
        except BlockingIOError:
            return
        for line in self._buffer.feed(data):
            self._line(line)
        if self._stale is not None:
            self._stale.cancel()
            self._stale = None
        if self._buffer.pending:
            self._stale = asyncio.get_running_loop().call_later(HALF_LINE_S, self._drop_half)

    def _drop_half(self) -> None:
        self._buffer.drop()
        self.damaged += 1

    def _line(self, line: bytes | None) -> None:
        try:
            command = self._checked(line)
        except CommandError as error:
            self.damaged += 1
            self._refuse(error)
            return
        if self._key_down:
            self._refuse(CommandError(*BUSY))
            return
        with self._owner.minding(f"the command {command[:20]}", self._failed):
            self._perform(command)

    def _perform(self, command: str) -> None:
        try:
            answer = self._commands.run(command)
        except CommandError as error:
            self._refuse(error)
            return
        if isinstance(answer, KeyDown):
            self._key_down = True
            asyncio.get_running_loop().call_later(answer.seconds, self._key_up, answer)
            return
        for text in (*answer, "OK"):
            self._write(text)

    def _key_up(self, key: KeyDown) -> None:
        self._key_down = False
        with self._owner.minding("a key that is let go", self._failed):
            key.let_go()
            self._write("OK")

    def _failed(self) -> None:
        """Each command has an answer, that of one which failed within too."""
        self._refuse(CommandError(*SYNTAX))

    def _checked(self, line: bytes | None) -> str:
        """The command of a line; CommandError for one that is damaged or, where CRC is compulsory, bare."""
        if line is None:
            raise CommandError(*SYNTAX)
        content, right = unseal(line)
        if right is False or (right is None and self._commands.crc_compulsory):
            raise CommandError(*CRC)
        if not content.isascii() or not content.startswith(b"AT"):
            raise CommandError(*SYNTAX)
        return content.decode("ascii")

    def _refuse(self, error: CommandError) -> None:
        self._write(f"ERROR {error.code} {error.text}")

    def _unsolicited(self, text: str) -> None:
        if not self._waiting:  # lines without a reader are lost; answers are not
            self._write(f"!{self._commands.milliseconds} {text}")

    def _write(self, line: str) -> None:
        self._waiting += ((sealed(line) if self._commands.crc_compulsory else line) + "\r\n").encode("ascii")
        if len(self._waiting) > WAITING_BYTES:
            self._waiting.clear()
        self._writable()

    def _writable(self) -> None:
        """Sends what the line takes, and comes back for the rest when there is room."""
        loop = asyncio.get_running_loop()
        with contextlib.suppress(BlockingIOError):
            del self._waiting[: os.write(self._master, self._waiting)]
        if self._waiting:
            loop.add_writer(self._master, self._writable)
        else:
            loop.remove_writer(self._master)
