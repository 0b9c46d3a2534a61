"""The live path: tcpdump, a tee into the run's file and into tshark, one reader that hands on what tshark says."""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import subprocess
import threading
from array import array
from collections import deque
from collections.abc import Callable
from pathlib import Path

from harness import clock
from harness.capture import dissect, tshark
from harness.capture.messages import Packet
from harness.capture.pcap import Record, Splitter, looks_like_rtp
from harness.capture.store import RunFile
from harness.errors import RigFault

REPEAT_WINDOW = 0.02
# libpcap gives each packet a slot of its own, as long as the longest that may come: with tcpdump's default of 256 KiB
# a burst of sixty packets would fill sixteen megabytes.
_LONGEST = "65535"
_BUFFER_KIB = "32768"


class Tap:
    """tcpdump and tshark on one interface; `fault` says which died. `start` may be called again after `stop`."""

    def __init__(
        self,
        interface: str,
        file: RunFile,
        *,
        capture_filter: str,
        drop_repeats: bool,
        on_event: Callable[[Packet], None],
        on_fence: Callable[[bytes], None],
        on_fault: Callable[[str], None],
    ) -> None:
        self.interface = interface
        self.file = file
        self.fault = ""
        self.repeats_dropped = 0
        self._filter = capture_filter
        self._drop_repeats = drop_repeats
        self._on_event, self._on_fence, self._on_fault = on_event, on_fence, on_fault
        self._tcpdump: subprocess.Popen[bytes] | None = None
        self._tshark: subprocess.Popen[bytes] | None = None
        self._threads: list[threading.Thread] = []
        self._fed = array("L")
        self._recent: deque[tuple[float, int]] = deque()
        self._stopping = False
        self._words = clock.EventList[str]()
        self._queue: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()

    @property
    def pids(self) -> dict[str, int]:
        """The processes of the live path."""
        running = {"tcpdump": self._tcpdump, "tshark": self._tshark}
        return {name: process.pid for name, process in running.items() if process is not None}

    def start(self, *, within: float = 10.0) -> None:
        """Listen; returns when tcpdump says that it does, so that the first packet after this call is captured."""
        self.fault, self._stopping, self._fed = "", False, array("L")
        self._words = clock.EventList[str]()
        self._queue = queue.SimpleQueue()
        command = ["tcpdump", "-i", self.interface, "-n", "--immediate-mode", "-U", "-s", _LONGEST]
        command += ["-B", _BUFFER_KIB, "-w", "-"]
        try:
            self._tcpdump = subprocess.Popen(
                [*command, *([self._filter] if self._filter else [])],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
        except FileNotFoundError as missing:
            raise RigFault("capture", "tcpdump is not installed", remedy="apt-get install tcpdump tshark") from missing
        self._tshark = tshark.start(tshark.messages_command("-"))
        self._threads = [
            threading.Thread(target=target, args=args, name=f"capture-{target.__name__}", daemon=True)
            for target, args in (
                (self._listen, (self._tcpdump,)),
                (self._tee, (self._tcpdump,)),
                (self._feed, (self._tshark,)),
                (self._read, (self._tshark, self._fed)),
            )
        ]
        for thread in self._threads:
            thread.start()
        try:
            self._words.wait_for(lambda line: "listening on" in line, what="tcpdump listens", within=within)
        except clock.WaitExpired as late:
            self.stop()
            raise RigFault(
                "capture",
                f"tcpdump does not listen on {self.interface}: {late.last_seen}",
                remedy="does the interface exist, and may this user capture (root or CAP_NET_RAW)?",
            ) from late

    def on_fence_to(self, sink: Callable[[bytes], None]) -> None:
        """Hand fences to another list from now on."""
        self._on_fence = sink

    def losses(self, *, within: float = 2.0) -> int:
        """How many packets the kernel dropped for want of room, as tcpdump counts them."""
        if self._tcpdump is None or self._tcpdump.poll() is not None:
            return 0
        before = len(self._words)
        self._tcpdump.send_signal(signal.SIGUSR1)
        try:
            line = self._words.wait_for(
                lambda text: "dropped by kernel" in text, what="tcpdump's counts", within=within, since=before
            )
        except clock.WaitExpired as late:
            raise RigFault("capture", str(late), remedy="is the machine overloaded?") from late
        words = line.replace(",", "").split()
        return int(words[words.index("dropped") - 2]) if "dropped" in words else 0

    def stop(self) -> None:
        """End both processes; what was on the wire until now is in the file."""
        self._stopping = True
        for process in (self._tcpdump, self._tshark):
            if process is None:
                continue
            if process is self._tcpdump:
                process.terminate()
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        for thread in self._threads:
            thread.join(5)
        for process in (self._tcpdump, self._tshark):
            for pipe in (process.stdin, process.stdout, process.stderr) if process else ():
                if pipe is not None:
                    with contextlib.suppress(OSError):
                        pipe.close()
        self._tcpdump = self._tshark = None
        self._threads = []

    def _listen(self, tcpdump: subprocess.Popen[bytes]) -> None:
        assert tcpdump.stderr is not None
        for line in tcpdump.stderr:
            self._words.append(line.decode("utf-8", "replace").strip())
        self._words.close("tcpdump has ended")

    def _tee(self, tcpdump: subprocess.Popen[bytes]) -> None:
        """Store what comes and queue what tshark is to see; never waits for tshark, lest the kernel drop packets."""
        assert tcpdump.stdout is not None
        splitter, begun = Splitter(), False
        while data := os.read(tcpdump.stdout.fileno(), 1 << 18):
            records = list(splitter.feed(data))
            batch = []
            if not begun and splitter.header:
                begun = True
                self.file.begin(splitter.header)
                batch.append(splitter.header.raw)
            batch += [record.raw for record in records if self._keep(record)]
            self._queue.put(b"".join(batch))
        self._queue.put(None)
        if not self._stopping:
            last = " | ".join(self._words.snapshot()[-2:])
            self._fail(f"tcpdump on {self.interface} ended ({tcpdump.wait()}): {last or 'without a word'}")

    def _feed(self, dissector: subprocess.Popen[bytes]) -> None:
        assert dissector.stdin is not None
        alive = True
        while (data := self._queue.get()) is not None:
            alive = alive and _write(dissector.stdin.fileno(), data)
        with contextlib.suppress(OSError):
            dissector.stdin.close()

    def _keep(self, record: Record) -> bool:
        """Store a frame; whether the live dissection is to see it."""
        if self._drop_repeats and self._is_repeat(record):
            return False
        media = looks_like_rtp(record.frame)
        number = self.file.append(record, media=media)
        if media:
            return False
        self._fed.append(number)
        return True

    def _read(self, dissector: subprocess.Popen[bytes], fed: array[int]) -> None:
        assert dissector.stdout is not None
        for line in dissector.stdout:
            token = dissect.fence_payload(line)
            if token:
                self._on_fence(token)
                continue
            for event in dissect.events(line, lambda count: fed[count - 1] if count <= len(fed) else 0):
                self._on_event(event)
        if not self._stopping:
            self._fail(f"tshark, which dissects {self.interface}, ended ({dissector.wait()})")

    def _is_repeat(self, record: Record) -> bool:
        """Whether a mirror port gave the same frame twice: same bytes after the link header within 20 ms."""
        while self._recent and self._recent[0][0] < record.at - REPEAT_WINDOW:
            self._recent.popleft()
        print_ = hash(record.frame[14:])
        if any(seen == print_ for _, seen in self._recent):
            self.repeats_dropped += 1
            return True
        self._recent.append((record.at, print_))
        return False

    def _fail(self, reason: str) -> None:
        if not self.fault:
            self.fault = reason
            self._on_fault(reason)


def _write(sink: int, data: bytes) -> bool:
    """Hand data on; False once the reader is gone."""
    view = memoryview(data)
    try:
        while view:
            view = view[os.write(sink, view) :]
    except OSError:
        return False
    return True


def run_file(directory: Path) -> RunFile:
    """The run's capture file in its folder."""
    directory.mkdir(parents=True, exist_ok=True)
    return RunFile(directory / "capture.pcap")
