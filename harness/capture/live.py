"""The running capture: `with Capture("m9rig", folder) as wire:` and then ask `wire.sip`, `wire.http`, `wire.dhcp` …"""

from __future__ import annotations

import contextlib
from collections.abc import Collection
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import NoReturn

from harness.capture import tshark
from harness.capture.fence import BROADCAST, NEAREST_BRIDGE, Fence
from harness.capture.mirror import Copies, MirrorWatch
from harness.capture.naming import Descriptions
from harness.capture.rtp import RtpStream
from harness.capture.tap import Tap, run_file
from harness.capture.tcp_live import USUAL_PORTS
from harness.capture.trace import streams_of
from harness.capture.wire import Wire
from harness.core import clock, steps
from harness.core.clock import Deadline, wait_until
from harness.core.errors import RigFault
from harness.core.limits import Limits

__all__ = ["Capture", "Wire"]

# tshark keeps 0.45 kB of every packet: two hundred megabytes.
HEAVY = 450_000
_MOST_NAMED = 3
FENCED_AGAIN = 1.0
"""Seconds until a marked packet is sent again through a mirror, which may have lost the first."""
PROVEN_WITHIN = 15.0
"""Seconds for the link of the mirrored port to come back after a restart of the base."""
MARKS_LOOKED_AT = 50
MARKED = 400
"""Marked packets that are counted through a mirror: one in a hundred lost shows in 98 of 100 counts."""
_DIED = "read the run's log if the capture dies again; it is restarted for the next test"


class Capture:
    """tcpdump and tshark on a rig's interface, for a whole run, into the file `name` in `directory`.

    `mode` is the rig file's: host, mirror (repeated frames are dropped, lost ones are a rig fault) or inline. What a
    mirror loses is counted against the packets of the device `mac` on the own interface `send_on`. `secrets` opens TLS:
    a server's private key, or a key log; it is read when the capture starts.
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
        mac: str = "",
        sip_ports: Collection[int] = (),
        secrets: Path | None = None,
        limits: Limits = Limits(),  # noqa: B008 - frozen
    ) -> None:
        self.interface = interface
        self.directory = directory
        self.mode = mode
        self.file = run_file(directory, name)
        self.wire = Wire(self, limits)
        self.fences: clock.EventList[bytes] = clock.EventList()
        self._fence = Fence(send_on or interface, BROADCAST if mode == "mirror" else NEAREST_BRIDGE)
        self._near = Fence(interface, NEAREST_BRIDGE)
        self._last_mark = b""
        self._unproven = False
        self._stack = ExitStack()
        self._lost = 0
        self._counted_at = self._died_at = self._fenced_at = clock.now()
        self._unread: list[str] = []
        self._repeats = Copies() if mode == "mirror" else None
        self._mirror = MirrorWatch(send_on, mac) if mode == "mirror" and send_on not in ("", interface) else None
        self._tap = Tap(
            interface,
            self.file,
            capture_filter=capture_filter,
            sip_ports=USUAL_PORTS.union(sip_ports),
            repeats=self._repeats,
            secrets=secrets,
            on_frame=self._mirror.mirrored if self._mirror is not None else lambda record: None,
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
        if self._mirror is not None:
            self._mirror.start()
            self._stack.callback(self._mirror.stop)
            self._stack.enter_context(steps.subscribed(self._mirror.darkness.note))
        self._stack.enter_context(steps.subscribed(self.wire.on_step))
        steps.publish("capture", f"listening on {self.interface}", file=str(self.file.path))

    def stop(self) -> None:
        """End it; the file stays."""
        self._stack.close()
        self._tap.stop()
        self.wire.close("the capture was stopped")
        self._fence.close()
        self._near.close()
        self.file.close()

    def restart(self) -> None:
        """Begin again after a death, in the same file; marks and what was seen so far stay."""
        steps.publish("capture", f"restarted: {self._fault}")
        self._tap.stop()
        self.wire.gaps.append((self._died_at, clock.now()))
        self._lost = 0
        self.fences = clock.EventList()
        self.wire.reopen()
        self._tap.start()
        if self._mirror is not None:
            self._unproven = False
            self._mirror.restart()
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
    def _fault(self) -> str:
        own = self._mirror.fault if self._mirror is not None else ""
        return self._tap.fault or self.file.fault or own

    @property
    def healthy(self) -> bool:
        """Whether all processes live and the file takes packets."""
        return not self._fault

    @property
    def pids(self) -> dict[str, int]:
        """The processes of the live path; `own` is the one that a mirror is compared with."""
        return self._tap.pids | ({"own": self._mirror.pid} if self._mirror is not None else {})

    def check(self) -> None:
        """Raise RigFault when a process of the live path has died."""
        if self._tap.fault:
            raise RigFault("capture", self._tap.fault, remedy=_DIED)

    def check_file(self) -> None:
        """Raise RigFault when packets could not be stored: a verdict without its packets is none."""
        if self.file.fault:
            raise RigFault("capture", self.file.fault, remedy=f"make room in {self.directory}")

    def fence(self, *, within: float = 10.0) -> None:
        """See a marked packet dissected; RigFault when it is not: the live path has failed until it is restarted.

        A mirror may lose the marked packet itself: there it is sent again now and then, and a lost one is counted. The
        mirror of a port without link delivers none: a second one, sent on the capture's own interface, then shows that
        all that came was dissected.
        """
        self.check()
        since, stored, deadline = len(self.fences), len(self.file), Deadline(within)
        sent: dict[bytes, float] = {}
        through: dict[bytes, float] = {}
        near: set[bytes] = set()
        while True:
            at, token = clock.now(), self._fence.send()
            sent[token] = through[token] = at
            if self._is_unproven():
                near.add(own := self._near.send())
                sent[own] = at
                through.clear()
            self._last_mark = token
            patience = min(deadline.left, FENCED_AGAIN if self._mirror is not None else within)
            with contextlib.suppress(clock.WaitExpired):
                seen = self.fences.wait_for(sent.__contains__, what="the fence", within=patience, since=since)
                break
            self.check()
            if deadline.expired:
                self._stall(stored, within)
            self._unproven = self._mirror is not None and self._mirror.is_silent(token, at)
        if self._mirror is not None and seen not in near:
            arrived = set(self.fences.snapshot(since))
            lost = [] if self._unproven else [at for token, at in through.items() if token not in arrived]
            self._mirror.fenced(seen, sent[seen], lost)
        self._fenced_at = sent[seen]

    def _is_unproven(self) -> bool:
        """Whether the last marked packet did not come through the mirror, as the base was silent too."""
        self._unproven = self._unproven and self._last_mark not in self.fences.snapshot()[-MARKS_LOOKED_AT:]
        return self._unproven

    def _prove(self, within: float) -> None:
        """Raise RigFault unless a marked packet comes through the mirror in time, or the base's power is cut."""
        dark = self._mirror is None or self._mirror.darkness.is_now
        with contextlib.suppress(clock.WaitExpired):
            wait_until(lambda: dark or not self._fenced_unproven(), what="the mirror", within=within, poll=0.1)
            return
        raise RigFault(
            "capture",
            f"no marked packet comes through the mirror at {self.interface}, and the base is silent",
            remedy="check the mirror's cable and configuration, and that the base has power and link",
        )

    def _fenced_unproven(self) -> bool:
        self.fence()
        return self._is_unproven()

    def _stall(self, stored: int, within: float) -> NoReturn:
        stalled = self._tap.stalled(stored, within)
        self._tap.fail(f"{stalled}: a marked packet sent on {self._fence.interface} was not dissected")
        self._died_at = self._fenced_at
        raise RigFault(
            "capture",
            self._tap.fault,
            remedy="check that the interface is up and the machine is not overloaded; " + _DIED,
        )

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
        """Packets that the kernel dropped since the last call; on a mirror port any lost packet is a rig fault."""
        total = self._tap.losses()
        lost, self._lost = total - self._lost, total
        since, self._counted_at = self._counted_at, clock.now()
        if lost > 0:
            self.wire.gaps.append((since, self._counted_at))
        if lost > 0 and self.mode == "mirror":
            raise RigFault("capture", f"{lost} packets were lost", remedy="mirror fewer ports, or use a faster machine")
        if self._mirror is not None:
            self._mirror.check(self.wire.gaps)
        return max(0, lost)

    def passed(self, count: int, within: float = 5.0) -> int:
        """How many of so many marked packets came through: what a mirror port loses shows before anything is judged."""
        since = len(self.fences)
        sent = {self._fence.send() for _ in range(count)}
        with contextlib.suppress(clock.WaitExpired):
            wait_until(lambda: sent <= set(self.fences.snapshot(since)), what="all marked packets", within=within)
        self.check()
        return len(sent & set(self.fences.snapshot(since)))

    def check_mirror(self) -> int:
        """Raise RigFault if the mirror lost packets since this was asked last; returns how many marked ones it passed.

        What base and a far PBX say to each other is on no own interface: marked packets stand for it.
        """
        if self._mirror is None:
            return 0
        since = self._counted_at
        self.fence()
        self._prove(PROVEN_WITHIN)
        self.losses()
        if self._mirror.darkness.is_now:
            return 0
        lost = MARKED - self.passed(MARKED)
        if lost:
            self.wire.gaps.append((since, clock.now()))
            raise RigFault(
                "capture",
                f"the mirror lost {lost} of {MARKED} marked packets",
                remedy="mirror fewer ports, or connect this machine so that it sees the packets itself (mode: host)",
            )
        return MARKED

    def record(self) -> dict[str, object]:
        """What the run's record keeps of the capture: file, hash, packets, tool versions, faults."""
        return {
            "file": self.file.path.name,
            "sha256": self.file.digest(),
            "packets": len(self.file),
            "repeats_dropped": self._repeats.dropped if self._repeats is not None else 0,
            "mirror": self._mirror.record() if self._mirror is not None else None,
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
