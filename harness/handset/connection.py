"""One open serial port to the dongle: a thread reads lines, one caller at a time writes. It ends with the port."""

from __future__ import annotations

import contextlib
import termios
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import serial

from harness.core import clock
from harness.core.clock import EventList
from harness.handset.protocol import DamagedLine, Final, Information, Line, LineBuffer, Unsolicited, parse, recover

PORT_ERRORS = (OSError, TypeError, NotImplementedError, termios.error, serial.SerialException)
"""NotImplementedError: what a kind of URL cannot do.

TypeError: pyserial works on descriptors that a close() on another thread has set to None.
"""
LONGEST_SHOWN = 4096
"""Bytes of a line that the transcript keeps; the longest of the protocol are a picture's."""
READ_WITHIN = 0.1
"""Seconds a read may block; how long closing a port may take."""


@dataclass(frozen=True)
class Damage:
    """A line that was thrown away; `text` says why."""

    text: str


@dataclass
class Noise:
    """Counts of what was wrong on the line since the dongle was opened."""

    damaged_lines: int = 0
    recovered_lines: int = 0
    asked_again: int = 0
    replugged: int = 0


class Unplugged(Exception):
    """The port is gone."""


class Connection:
    """A port that is open. `answers` holds final, information and damaged lines in the order they came."""

    def __init__(
        self,
        port: Any,
        noise: Noise,
        unsolicited: Callable[[Unsolicited, float], None],
        transcript: Callable[[str, str], None],
    ) -> None:
        self.sealed = False
        self.answers: EventList[Line | Damage] = EventList()
        self._port = port
        self._noise = noise
        self._unsolicited = unsolicited
        self._transcript = transcript
        self._closing = threading.Event()
        self._lost: threading.Event = threading.Event()
        self._reader = threading.Thread(target=self._read, name="dongle-reader", daemon=True)
        self._reader.start()

    @property
    def lost(self) -> threading.Event:
        """Set when the port is gone."""
        return self._lost

    def write(self, data: bytes) -> None:
        """Send bytes; raises Unplugged."""
        try:
            self._port.write(data)
        except PORT_ERRORS as error:
            self._end(str(error))
            raise Unplugged(str(error)) from error

    def close(self) -> None:
        """Close the port and end the reader."""
        self._closing.set()
        if hasattr(self._port, "cancel_read"):
            with contextlib.suppress(*PORT_ERRORS):
                self._port.cancel_read()
        if threading.current_thread() is not self._reader:
            self._reader.join(10 * READ_WITHIN)
        with contextlib.suppress(*PORT_ERRORS):
            self._port.close()
        self._end("closed")

    def give_up(self, reason: str) -> None:
        """Hold this connection for lost although the port says nothing of it."""
        self._end(reason)

    def _end(self, reason: str) -> None:
        self.answers.close(reason)
        self._lost.set()

    def _read(self) -> None:
        buffer = LineBuffer()
        while not self._closing.is_set():
            try:
                data = self._port.read(1)
                if data and (more := self._port.in_waiting):
                    data += self._port.read(more)
            except PORT_ERRORS as error:
                self._end(f"unplugged: {error}")
                return
            at = clock.now()
            for raw in buffer.feed(data):
                self._line(raw, at)

    def _line(self, raw: bytes, at: float) -> None:
        self._transcript("<", _printable(raw))
        try:
            self._sort(parse(raw, sealed=self.sealed), at)
        except DamagedLine as damage:
            self._noise.damaged_lines += 1
            saved = recover(raw)
            if saved is None or saved[1]:
                self.answers.append(Damage(str(damage)))
            if saved is not None:
                self._noise.recovered_lines += 1
                self._sort(saved[0], at)

    def _sort(self, line: Line, at: float) -> None:
        if isinstance(line, Unsolicited):
            self._unsolicited(line, at)
        elif isinstance(line, (Final, Information)):
            self.answers.append(line)


def _printable(raw: bytes) -> str:
    """A line for evidence: without control characters, and cut if it is too long."""
    text = raw[:LONGEST_SHOWN].decode("utf-8", "backslashreplace")
    shown = "".join(letter if letter.isprintable() else f"\\x{ord(letter):02x}" for letter in text)
    return shown if len(raw) <= LONGEST_SHOWN else f"{shown}… ({len(raw)} bytes)"
