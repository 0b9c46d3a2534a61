"""A path that loses, repeats and delays the RTP packets which one address of this host sends.

netem is not in every kernel, and it would disturb the signalling too. So packets of the address are routed into a TUN
interface, read here, and sent on by a raw socket whose mark leads past the TUN. Interface and route end with this
process, even with a killed one; a rule that is left behind finds no route and does nothing.
"""

from __future__ import annotations

import errno
import fcntl
import heapq
import os
import select
import socket
import struct
import threading
from contextlib import ExitStack, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from harness.core import steps
from harness.core.clock import monotonic
from harness.core.errors import NotApplicable, RigFault
from harness.services.impairment import Impairment, Plan

TUN = Path("/dev/net/tun")
TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 0x0001, 0x1000
SO_MARK = 36
MARK = 0x6D39
TABLE = 27_961
"""The first of the numbers of routing tables; each path has one of its own."""
PAST_IT, INTO_IT = 89, 90
"""The priorities of the two routing rules."""
LONGEST = 2048
UDP = 17
CANNOT = (errno.EOPNOTSUPP, errno.EAFNOSUPPORT, errno.ENOENT, errno.ENODEV, errno.EACCES, errno.EPERM)
WHAT_IS_NEEDED = "run as root or with CAP_NET_ADMIN on a kernel with TUN and policy routing (CONFIG_IP_MULTIPLE_TABLES)"


class LossyPath:
    """The way of all packets of `address` to other hosts; without an impairment they pass as they are."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._plan = Plan(Impairment())
        self._held: list[bytes] | None = None
        self._due: list[tuple[float, int, bytes]] = []
        self._sent = 0
        self._lock = threading.Lock()
        self._ends = ExitStack()
        self._tun = self._wake = -1

    def __enter__(self) -> Self:
        with ExitStack() as opening:
            try:
                self._tun, name = _open_tun()
                opening.callback(os.close, self._tun)
                opening.enter_context(_routed(self.address, name))
            except OSError as error:
                if error.errno in CANNOT:
                    raise NotApplicable(f"no lossy path on this host: {error.strerror}; {WHAT_IS_NEEDED}") from error
                text = f"no lossy path for {self.address}: {error}"
                raise RigFault("network", text, remedy=WHAT_IS_NEEDED) from error
            self._out = opening.enter_context(socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW))
            self._out.setsockopt(socket.SOL_SOCKET, SO_MARK, MARK)
            woken, self._wake = os.pipe()
            opening.callback(os.close, woken)
            opening.callback(os.close, self._wake)
            relay = threading.Thread(target=self._relay, args=(woken,), name="lossy path", daemon=True)
            relay.start()
            opening.callback(relay.join, 5.0)
            opening.callback(os.write, self._wake, b"end")
            self._ends = opening.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ends.close()

    def impair(self, impairment: Impairment, seed: int = 1) -> None:
        """From now on RTP packets meet this."""
        with self._lock:
            self._plan = Plan(impairment, seed)
        steps.publish("network", f"packets of {self.address} meet {impairment}, seed {seed}")

    def hold_back(self) -> None:
        """RTP packets wait from now on."""
        with self._lock:
            self._held = []
        steps.publish("network", f"packets of {self.address} are held back")

    def release(self) -> None:
        """All that waited goes on at once, in order."""
        with self._lock:
            held, self._held = self._held or [], None
            for packet in held:
                self._pass_on(packet)
        steps.publish("network", f"{len(held)} packets of {self.address} go on")

    def _relay(self, woken: int) -> None:
        """Read what the address sends, and send on what is due, until the path ends."""
        while True:
            with self._lock:
                wait = self._send_due()
            ready, _, _ = select.select([self._tun, woken], [], [], wait)
            if woken in ready:
                return
            if self._tun in ready:
                with self._lock:
                    self._take(os.read(self._tun, LONGEST))

    def _take(self, packet: bytes) -> None:
        if not is_rtp(packet):
            self._pass_on(packet)
        elif self._held is not None:
            self._held.append(packet)
        else:
            for delay in self._plan.delays():
                self._sent += 1
                heapq.heappush(self._due, (monotonic() + delay, self._sent, packet))

    def _send_due(self) -> float | None:
        """Send on what is due; the seconds until the next one, if one waits."""
        while self._due:
            wait = self._due[0][0] - monotonic()
            if wait > 0:
                return wait
            self._pass_on(heapq.heappop(self._due)[2])
        return None

    def _pass_on(self, packet: bytes) -> None:
        """Send it; the kernel gives each copy a new identification, or a mirror would take the second for its own."""
        if packet[0] >> 4 == 4:
            anew = packet[:4] + b"\0\0" + packet[6:]
            with suppress(OSError):  # as on any wire, what does not get through is lost
                self._out.sendto(anew, (socket.inet_ntoa(packet[16:20]), 0))


def is_rtp(packet: bytes) -> bool:
    """Whether an IPv4 packet is RTP and no RTCP, by the first octets of its datagram (RFC 7983, RFC 5761)."""
    if len(packet) < 20 or packet[0] >> 4 != 4 or packet[9] != UDP or int.from_bytes(packet[6:8], "big") & 0x1FFF:
        return False
    body = packet[(packet[0] & 15) * 4 + 8 :]
    return len(body) >= 12 and body[0] >> 6 == 2 and not 192 <= body[1] <= 223


def _open_tun() -> tuple[int, str]:
    """A TUN interface without packet information: its descriptor and its name."""
    tun = os.open(TUN, os.O_RDWR)
    try:
        told = fcntl.ioctl(tun, TUNSETIFF, struct.pack("16sH22x", b"m9lossy%d", IFF_TUN | IFF_NO_PI))
    except OSError:
        os.close(tun)
        raise
    return tun, told[:16].rstrip(b"\0").decode()


def _routed(address: str, interface: str) -> ExitStack:
    """While it lasts, what the address sends to other hosts goes into the interface, unless it has our mark."""
    from pyroute2 import IPRoute
    from pyroute2.netlink.exceptions import NetlinkError

    with ExitStack() as undo:
        links: Any = undo.enter_context(IPRoute())
        index = links.link_lookup(ifname=interface)[0]
        table = TABLE + index
        rules: list[dict[str, Any]] = [
            {"priority": PAST_IT, "fwmark": MARK, "src": address, "src_len": 32, "table": 254},
            {"priority": INTO_IT, "src": address, "src_len": 32, "table": table},
        ]
        try:
            links.link("set", index=index, state="up")
            links.route("add", dst="0.0.0.0/0", oif=index, table=table)
            for rule in rules:
                links.rule("add", **rule)
                undo.callback(links.rule, "delete", **rule)
        except NetlinkError as error:
            raise OSError(error.code, str(error)) from error
        return undo.pop_all()
