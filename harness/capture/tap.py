"""The live path: tcpdump, a tee into the run's file and into tshark, which sees all but media."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections import deque
from collections.abc import Callable
from pathlib import Path

import psutil

from harness.capture import dissect, layers, tcp_live, tshark
from harness.capture.dissector import Dissector
from harness.capture.messages import Packet, SipMessage
from harness.capture.pcap import Record, Splitter, looks_like_rtp
from harness.capture.sip_reader import Repetitions
from harness.capture.store import RunFile
from harness.core import clock
from harness.core.errors import RigFault

REPEAT_WINDOW = 0.02
# A tshark that has just been started may still be loading, on a busy machine for long.
LOADING = 30.0
# libpcap gives each packet a slot of its own, as long as the longest that may come: with tcpdump's default of 256 KiB
# a burst of sixty packets would fill sixteen megabytes.
_LONGEST = "65535"
_BUFFER_KIB = "32768"
_STOPPED = (psutil.STATUS_STOPPED, psutil.STATUS_TRACING_STOP)


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
        on_unread: Callable[[int, str], None],
    ) -> None:
        self.interface = interface
        self.file = file
        self.fault = ""
        self.repeats_dropped = 0
        self._repetitions = Repetitions()
        self._tcp = tcp_live.LiveStreams(on_unread)
        self._filter = capture_filter
        self._drop_repeats = drop_repeats
        self._on_event, self._on_fence, self._on_fault, self._on_unread = on_event, on_fence, on_fault, on_unread
        self._tcpdump: subprocess.Popen[bytes] | None = None
        self._dissector: Dissector | None = None
        self._threads: list[threading.Thread] = []
        self._swap = threading.Lock()
        self._recent: deque[tuple[float, int]] = deque()
        self._stopping = False
        self._words = clock.EventList[str]()

    @property
    def pids(self) -> dict[str, int]:
        """The processes of the live path."""
        found = {"tcpdump": self._tcpdump.pid} if self._tcpdump is not None else {}
        return found | ({"tshark": self._dissector.pid} if self._dissector is not None else {})

    def start(self, *, within: float = 10.0) -> None:
        """Listen; returns when tcpdump says that it does, so that the first packet after this call is captured."""
        self.fault, self._stopping = "", False
        self._tcp = tcp_live.LiveStreams(self._on_unread)
        self._words = clock.EventList[str]()
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
        self._dissector = self._new_dissector()
        self._threads = [
            threading.Thread(target=target, args=(self._tcpdump,), name=f"capture{target.__name__}", daemon=True)
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

    def renew(self) -> None:
        """Give tshark a fresh memory without missing a packet; of open TCP connections only SIP is followed further."""
        fresh = self._new_dissector(silent=True)
        with self._swap:
            old, self._dissector = self._dissector, fresh
            if self.file.header is not None:
                fresh.put(self.file.header.raw)
        if old is not None and not old.close(within=LOADING):
            self.fail(f"tshark, which dissects {self.interface}, did not finish within {LOADING:g} s")
        fresh.speak()

    @property
    def fed(self) -> int:
        """How many packets tshark keeps in memory."""
        return self._dissector.fed if self._dissector is not None else 0

    def losses(self, *, within: float = 5.0) -> int:
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
            silent = self._silent("tcpdump", within)
            raise RigFault("capture", silent, remedy="check the load of the machine") from late
        words = line.replace(",", "").split()
        return int(words[words.index("dropped") - 2]) if "dropped" in words else 0

    def stop(self) -> None:
        """End all processes; what was on the wire until now is in the file."""
        self._stopping = True
        tcpdump, self._tcpdump = self._tcpdump, None
        if tcpdump is not None:
            tcpdump.terminate()
            tcpdump.send_signal(signal.SIGCONT)  # one that was stopped ends at once
            try:
                tcpdump.wait(5)
            except subprocess.TimeoutExpired:
                tcpdump.kill()
                tcpdump.wait()
        for thread in self._threads:
            thread.join(5)
        with self._swap:
            dissector, self._dissector = self._dissector, None
        if dissector is not None:
            dissector.close()
        for pipe in (tcpdump.stdout, tcpdump.stderr) if tcpdump is not None else ():
            if pipe is not None:
                pipe.close()
        self._threads = []

    def _new_dissector(self, *, silent: bool = False) -> Dissector:
        command = tshark.messages_command("-", also=tcp_live.ALSO_WANTED)
        return Dissector(command, self._message_line, self._dissector_died, self._on_unread, silent=silent)

    def _listen(self, tcpdump: subprocess.Popen[bytes]) -> None:
        assert tcpdump.stderr is not None
        for line in tcpdump.stderr:
            self._words.append(line.decode("utf-8", "replace").strip())
        self._words.close("tcpdump has ended")

    def _tee(self, tcpdump: subprocess.Popen[bytes]) -> None:
        """Copy packets until tcpdump ends; whatever ends it, the capture has failed and says so."""
        try:
            self._copy(tcpdump)
        except Exception as error:  # noqa: BLE001 - the last frame of this thread: silence would blame the base
            self.fail(f"the packets of tcpdump cannot be read ({type(error).__name__}: {error})")

    def _copy(self, tcpdump: subprocess.Popen[bytes]) -> None:
        """Store what comes and queue what tshark is to see; never waits for tshark, lest the kernel drop packets."""
        assert tcpdump.stdout is not None
        splitter, begun = Splitter(), False
        while data := os.read(tcpdump.stdout.fileno(), 1 << 18):
            records = list(splitter.feed(data))
            if splitter.header is None:
                continue
            with self._swap:
                if not begun:
                    begun = True
                    self.file.begin(splitter.header)
                    if self._dissector is not None:
                        self._dissector.put(splitter.header.raw)
                self._hand_on([record for record in records if not (self._drop_repeats and self._is_repeat(record))])
        if not self._stopping:
            code = tcpdump.wait()
            last = (self._words.snapshot() or ["without a word"])[-1]
            self.fail(f"tcpdump on {self.interface} ended ({code}): {last}")

    def _hand_on(self, records: list[Record]) -> None:
        """Store frames, and give all but media to tshark."""
        media = [looks_like_rtp(record.frame) for record in records]
        numbers = [self.file.append(record, media=m) for record, m in zip(records, media, strict=True)]
        spoken = [(record.raw, n) for record, n, m in zip(records, numbers, media, strict=True) if not m]
        if self._dissector is not None:
            self._dissector.put(b"".join(raw for raw, _ in spoken), [n for _, n in spoken])

    def _message_line(self, line: bytes, number: Callable[[int], int]) -> None:
        if fence := dissect.fence_of(line, number):
            for message in self._tcp.settle(fence[1]):
                self._on_event(self._repetitions.marked(message))
            self._on_fence(fence[0])
            return
        linktype = self.file.header.linktype if self.file.header is not None else layers.ETHERNET
        for event in dissect.events(line, number, streams=self._tcp, linktype=linktype):
            self._on_event(self._repetitions.marked(event) if isinstance(event, SipMessage) else event)

    def _is_repeat(self, record: Record) -> bool:
        """Whether a mirror port gave the same frame twice: the same packet, tagged or not, within 20 ms."""
        while self._recent and self._recent[0][0] < record.at - REPEAT_WINDOW:
            self._recent.popleft()
        print_ = hash(layers.past_link(record.frame, record.linktype))
        if any(seen == print_ for _, seen in self._recent):
            self.repeats_dropped += 1
            return True
        self._recent.append((record.at, print_))
        return False

    def _dissector_died(self, words: str) -> None:
        if not self._stopping:
            self.fail(f"{words}, which dissects {self.interface}")

    def stalled(self, stored: int, within: float) -> str:
        """Which process hangs when a marked packet was not dissected; the file had `stored` packets before it was sent.

        A packet that is not in the file was not handed out by tcpdump, one that is there waits for tshark.
        """
        name = "tcpdump" if len(self.file) <= stored and not self.file.fault else "tshark"
        return self._silent(next((part for part in self.pids if self._is_stopped(part)), name), within)

    def _silent(self, part: str, within: float) -> str:
        words = "is stopped" if self._is_stopped(part) else f"has said nothing for {within:g} s"
        return f"{part} on {self.interface} {words}"

    def _is_stopped(self, part: str) -> bool:
        pid = self.pids.get(part, 0)
        return psutil.pid_exists(pid) and psutil.Process(pid).status() in _STOPPED

    def fail(self, reason: str) -> None:
        """The live path does not work any more; what waits for packets ends with the reason."""
        if not self.fault:
            self.fault = reason
            self._on_fault(reason)


def run_file(directory: Path, name: str) -> RunFile:
    """The run's capture file in its folder."""
    directory.mkdir(parents=True, exist_ok=True)
    return RunFile(directory / name)
