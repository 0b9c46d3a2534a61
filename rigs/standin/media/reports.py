"""When reports are sent, and where to: the RTCP side of a session."""

from __future__ import annotations

import asyncio
import random
import time

from rigs.standin.core.strategies import Choices

from . import rtcp
from .listener import Listener
from .rtp import Address, PortPair
from .sender import Sender
from .strategies import RtcpStrategy


class Reports:
    """Sends a report every interval (the first after half of it) and takes in those of the far end."""

    def __init__(self, ports: PortPair, strategies: Choices, sender: Sender, listener: Listener, cname: str) -> None:
        self._ports = ports
        self._rules = strategies.get(RtcpStrategy)
        self._sender = sender
        self._listener = listener
        self._cname = cname
        self._timer: asyncio.TimerHandle | None = None
        self.seen: Address | None = None
        self.far = rtcp.FarReport()

    def start(self) -> None:
        """The first report is due after half an interval (RFC 3550 section 6.2)."""
        self._plan(0.5)

    def stop(self) -> None:
        """Takes leave, if any report could have been sent before."""
        if self._timer is None:
            return
        self._timer.cancel()
        if self._rules.says_bye():
            self._send(bye=True)

    def take(self, data: bytes) -> bool:
        """Takes in a datagram of the far end; False if it is no RTCP."""
        return rtcp.read(data, self._sender.ssrc, self.far)

    def _plan(self, share: float) -> None:
        if self._rules.interval is not None:
            wait = self._rules.interval * share * random.uniform(0.8, 1.2)
            self._timer = asyncio.get_running_loop().call_later(wait, self._due)

    def _due(self) -> None:
        if self._rules.reports(self._sender.sending):
            self._send()
        self._plan(1.0)

    def _send(self, *, bye: bool = False) -> None:
        target = self._sender.destination
        if target is None or target[1] == 0 or target[0] in ("0.0.0.0", "::"):
            return
        sender = self._sender
        sent = self._rules.own(rtcp.Sent(sender.ssrc, sender.timestamp, sender.packets, sender.octets))
        talking = sender.sending and sender.packets > 0
        reception = self._listener.reception
        received = rtcp.Received(*self._rules.received(reception.lost, reception.highest))
        now, cname = self._rules.wall_clock(time.time()), self._rules.cname(self._cname)
        data = rtcp.report(sent, talking, reception, self.far, cname, now=now, received=received, bye=bye)
        self._ports.send(data, self.seen or (target[0], target[1] + 1), rtcp=True)
