"""Counts what a mirror port loses: packets that the host's own interface had and the capture did not.

Own interface and mirror see the same traffic between the base and this host. A packet of it that the mirror did not
deliver is lost, and so may be others that only the mirror shows; nothing may rest on such a gap.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable

from harness.capture.dissect import FENCE_TYPE
from harness.capture.fingerprint import fingerprint, is_comparable
from harness.capture.messages import clock_text
from harness.capture.pcap import PcapHeader, Record
from harness.capture.tcpdump import Tcpdump
from harness.core import clock, steps
from harness.core.errors import RigFault

KEPT_S = 5.0
"""Seconds for which a packet waits for its counterpart; a mirror is a few milliseconds late."""
LINK_S, RESTART_S = 1.0, 60.0
"""Seconds after power-on, and after a restart by the web UI, within which the base's port may still have no link."""
REPEAT_S = 0.1
"""Identical packets so close together are copies of one: a mirror may deliver one at each of two ports."""
OWN_S = 5.0
"""Seconds until the own interface must have shown a marked packet; it is the first to see it."""
MARKS_KEPT = 500


class Copies:
    """Finds copies: the same packet again within REPEAT_S, with other tags, hops or checksums."""

    def __init__(self) -> None:
        self.dropped = 0
        self._recent: deque[tuple[float, int]] = deque()
        self._there: set[int] = set()

    def has(self, record: Record) -> bool:
        """Whether this frame is a copy of one before it."""
        while self._recent and self._recent[0][0] < record.at - REPEAT_S:
            self._there.discard(self._recent.popleft()[1])
        mark = fingerprint(record.frame, record.linktype)
        if mark in self._there:
            self.dropped += 1
            return True
        self._there.add(mark)
        self._recent.append((record.at, mark))
        return False


class Darkness:
    """When the base's port may have had no link, by the harness's own acts: what is sent to it then is not mirrored."""

    def __init__(self) -> None:
        self._spans: list[tuple[float, float]] = []
        self._off_since: float | None = None

    @property
    def is_now(self) -> bool:
        """Whether the harness has cut the base's power."""
        return self._off_since is not None

    def note(self, step: steps.Step) -> None:
        """An act of the harness; others than those on the base's power do not count."""
        did = step.data.get("did")
        kinds = [one.get("kind") for one in (did if isinstance(did, list) else [did]) if isinstance(one, dict)]
        if "power-off" in kinds and self._off_since is None:
            self._off_since = step.at
        if "power-on" in kinds and self._off_since is not None:
            self._spans.append((self._off_since, (step.ended or step.at) + LINK_S))
            self._off_since = None
        if "reboot" in kinds:
            self._spans.append((step.at, step.at + RESTART_S))

    def covers(self, at: float) -> bool:
        """Whether the port may have had no link at a moment."""
        if self._off_since is not None and self._off_since <= at:
            return True
        return any(begins <= at <= ends for begins, ends in self._spans)


class Balance:
    """Compares two captures of the same packets; the order in which both come does not matter."""

    def __init__(self, mac: str, dark: Callable[[float], bool] = lambda at: False) -> None:
        """`dark` says of a moment whether a packet to the base need not have reached its port."""
        self._mac = bytes.fromhex(mac.replace(":", ""))
        self._dark = dark
        self._own: dict[int, deque[tuple[float, bool]]] = {}
        self._mirrored: dict[int, deque[float]] = {}
        self._lock = threading.Lock()
        self.compared = 0

    def own(self, record: Record) -> None:
        """A packet of the own interface."""
        frame = record.frame
        if not is_comparable(frame, record.linktype):
            return
        with self._lock:
            self.compared += 1
            of_the_base = frame[6:12] == self._mac
            mark = fingerprint(frame, record.linktype)
            if not _took(self._mirrored, mark):
                self._own.setdefault(mark, deque()).append((record.at, of_the_base))

    def mirrored(self, record: Record) -> None:
        """A packet of the mirror; further copies do no harm."""
        if is_comparable(record.frame, record.linktype):
            with self._lock:
                mark = fingerprint(record.frame, record.linktype)
                if not _took(self._own, mark):
                    self._mirrored.setdefault(mark, deque()).append(record.at)

    def clear(self) -> None:
        """Compare only what comes from now on."""
        with self._lock:
            self._own.clear()
            self._mirrored.clear()

    def missing(self, before: float) -> list[float]:
        """The times of the packets until `before` that the mirror has lost; each is told once."""
        lost = []
        with self._lock:
            for mark, waiting in list(self._own.items()):
                while waiting and waiting[0][0] <= before:
                    at, of_the_base = waiting.popleft()
                    if of_the_base or not self._dark(at):
                        lost.append(at)
                if not waiting:
                    del self._own[mark]
            self._forget(before - KEPT_S)
        return sorted(lost)

    def _forget(self, until: float) -> None:
        """Drop old packets of the mirror: those of others than base and host are no business of the own interface."""
        for mark, times in list(self._mirrored.items()):
            while times and times[0] < until:
                times.popleft()
            if not times:
                del self._mirrored[mark]


class MirrorWatch:
    """Compares a mirror with the own interface, packet by packet; RigFault where the mirror cannot be relied on."""

    def __init__(self, interface: str, mac: str) -> None:
        self.interface = interface
        self.lost = 0
        self.heard_at = 0.0
        """When the device sent its last frame on the own interface."""
        self.fault = ""
        self._mac = bytes.fromhex(mac.replace(":", ""))
        self.darkness = Darkness()
        self._balance = Balance(mac, self.darkness.covers)
        self._own_fences: clock.EventList[bytes] = clock.EventList()
        self._mirrored_fences: dict[bytes, float] = {}
        self._lost_fences: list[float] = []
        self._apart = 0.0
        self._fenced_at = 0.0
        words = f"ether host {mac} or ether proto 0x{FENCE_TYPE.hex()}"
        self._tcpdump = Tcpdump(interface, words, self._own, self._ended)

    def start(self, within: float = 10.0) -> None:
        """Listen on the own interface."""
        self._tcpdump.start(within=within)

    def stop(self) -> None:
        """End it."""
        self._tcpdump.stop()

    @property
    def pid(self) -> int:
        """The process that listens on the own interface."""
        return self._tcpdump.pid

    def restart(self) -> None:
        """Begin anew after a death, its own or that of the capture: what only one of both had is no loss."""
        self._tcpdump.stop()
        self.fault = ""
        self._lost_fences, self._own_fences = [], clock.EventList()
        self._balance.clear()
        self.start()

    def mirrored(self, record: Record) -> None:
        """A frame of the mirror; a marked one that comes a second time is a copy that came too late to be told."""
        if record.frame[12:14] != FENCE_TYPE:
            self._balance.mirrored(record)
            return
        if len(self._mirrored_fences) > MARKS_KEPT:
            self._mirrored_fences.pop(next(iter(self._mirrored_fences)))
        first = self._mirrored_fences.setdefault(record.frame[14:].rstrip(b"\0"), record.at)
        if record.at - first > REPEAT_S:
            self._apart = max(self._apart, record.at - first)

    def fenced(self, token: bytes, sent_at: float, lost: list[float]) -> None:
        """A marked packet came through, and those that were sent at these times before it did not."""
        self._lost_fences += lost
        try:
            self._own_fences.wait_for(token.__eq__, what="the marked packet on the own interface", within=OWN_S)
        except clock.WaitExpired:
            self.fault = self.fault or f"tcpdump on {self.interface} has said nothing for {OWN_S:g} s"
            return
        self._fenced_at = sent_at

    def is_silent(self, token: bytes, since: float) -> bool:
        """Whether the device has sent nothing since a marked packet left: its port may have no link to mirror."""
        return self.heard_at < since and token in self._own_fences.snapshot(max(0, len(self._own_fences) - MARKS_KEPT))

    def check(self, gaps: list[tuple[float, float]]) -> None:
        """Raise RigFault for packets that the mirror lost or delivered twice until the last marked packet."""
        if self.fault:
            raise RigFault(
                "capture", self.fault, remedy="check that the own interface is up; the run has to be repeated"
            )
        apart, self._apart = self._apart, 0.0
        if apart:
            raise RigFault(
                "capture",
                f"the mirror delivers each packet twice, {apart * 1000:.0f} ms apart",
                remedy="mirror one port only: copies so far apart look like repetitions of the sender",
            )
        missing = sorted([*self._balance.missing(self._fenced_at), *self._lost_fences])
        self._lost_fences = []
        if missing:
            self.lost += len(missing)
            gaps += [(at, at) for at in missing]
            raise RigFault(
                "capture",
                f"the mirror lost {len(missing)} packets that {self.interface} had, the first at "
                f"{clock_text(missing[0])}",
                remedy="mirror fewer ports, or connect this machine so that it sees the packets itself (mode: host)",
            )

    def record(self) -> dict[str, int]:
        """The counts of the run."""
        return {"compared": self._balance.compared, "lost": self.lost}

    def _own(self, header: PcapHeader, records: list[Record]) -> None:
        for record in records:
            if record.frame[6:12] == self._mac:
                self.heard_at = record.at
            if record.frame[12:14] == FENCE_TYPE:
                self._own_fences.append(record.frame[14:].rstrip(b"\0"))
            else:
                self._balance.own(record)

    def _ended(self, reason: str) -> None:
        self.fault = reason
        self._own_fences.close(reason)


def _took(waiting: dict[int, deque[float]] | dict[int, deque[tuple[float, bool]]], mark: int) -> bool:
    """Whether the counterpart waited; it does no longer."""
    found = waiting.get(mark)
    if not found:
        return False
    found.popleft()
    if not found:
        del waiting[mark]
    return True
