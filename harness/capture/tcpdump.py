"""One tcpdump process: its packets by a callback, and how many the kernel dropped."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import threading
from collections.abc import Callable

from harness.capture.pcap import PcapHeader, Record, Splitter
from harness.core import clock
from harness.core.child_process import DYING_WITH_US, is_stopped
from harness.core.errors import RigFault

# libpcap gives each packet a slot of its own, as long as the longest that may come: with tcpdump's default of 256 KiB
# a burst of sixty packets would fill sixteen megabytes.
_LONGEST = "65535"
_BUFFER_KIB = "32768"


class Tcpdump:
    """tcpdump on one interface. `on_records` gets each piece of its output with the header of the capture."""

    def __init__(
        self,
        interface: str,
        capture_filter: str,
        on_records: Callable[[PcapHeader, list[Record]], None],
        on_end: Callable[[str], None],
    ) -> None:
        self.interface = interface
        self._filter = capture_filter
        self._on_records, self._on_end = on_records, on_end
        self._process: subprocess.Popen[bytes] | None = None
        self._threads: list[threading.Thread] = []
        self._words = clock.EventList[str]()
        self._stopping = False

    @property
    def pid(self) -> int:
        """The process; 0 if there is none."""
        return self._process.pid if self._process is not None else 0

    def start(self, *, within: float) -> None:
        """Listen; returns when tcpdump says that it does, so that the first packet after this call is captured."""
        self._stopping, self._words = False, clock.EventList[str]()
        command = [*DYING_WITH_US, "tcpdump", "-i", self.interface, "-n", "--immediate-mode", "-U", "-s", _LONGEST]
        command += ["-B", _BUFFER_KIB, "-w", "-"]
        if shutil.which("tcpdump") is None:
            raise RigFault("capture", "tcpdump is not installed", remedy="apt-get install tcpdump tshark")
        self._process = subprocess.Popen(
            [*command, *([self._filter] if self._filter else [])],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        self._threads = [
            threading.Thread(target=target, args=(self._process,), name=f"capture{target.__name__}", daemon=True)
            for target in (self._listen, self._tee)
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
                remedy="check that the interface exists and that this user may capture (root or CAP_NET_RAW)",
            ) from late

    def losses(self, *, within: float = 5.0) -> int:
        """How many packets the kernel dropped for want of room, as tcpdump counts them."""
        if self._process is None or self._process.poll() is not None:
            return 0
        before = len(self._words)
        self._process.send_signal(signal.SIGUSR1)
        try:
            line = self._words.wait_for(
                lambda text: "dropped by kernel" in text, what="tcpdump's counts", within=within, since=before
            )
        except clock.WaitExpired as late:
            words = "is stopped" if is_stopped(self.pid) else f"has said nothing for {within:g} s"
            text = f"tcpdump on {self.interface} {words}"
            raise RigFault("capture", text, remedy="check the load of the machine") from late
        words_ = line.replace(",", "").split()
        return int(words_[words_.index("dropped") - 2]) if "dropped" in words_ else 0

    def stop(self) -> None:
        """End it; the packets until now have been handed on."""
        self._stopping = True
        process, self._process = self._process, None
        if process is not None:
            process.terminate()
            process.send_signal(signal.SIGCONT)  # one that was stopped ends at once
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        for thread in self._threads:
            thread.join(5)
        for pipe in (process.stdout, process.stderr) if process is not None else ():
            if pipe is not None:
                pipe.close()
        self._threads = []

    def _listen(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stderr is not None
        for line in process.stderr:
            self._words.append(line.decode("utf-8", "replace").strip())
        self._words.close("tcpdump has ended")

    def _tee(self, process: subprocess.Popen[bytes]) -> None:
        """Hand packets on until tcpdump ends; whatever ends it, the capture has failed and says so."""
        try:
            self._copy(process)
        except Exception as error:  # noqa: BLE001 - the last frame of this thread: silence would blame the base
            self._on_end(f"the packets of tcpdump cannot be read ({type(error).__name__}: {error})")

    def _copy(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout is not None
        splitter = Splitter()
        while data := os.read(process.stdout.fileno(), 1 << 18):
            records = list(splitter.feed(data))
            if splitter.header is not None:
                self._on_records(splitter.header, records)
        if not self._stopping:
            code = process.wait()
            last = (self._words.snapshot() or ["without a word"])[-1]
            self._on_end(f"tcpdump on {self.interface} ended ({code}): {last}")
