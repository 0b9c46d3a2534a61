"""A test's access to the capture: views by protocol, marks, fences, dialogs, streams, slices."""

from __future__ import annotations

import tempfile
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.capture import tshark
from harness.capture.dialogs import Dialog
from harness.capture.ldap import LdapMessage
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
from harness.capture.naming import Descriptions
from harness.capture.rtp import RtpStream
from harness.capture.view import Ends, Stream, View, addresses_of
from harness.core import clock, steps
from harness.core.errors import RigFault
from harness.core.limits import Limits

if TYPE_CHECKING:
    from harness.capture.live import Capture

# The parts of a rig that a test acts with.
ACTORS = frozenset({"handset", "peer", "power", "web", "base", "pbx"})


class Wire:
    """All events of the wire. Times are epoch seconds of the host's clock.

    `followers` get each event when it is dissected, after waiting threads, in the capture's own thread.
    """

    def __init__(self, capture: Capture, limits: Limits = Limits()) -> None:  # noqa: B008 - frozen
        self._capture = capture
        self._limits = limits
        self._since = clock.now()
        self.followers: list[Callable[[Packet], None]] = []
        self.gaps: list[tuple[float, float]] = []
        """Spans of time in which the capture dropped packets or did not run."""
        self._acts: deque[steps.Step] = deque(maxlen=4)
        self._streams: dict[type[Packet], Stream[Any]] = {}
        self._descriptions = Descriptions()
        self._calls: dict[str, list[SipMessage]] = {}
        self.sip: View[SipMessage] = self._view(SipMessage)
        self.http: View[HttpMessage] = self._view(HttpMessage)
        self.dhcp: View[DhcpMessage] = self._view(DhcpMessage)
        self.dns: View[DnsMessage] = self._view(DnsMessage)
        self.rtcp: View[RtcpReport] = self._view(RtcpReport)
        self.icmp: View[IcmpMessage] = self._view(IcmpMessage)
        self.ldap: View[LdapMessage] = self._view(LdapMessage)
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
        """Send a marked packet and wait until it is dissected: all earlier packets are then. RigFault if it is not."""
        self._capture.fence(within=within)

    def settle(self) -> None:
        """As `fence`, and raises RigFault if packets were lost or not read: then a missing one may have been sent."""
        self._capture.fence()
        self._capture.check_unread()
        lost = self._capture.losses()
        if lost:
            raise RigFault("capture", f"{lost} packets were lost", remedy="reduce the traffic, or use a faster machine")

    def check(self) -> None:
        """Raise RigFault if the capture has died."""
        self._capture.check()

    def before(self) -> str:
        """The last acts with their times, for a failure's text."""
        return " · ".join(f"{step.text} {clock_text(step.at)}" for step in self._acts)

    def dialog(self, call_id: str | SipMessage) -> Dialog:
        """The dialog of a Call-ID, or of a message."""
        name = call_id.call_id if isinstance(call_id, SipMessage) else call_id
        return Dialog(name, lambda: tuple(self._calls.get(name, ())))

    def messages(self, *, since: float | None = None, until: float | None = None) -> list[SipMessage]:
        """All SIP messages between two moments, without a fence."""
        stream = self._streams[SipMessage]
        found: list[SipMessage] = stream.from_on(since or 0.0)
        return [message for message in found if until is None or message.at <= until]

    def events(self, *, since: float, until: float) -> list[Packet]:
        """All events of all protocols between two moments, in the order of the wire."""
        found: list[Packet] = []
        for stream in self._streams.values():
            found += [event for event in stream.from_on(since) if event.at <= until]
        return sorted(found, key=lambda event: (event.at, event.frame))

    def rtp(
        self, of: Dialog | Ends = None, *, since: float | None = None, until: float | None = None
    ) -> list[RtpStream]:
        """The RTP streams of a dialog, of addresses, or all, read from the stored packets.

        With `since`, only packets from then on count.
        """
        self.fence()
        start, end = self._since if since is None else since, until or clock.now()
        if isinstance(of, Dialog) and since is None:
            start = min([start, *(message.at for message in of.messages[:1])])
        streams = self._capture.media(start, end, self._descriptions)
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
        """Whether RTP was stored between two moments; a fast lookup."""
        return self._capture.file.has_media(start, end)

    def slice(self, start: float, end: float, path: Path) -> int:
        """Write the packets between two moments to a pcap, unscrubbed; returns the number of bytes."""
        data, _ = self._capture.file.slice(start, end)
        path.write_bytes(data)
        return len(data)

    @contextmanager
    def packets(self, display_filter: str, *, since: float | None = None, until: float | None = None) -> Iterator[Any]:
        """A pyshark capture over a stored slice, for a closer look.

            with wire.packets("sip.Method == INVITE") as packets:
                assert [packet.sip.user_agent for packet in packets]

        Raises UsageError for a filter that tshark does not understand.
        """
        import pyshark

        self.fence()
        start = self._since if since is None else since
        with tempfile.TemporaryDirectory(prefix="slice-", dir=self._capture.directory) as folder:
            path = Path(folder) / "slice.pcap"
            self.slice(start, until or clock.now(), path)
            tshark.require_filter(display_filter, path)
            packets = pyshark.FileCapture(str(path), display_filter=display_filter, keep_packets=True)
            try:
                yield packets
            finally:
                packets.close()

    def on_step(self, step: steps.Step) -> None:
        """Follow the test's acts: later expectations count from the last one.

        An act takes time, an observation does not; a driver sets `act=` for exceptions.
        """
        if step.data.get("act", step.ended is not None and step.part in ACTORS):
            self._acts.append(step)
            self._since = max(self._since, step.at)

    def take(self, event: Packet) -> None:
        """An event of the live path."""
        if isinstance(event, SipMessage):
            self._descriptions.add(event)
            self._calls.setdefault(event.call_id, []).append(event)
        self._streams.get(type(event), self._streams[Packet]).append(event)
        for follower in self.followers:
            follower(event)

    def close(self, reason: str) -> None:
        """The capture has ended."""
        for stream in self._streams.values():
            stream.close(reason)

    def reopen(self) -> None:
        """The capture runs again."""
        for stream in self._streams.values():
            stream.reopen()

    def _view(self, kind: type[Any]) -> View[Any]:
        stream: Stream[Any] = Stream()
        self._streams[kind] = stream
        return View(self, stream, kind, self._limits)
