"""One tshark process that gets packets as they come; its output is read line by line, and it can be replaced."""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import subprocess
import threading
from array import array
from collections.abc import Callable, Sequence

from harness.capture import ek, tshark

_WORDS = 200


class Dissector:
    """A tshark process with a thread that feeds it and one that reads it; feeding never waits.

    A line that cannot be read is named with its packet's number, and the reading goes on.
    """

    def __init__(
        self,
        command: Sequence[str],
        on_line: Callable[[bytes, Callable[[int], int]], None],
        on_death: Callable[[str], None],
        on_unread: Callable[[int, str], None],
        *,
        silent: bool = False,
    ) -> None:
        self._process: subprocess.Popen[bytes] = tshark.start(command)
        self._on_line, self._on_death, self._on_unread = on_line, on_death, on_unread
        self._queue: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._numbers = array("L")
        self._closing = False
        self._may_speak = threading.Event()
        if not silent:
            self.speak()
        self._threads = [threading.Thread(target=target, daemon=True) for target in (self._feed, self._read)]
        for thread in self._threads:
            thread.start()

    @property
    def pid(self) -> int:
        """The process."""
        return self._process.pid

    @property
    def fed(self) -> int:
        """How many packets it was given: it keeps half a kilobyte of each."""
        return len(self._numbers)

    def put(self, data: bytes, numbers: Sequence[int] = ()) -> None:
        """Give it records, and under which numbers they stand in the run's file."""
        self._numbers.extend(numbers)
        if data:
            self._queue.put(data)

    def speak(self) -> None:
        """Hand on what it says, if it was made silent: its predecessor has finished."""
        self._may_speak.set()

    def close(self, *, within: float = 5.0) -> bool:
        """No more packets: let it finish what it has, then end it. False when it did not finish in time."""
        self._closing, finished = True, True
        self.speak()
        self._queue.put(None)
        self._process.send_signal(signal.SIGCONT)  # one that was stopped goes on with what it has
        try:
            self._process.wait(within)
        except subprocess.TimeoutExpired:
            finished = False
            self._process.kill()
            self._process.wait()
        for thread in self._threads:
            thread.join(within)
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        return finished

    def number(self, count: int) -> int:
        """The number in the run's file of the packet that tshark counts so; 0 when it is not stored."""
        return self._numbers[count - 1] if 0 < count <= len(self._numbers) else 0

    def _feed(self) -> None:
        assert self._process.stdin is not None
        sink, alive = self._process.stdin.fileno(), True
        while (data := self._queue.get()) is not None:
            alive = alive and _write(sink, data)
        with contextlib.suppress(OSError):
            self._process.stdin.close()

    def _read(self) -> None:
        assert self._process.stdout is not None
        self._may_speak.wait()
        for line in self._process.stdout:
            try:
                self._on_line(line, self.number)
            except Exception as error:  # noqa: BLE001 - one odd packet must not end the reading of all that follow
                self._on_unread(self.number(ek.frame_number(line)), f"{type(error).__name__}: {error}"[:_WORDS])
        if not self._closing:
            self._on_death(f"tshark ended ({self._process.wait()})")


def _write(sink: int, data: bytes) -> bool:
    """Hand data on; False once the reader is gone."""
    view = memoryview(data)
    try:
        while view:
            view = view[os.write(sink, view) :]
    except OSError:
        return False
    return True
