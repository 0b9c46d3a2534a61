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
        self.sender = sender
        self._listener = listener
        self.cname = cname
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
        self.send(bye=True)

    def take(self, data: bytes) -> bool:
        """Takes in a datagram of the far end; False if it is no RTCP."""
        return rtcp.read(data, self.sender.ssrc, self.far)

    def _plan(self, share: float) -> None:
        if self._rules.interval is not None:
            wait = self._rules.interval * share * random.uniform(0.8, 1.2)
            self._timer = asyncio.get_running_loop().call_later(wait, self._due)

    def _due(self) -> None:
        self._plan(1.0)
        self.send()

    def send(self, *, bye: bool = False) -> None:
        """A report, on hold too, so that the far end knows that we are there; or the leave of a stream that ends."""
        target = self.sender.destination
        if target is None or target[1] == 0 or target[0] in ("0.0.0.0", "::"):
            return
        talking = self.sender.sending and self.sender.packets > 0
        reception, received = self._listener.reception, self.received()
        now = self.wall_clock()
        data = rtcp.report(self.sent(), talking, reception, self.far, self.cname, now=now, received=received, bye=bye)
        self._ports.send(data, self.seen or (target[0], target[1] + 1), rtcp=True)

    def sent(self) -> rtcp.Sent:
        """What a report says of our own stream: its numbers at this moment."""
        sender = self.sender
        return rtcp.Sent(sender.ssrc, sender.timestamp, sender.packets, sender.octets)

    def received(self) -> rtcp.Received:
        """What a block says of the far end's stream: packets lost so far, and the highest number."""
        return rtcp.Received(self._listener.reception.lost, self._listener.reception.highest)

    def wall_clock(self) -> float:
        """The time that a sender report tells (section 6.4.1): that of the base's clock, in epoch seconds."""
        return time.time()
