"""Proves that the capture sees what base and PBX send each other, before anything is judged.

A PBX behind a switch that learns addresses registers the base as it should, and the capture of another port shows
nothing of it: every rule would blame the base.
"""

from __future__ import annotations

import ipaddress
import secrets
import socket
from collections.abc import Iterable
from contextlib import suppress
from typing import TYPE_CHECKING

from harness.capture import layers, marked_packets
from harness.capture.pcap import Splitter
from harness.core import clock
from harness.core.clock import Deadline, WaitExpired, wait_until
from harness.core.errors import RigFault

if TYPE_CHECKING:
    from harness.capture.live import Capture
    from harness.capture.messages import SipMessage
    from harness.pbx.protocol import Pbx

SIP_PORT = 5060
MARK = "m9-sight-"
REMEDY = (
    "put the PBX where its traffic with the base passes the capture: on this machine, or behind it (this machine "
    "routes and forwards), or at a switch that mirrors the base's port both ways to capture.interface (mode: mirror)"
)
_AGAIN = 0.5
Way = tuple[str, str]


def prove(capture: Capture, base: str, server: Pbx, within: float) -> str:
    """What was shown, in words; RigFault if packets between base and PBX do not pass the capture.

    Each gets an echo request in the other's name, then OPTIONS too, and the capture must see the answers. A PBX that
    answers nothing at all, and IPv6, cannot be tried: the first registration shows them.
    """
    shown: list[str] = []
    silent: list[str] = []
    user = next((account.user for account in server.accounts), "")
    for pbx in server.addresses:
        if ":" in pbx + base:
            continue
        # What this machine sends itself must be on the capture too; what others send is asked for.
        trials = [_Trial(capture, base, pbx, [(base, pbx), (pbx, base)], user)]
        if not _is_ours(pbx):
            trials = [
                _Trial(capture, base, pbx, [(base, pbx)], user),
                _Trial(capture, pbx, base, [(pbx, base)], user),
            ]
        missing = [(trial, ways) for trial in trials if (ways := trial.unseen(within))]
        for trial, unseen in missing:
            if _answers(trial.answers, user, within):
                raise _not_seen(capture.interface, "what {} sends to {}".format(*unseen[0]))
        (silent if missing else shown).append(pbx)
    told = [f"sees base and {', '.join(shown)} both ways"] if shown else []
    told += [f"base and {', '.join(silent)} both ways: not shown, as nothing was answered"] if silent else []
    return "; ".join(told) or "base and PBX both ways: not tried"


def require_requests(capture: Capture, messages: Iterable[SipMessage], base: Iterable[str]) -> None:
    """Raise RigFault if a server's answers to the base are there without the base's requests, or the reverse."""
    own, others = set(base), 0
    for message in messages:
        if message.method == "REGISTER" and message.src in own:
            return
        others += message.status is not None and message.dst in own
    if others:
        raise _not_seen(capture.interface, "the base's own SIP, but what it is answered")


class _Trial:
    """One marked question to `answers` in the name of `hears`, and whether both are captured as far as they must be."""

    def __init__(self, capture: Capture, answers: str, hears: str, needs: list[Way], user: str) -> None:
        self.capture = capture
        self.answers, self.hears = answers, hears
        self.needs, self.user = needs, user
        self.mark = f"{MARK}{secrets.token_hex(8)}".encode()

    def unseen(self, within: float) -> list[Way]:
        """The ways that are not on the capture in time; asked again now and then, as packets may be lost."""
        began, asked = clock.now(), Deadline(0.0)
        left, times = self.needs, 0

        def there() -> bool:
            nonlocal asked, left, times
            if asked.expired:
                self._ask(with_sip=times > 0)
                asked, times = Deadline(_AGAIN), times + 1
            seen = ways(self.capture, self.mark, began)
            left = [way for way in self.needs if way not in seen]
            return not left

        with suppress(WaitExpired):
            wait_until(there, what="a marked answer", within=within, poll=0.05)
        return left

    def _ask(self, *, with_sip: bool) -> None:
        """Echo first: servers that ban strangers hear SIP in the base's name only if they answer nothing else."""
        marked_packets.send(marked_packets.echo(self.hears, self.answers, self.mark))
        if with_sip:
            options = _options(self.hears, self.answers, self.user, self.mark.decode())
            marked_packets.send(marked_packets.datagram(self.hears, self.answers, SIP_PORT, options))


def ways(capture: Capture, mark: bytes, since: float) -> set[Way]:
    """From where to where captured packets with this mark went."""
    data, _ = capture.file.slice(since, clock.now())
    found = set()
    for record in Splitter().feed(data):
        if mark in record.frame:
            packet = layers.past_link(record.frame, record.linktype)
            if packet[:1] and packet[0] >> 4 == 4:
                found.add((str(ipaddress.IPv4Address(packet[12:16])), str(ipaddress.IPv4Address(packet[16:20]))))
    return found


def _answers(host: str, user: str, within: float) -> bool:
    """Whether this host answers this machine at all: else its silence says nothing about the capture."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        line.connect((host, SIP_PORT))
        own = line.getsockname()[0]
        mark = f"{MARK}{secrets.token_hex(8)}".encode()
        line.settimeout(within)
        line.send(_options(f"{own}:{line.getsockname()[1]}", host, user, mark.decode()))
        try:
            return bool(line.recv(65535))
        except OSError:  # no SIP there: an echo is answered by nearly everything
            return _echoes(own, host, mark, within)


def _echoes(own: str, host: str, mark: bytes, within: float) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP) as ear:
        marked_packets.send(marked_packets.echo(own, host, mark))
        deadline = Deadline(within)
        while not deadline.expired:
            ear.settimeout(max(deadline.left, 0.001))
            try:
                data, (source, _) = ear.recvfrom(2048)
            except TimeoutError:
                return False
            if mark in data and source == host:
                return True
    return False


def _is_ours(address: str) -> bool:
    """Whether this machine has the address itself."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        try:
            line.bind((address, 0))
        except OSError:
            return False
    return True


def _not_seen(interface: str, what: str) -> RigFault:
    return RigFault("capture", f"{interface} does not show {what}", remedy=REMEDY)


def _options(own: str, host: str, user: str, mark: str) -> bytes:
    """An OPTIONS request whose answer repeats the mark in its Call-ID; `user` is one that the server knows."""
    lines = [
        f"OPTIONS sip:{host}:{SIP_PORT} SIP/2.0",
        f"Via: SIP/2.0/UDP {own};branch=z9hG4bK{mark};rport",
        f"From: <sip:{user or 'm9-harness'}@{host}>;tag={mark}",
        f"To: <sip:{host}:{SIP_PORT}>",
        f"Call-ID: {mark}",
        "CSeq: 1 OPTIONS",
        "Max-Forwards: 70",
        "Content-Length: 0",
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()
