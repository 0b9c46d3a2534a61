"""The live path: tcpdump, a tee into the run's file and into tshark, which sees all but media."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection
from pathlib import Path

from harness.capture import dissect, layers, tcp_live, tshark
from harness.capture.dissector import Dissector
from harness.capture.messages import Packet, SipMessage
from harness.capture.mirror import Copies
from harness.capture.pcap import PcapHeader, Record, looks_like_rtp
from harness.capture.sip_reader import Repetitions
from harness.capture.store import RunFile
from harness.capture.tcpdump import Tcpdump
from harness.core.child_process import is_stopped
from harness.core.errors import RigFault

# A tshark that has just been started may still be loading, on a busy machine for long.
LOADING = 30.0


class Tap:
    """tcpdump and tshark on one interface; `fault` says which died. `start` may be called again after `stop`."""

    def __init__(
        self,
        interface: str,
        file: RunFile,
        *,
        capture_filter: str,
        sip_ports: Collection[int],
        repeats: Copies | None,
        secrets: Path | None,
        on_frame: Callable[[Record], None],
        on_event: Callable[[Packet], None],
        on_fence: Callable[[bytes], None],
        on_fault: Callable[[str], None],
        on_unread: Callable[[int, str], None],
    ) -> None:
        self.interface = interface
        self.file = file
        self.fault = ""
        self._repetitions = Repetitions()
        self._sip_ports = sip_ports
        self._tcp = tcp_live.LiveStreams(on_unread, sip_ports)
        self._repeats, self._on_frame = repeats, on_frame
        self._opening = tshark.opening(secrets) if secrets is not None else []
        self._on_event, self._on_fence, self._on_fault, self._on_unread = on_event, on_fence, on_fault, on_unread
        self._tcpdump = Tcpdump(interface, capture_filter, self._copy, self.fail)
        self._dissector: Dissector | None = None
        self._swap = threading.Lock()
        self._begun = self._stopping = False

    @property
    def pids(self) -> dict[str, int]:
        """The processes of the live path."""
        found = {"tcpdump": self._tcpdump.pid} if self._tcpdump.pid else {}
        return found | ({"tshark": self._dissector.pid} if self._dissector is not None else {})

    def start(self, *, within: float = 10.0) -> None:
        """Listen; returns when tcpdump says that it does, so that the first packet after this call is captured."""
        self.fault, self._stopping, self._begun = "", False, False
        self._tcp = tcp_live.LiveStreams(self._on_unread, self._sip_ports)
        self._dissector = self._new_dissector()
        try:
            self._tcpdump.start(within=within)
        except RigFault:
            self.stop()
            raise

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

    def losses(self) -> int:
        """How many packets the kernel dropped for want of room, as tcpdump counts them."""
        return self._tcpdump.losses()

    def stop(self) -> None:
        """End all processes; what was on the wire until now is in the file."""
        self._stopping = True
        self._tcpdump.stop()
        with self._swap:
            dissector, self._dissector = self._dissector, None
        if dissector is not None:
            dissector.close()

    def _new_dissector(self, *, silent: bool = False) -> Dissector:
        command = tshark.messages_command("-", *self._opening, also=tcp_live.also_wanted(self._sip_ports))
        return Dissector(command, self._message_line, self._dissector_died, self._on_unread, silent=silent)

    def _copy(self, header: PcapHeader, records: list[Record]) -> None:
        """Store what comes and queue what tshark is to see; never waits for tshark, lest the kernel drop packets."""
        with self._swap:
            if not self._begun:
                self._begun = True
                self.file.begin(header)
                if self._dissector is not None:
                    self._dissector.put(header.raw)
            first = [record for record in records if self._repeats is None or not self._repeats.has(record)]
            self._hand_on(first)
        for record in records:
            self._on_frame(record)

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

    def _dissector_died(self, words: str) -> None:
        if not self._stopping:
            self.fail(f"{words}, which dissects {self.interface}")

    def stalled(self, stored: int, within: float) -> str:
        """Which process hangs when a marked packet was not dissected; the file had `stored` packets before it was sent.

        A packet that is not in the file was not handed out by tcpdump, one that is there waits for tshark.
        """
        name = "tcpdump" if len(self.file) <= stored and not self.file.fault else "tshark"
        return self._silent(next((part for part in self.pids if self._stopped(part)), name), within)

    def _silent(self, part: str, within: float) -> str:
        words = "is stopped" if self._stopped(part) else f"has said nothing for {within:g} s"
        return f"{part} on {self.interface} {words}"

    def _stopped(self, part: str) -> bool:
        return is_stopped(self.pids.get(part, 0))

    def fail(self, reason: str) -> None:
        """The live path does not work any more; what waits for packets ends with the reason."""
        if not self.fault:
            self.fault = reason
            self._on_fault(reason)


def run_file(directory: Path, name: str) -> RunFile:
    """The run's capture file in its folder."""
    directory.mkdir(parents=True, exist_ok=True)
    return RunFile(directory / name)
