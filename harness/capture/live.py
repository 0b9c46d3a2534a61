"""The running capture: `with Capture("m9rig", folder) as wire:` and then ask `wire.sip`, `wire.http`, `wire.dhcp` …"""

from __future__ import annotations

import dataclasses
from collections import deque
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any

from harness import clock, steps
from harness.capture import tshark
from harness.capture.dialogs import Dialog
from harness.capture.fence import BROADCAST, NEAREST_BRIDGE, Fence
from harness.capture.messages import (
    DhcpMessage,
    DnsMessage,
    HttpMessage,
    IcmpMessage,
    Packet,
    RtcpReport,
    SipMessage,
    clock_text,
)
from harness.capture.rtp import RtpStream, media_table, streams_of
from harness.capture.tap import Tap, run_file
from harness.capture.view import Ends, Stream, View, addresses_of
from harness.errors import RigFault

# The parts of a rig that a test acts with.
ACTORS = frozenset({"handset", "peer", "power", "web", "base", "pbx"})
# tshark keeps 0.45 kB of every packet: two hundred megabytes.
HEAVY = 450_000
_DIED = "the capture is started again for the next test; look at the run's log if it dies again"


class Wire:
    """What was and is on the wire. Times are epoch seconds of the host's clock."""

    def __init__(self, capture: Capture) -> None:
        self._capture = capture
        self._since = clock.now()
        self._acts: deque[steps.Step] = deque(maxlen=4)
        self._streams: dict[type[Packet], Stream[Any]] = {}
        self.sip: View[SipMessage] = self._view(SipMessage)
        self.http: View[HttpMessage] = self._view(HttpMessage)
        self.dhcp: View[DhcpMessage] = self._view(DhcpMessage)
        self.dns: View[DnsMessage] = self._view(DnsMessage)
        self.rtcp: View[RtcpReport] = self._view(RtcpReport)
        self.icmp: View[IcmpMessage] = self._view(IcmpMessage)
        self.other: View[Packet] = self._view(Packet)

    def mark(self) -> float:
        """Now, as a starting point for `since=`; from here on it is also the default."""
        self._since = clock.now()
        return self._since

    @property
    def default_since(self) -> float:
        """The test's last act, or the last `mark`, whichever came later."""
        return self._since

    def fence(self, *, within: float = 10.0) -> None:
        """See a marked packet dissected: nothing that came before is missing then. RigFault when it is not seen."""
        self._capture.fence(within=within)

    def settle(self) -> None:
        """As `fence`, and RigFault when the kernel dropped packets: then nothing can be said of what did not come."""
        self._capture.fence()
        lost = self._capture.losses()
        if lost:
            raise RigFault("capture", f"{lost} packets were lost", remedy="less traffic, or a faster machine")

    def check(self) -> None:
        """Raise RigFault when the capture has died."""
        self._capture.check()

    def before(self) -> str:
        """The last acts with their times, for a failure's story."""
        return " · ".join(f"{step.text} {clock_text(step.at)}" for step in self._acts)

    def dialog(self, call_id: str | SipMessage) -> Dialog:
        """The dialog of a Call-ID, or of a message."""
        name = call_id.call_id if isinstance(call_id, SipMessage) else call_id
        return Dialog(name, lambda: self._streams[SipMessage].snapshot())

    def messages(self, *, since: float | None = None, until: float | None = None) -> list[SipMessage]:
        """All SIP messages between two moments, without a fence."""
        stream = self._streams[SipMessage]
        found: list[SipMessage] = stream.snapshot(stream.position(since or 0.0))
        return [message for message in found if until is None or message.at <= until]

    def events(self, *, since: float, until: float) -> list[Packet]:
        """All events of all protocols between two moments, in the order of the wire."""
        found: list[Packet] = []
        for stream in self._streams.values():
            found += [event for event in stream.snapshot(stream.position(since)) if event.at <= until]
        return sorted(found, key=lambda event: (event.at, event.frame))

    def rtp(
        self,
        of: Dialog | Ends = None,
        *,
        since: float | None = None,
        until: float | None = None,
        audio: bool = False,
    ) -> list[RtpStream]:
        """The RTP streams of a dialog, of addresses, or all, as tshark dissects them from the stored packets.

        With `since`, only packets from then on count; `audio` keeps the payloads for decoding.
        """
        self.fence()
        start, end = self._since if since is None else since, until or clock.now()
        learn = start
        if isinstance(of, Dialog):
            learn = min([start, *(message.at for message in of.messages[:1])])
            start = learn if since is None else since
        streams = streams_of(self._capture.media_rows(learn, start), since=start, until=end, audio=audio)
        if isinstance(of, Dialog):
            ends = of.media_endpoints()
            return [s for s in streams if (s.src, s.sport) in ends or (s.dst, s.dport) in ends]
        if of is None:
            return streams
        addresses = addresses_of(of)
        return [s for s in streams if s.src in addresses or s.dst in addresses]

    def packets_between(self, start: float, end: float) -> tuple[bytes, int]:
        """The packets between two moments as a pcap, and how many frames of the run's file come before them."""
        return self._capture.file.slice(start, end)

    def has_media(self, start: float, end: float) -> bool:
        """Whether RTP was seen between two moments; costs nothing."""
        return self._capture.file.has_media(start, end)

    def slice(self, start: float, end: float, path: Path) -> int:
        """Write the packets between two moments to a pcap, unscrubbed; returns the number of bytes."""
        data, _ = self._capture.file.slice(start, end)
        path.write_bytes(data)
        return len(data)

    def packets(self, display_filter: str, *, since: float | None = None, until: float | None = None) -> Any:
        """A pyshark capture over a stored slice, for whoever wants to look deeper. Close it when done."""
        import tempfile

        import pyshark

        self.fence()
        start = self._since if since is None else since
        folder = tempfile.mkdtemp(prefix="slice-", dir=self._capture.directory)
        path = Path(folder) / "slice.pcap"
        self.slice(start, until or clock.now(), path)
        return pyshark.FileCapture(str(path), display_filter=display_filter, keep_packets=True)

    def on_step(self, step: steps.Step) -> None:
        """Follow the test's acts: what is expected afterwards is looked for from there on.

        An act takes time, an observation is published at once; a driver may say `act=` where that does not fit.
        """
        if step.data.get("act", step.ended is not None and step.part in ACTORS):
            self._acts.append(step)
            self._since = max(self._since, step.at)

    def take(self, event: Packet) -> None:
        """An event of the live path."""
        self._streams.get(type(event), self._streams[Packet]).append(event)

    def close(self, reason: str) -> None:
        """No more events will come."""
        for stream in self._streams.values():
            stream.close(reason)

    def reopen(self) -> None:
        """Events come again."""
        for stream in self._streams.values():
            stream.reopen()

    def _view(self, kind: type[Any]) -> View[Any]:
        stream: Stream[Any] = Stream()
        self._streams[kind] = stream
        return View(self, stream, kind)


class Capture:
    """tcpdump and tshark on a rig's interface, for a whole run, into `directory`/capture.pcap.

    `mode` is the rig file's: host, mirror (repeated frames are dropped, lost ones are a rig fault) or inline.
    """

    def __init__(
        self, interface: str, directory: Path, *, capture_filter: str = "", mode: str = "host", send_on: str = ""
    ) -> None:
        self.interface = interface
        self.directory = directory
        self.mode = mode
        self.file = run_file(directory)
        self.wire = Wire(self)
        self.fences: clock.EventList[bytes] = clock.EventList()
        self._fence = Fence(send_on or interface, BROADCAST if mode == "mirror" else NEAREST_BRIDGE)
        self._stack = ExitStack()
        self._lost = 0
        self._tap = Tap(
            interface,
            self.file,
            capture_filter=capture_filter,
            drop_repeats=mode == "mirror",
            on_event=self.wire.take,
            on_fence=lambda token: self.fences.append(token),
            on_fault=self._died,
        )

    def __enter__(self) -> Wire:
        self.start()
        return self.wire

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Listen: the first packet after this call is captured. Returns without waiting for tshark to be loaded."""
        self.file.path.parent.mkdir(parents=True, exist_ok=True)
        self._tap.start()
        self._stack.enter_context(steps.subscribed(self.wire.on_step))
        steps.publish("capture", f"listening on {self.interface}", file=str(self.file.path))

    def stop(self) -> None:
        """End it; the file stays."""
        self._stack.close()
        self._tap.stop()
        self.wire.close("the capture was stopped")
        self._fence.close()
        self.file.close()

    def restart(self) -> None:
        """Begin again after a death, in the same file; marks and what was seen so far stay."""
        self._tap.stop()
        self._lost = 0
        self.fences = clock.EventList()
        self.wire.reopen()
        self._tap.start()
        steps.publish("capture", f"listening on {self.interface} again")

    def renew(self) -> None:
        """Give tshark a fresh memory, between profiles or tests; no packet is missed."""
        self._tap.renew()

    def tidy(self) -> None:
        """Renew tshark's memory when it has grown: between tests, when no call is up."""
        if self.healthy and self._tap.fed > HEAVY:
            self.renew()

    def media_rows(self, learn: float, start: float) -> list[list[str]]:
        """A row for each RTP packet from `start` on; those no longer at hand are dissected from the file anew.

        What comes from the file needs the signalling, which begins at `learn`.
        """
        self._tap.settle_media()
        rows = self._tap.media.since(start)
        if rows is not None:
            return rows
        data, before = self.file.slice(learn, clock.now())
        return media_table(data, before)

    @property
    def healthy(self) -> bool:
        """Whether both processes live and the file takes packets."""
        return not self._tap.fault and not self.file.fault

    @property
    def pids(self) -> dict[str, int]:
        """The processes of the live path."""
        return self._tap.pids

    def check(self) -> None:
        """Raise RigFault when a process of the live path has died."""
        if self._tap.fault:
            raise RigFault("capture", self._tap.fault, remedy=_DIED)

    def fence(self, *, within: float = 10.0) -> None:
        """See a marked packet dissected; RigFault when it is not."""
        self.check()
        since = len(self.fences)
        token = self._fence.send()
        try:
            self.fences.wait_for(lambda seen: seen == token, what="the fence", within=within, since=since)
        except clock.WaitExpired as late:
            self.check()
            raise RigFault(
                "capture",
                f"a marked packet sent on {self._fence.interface} was not seen on {self.interface} within {within:g} s",
                remedy="is the interface up, tshark alive and the machine not overloaded?",
            ) from late

    def losses(self) -> int:
        """Packets that the kernel dropped since the last call; on a mirror port any is a rig fault."""
        total = self._tap.losses()
        lost, self._lost = total - self._lost, total
        if lost > 0 and self.mode == "mirror":
            raise RigFault("capture", f"{lost} packets were lost", remedy="mirror fewer ports, or a faster machine")
        return max(0, lost)

    def record(self) -> dict[str, object]:
        """What the run's record keeps of the capture: file, hash, packets, tool versions, faults."""
        return {
            "file": self.file.path.name,
            "sha256": self.file.digest(),
            "packets": len(self.file),
            "repeats_dropped": self._tap.repeats_dropped,
            "interface": self.interface,
            "mode": self.mode,
            "fault": self._tap.fault or self.file.fault,
            **tshark.versions(),
        }

    def _died(self, reason: str) -> None:
        self.wire.close(reason)
        self.fences.close(reason)


def renumbered(messages: Iterable[SipMessage], before: int) -> list[SipMessage]:
    """The same messages with the frame numbers of a slice that leaves out the first `before` frames."""
    return [dataclasses.replace(m, frame=max(0, m.frame - before)) for m in messages]
