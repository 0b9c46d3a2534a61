"""The running capture: `with Capture("m9rig", folder) as wire:` and then ask `wire.sip`, `wire.http`, `wire.dhcp` …"""

from __future__ import annotations

import contextlib
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType

from harness.capture import tshark
from harness.capture.fence import BROADCAST, NEAREST_BRIDGE, Fence
from harness.capture.naming import Descriptions
from harness.capture.rtp import RtpStream
from harness.capture.tap import Tap, run_file
from harness.capture.trace import streams_of
from harness.capture.wire import Wire
from harness.core import clock, steps
from harness.core.errors import RigFault
from harness.core.limits import Limits

__all__ = ["Capture", "Wire"]

# tshark keeps 0.45 kB of every packet: two hundred megabytes.
HEAVY = 450_000
_MOST_NAMED = 3
_DIED = "read the run's log if the capture dies again; it is restarted for the next test"


class Capture:
    """tcpdump and tshark on a rig's interface, for a whole run, into the file `name` in `directory`.

    `mode` is the rig file's: host, mirror (repeated frames are dropped, lost ones are a rig fault) or inline.
    """

    def __init__(
        self,
        interface: str,
        directory: Path,
        *,
        name: str = "capture.pcap",
        capture_filter: str = "",
        mode: str = "host",
        send_on: str = "",
        limits: Limits = Limits(),  # noqa: B008 - frozen
    ) -> None:
        self.interface = interface
        self.directory = directory
        self.mode = mode
        self.file = run_file(directory, name)
        self.wire = Wire(self, limits)
        self.fences: clock.EventList[bytes] = clock.EventList()
        self._fence = Fence(send_on or interface, BROADCAST if mode == "mirror" else NEAREST_BRIDGE)
        self._stack = ExitStack()
        self._lost = 0
        self._counted_at = self._died_at = self._fenced_at = clock.now()
        self._unread: list[str] = []
        self._tap = Tap(
            interface,
            self.file,
            capture_filter=capture_filter,
            drop_repeats=mode == "mirror",
            on_event=self.wire.take,
            on_fence=lambda token: self.fences.append(token),
            on_fault=self._died,
            on_unread=self._could_not_read,
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
        steps.publish("capture", f"restarted: {self._tap.fault or self.file.fault}")
        self._tap.stop()
        self.wire.gaps.append((self._died_at, clock.now()))
        self._lost = 0
        self.fences = clock.EventList()
        self.wire.reopen()
        self._tap.start()
        steps.publish("capture", f"listening on {self.interface} again")

    def renew(self) -> None:
        """Give tshark a fresh memory; no packet is missed."""
        self._tap.renew()

    def tidy(self) -> None:
        """Renew tshark's memory when it has grown: between profiles, when no call and no connection is up."""
        if self.healthy and self._tap.fed > HEAVY:
            self.renew()

    def media(self, start: float, end: float, descriptions: Descriptions) -> list[RtpStream]:
        """The RTP streams of the packets that were stored between two moments."""
        data, before = self.file.slice(start, end)
        return streams_of(data, descriptions, before=before)

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

    def check_file(self) -> None:
        """Raise RigFault when packets could not be stored: a verdict without its packets is none."""
        if self.file.fault:
            raise RigFault("capture", self.file.fault, remedy=f"make room in {self.directory}")

    def fence(self, *, within: float = 10.0) -> None:
        """See a marked packet dissected; RigFault when it is not: the live path has failed until it is restarted."""
        self.check()
        since, stored, sent_at = len(self.fences), len(self.file), clock.now()
        token = self._fence.send()
        try:
            self.fences.wait_for(lambda seen: seen == token, what="the fence", within=within, since=since)
        except clock.WaitExpired as late:
            self.check()
            stalled = self._tap.stalled(stored, within)
            self._tap.fail(f"{stalled}: a marked packet sent on {self._fence.interface} was not dissected")
            self._died_at = self._fenced_at
            raise RigFault(
                "capture",
                self._tap.fault,
                remedy="check that the interface is up and the machine is not overloaded; " + _DIED,
            ) from late
        self._fenced_at = sent_at

    def revive(self, *, within: float = 10.0) -> None:
        """Before a test: restart what died or hangs, so that it costs no further test."""
        if self.healthy:
            with contextlib.suppress(RigFault):
                self.fence(within=within)
        if not self.healthy:
            self.restart()

    def check_unread(self) -> None:
        """Raise RigFault, once, when packets came that could not be dissected: a missing message may be one of them."""
        unread, self._unread = self._unread, []
        if unread:
            raise RigFault("capture", "; ".join(unread[:_MOST_NAMED]), remedy="keep the capture file and report it")

    def losses(self) -> int:
        """Packets that the kernel dropped since the last call; on a mirror port any is a rig fault."""
        total = self._tap.losses()
        lost, self._lost = total - self._lost, total
        since, self._counted_at = self._counted_at, clock.now()
        if lost > 0:
            self.wire.gaps.append((since, self._counted_at))
        if lost > 0 and self.mode == "mirror":
            raise RigFault("capture", f"{lost} packets were lost", remedy="mirror fewer ports, or use a faster machine")
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

    def _could_not_read(self, number: int, reason: str) -> None:
        words = f"packet {number} cannot be dissected ({reason})"
        self._unread.append(words)
        self.wire.gaps.append((self._fenced_at, clock.now()))
        steps.publish("capture", words, frame=number)

    def _died(self, reason: str) -> None:
        self._died_at = clock.now()
        self.wire.close(reason)
        self.fences.close(reason)
