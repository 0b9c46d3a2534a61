"""SIP over TCP as it comes: segments out of order are put in order, and octets that the capture lost are named.

tshark 4.0 loses a message that follows a keep-alive in one segment, and follows no connection across its renewal.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field

from harness.capture import layers, sip_flows
from harness.capture.messages import Packet, SipMessage, endpoint
from harness.capture.sip_reader import sip_message

USUAL_PORTS = frozenset({5060})
_FIN, _SYN, _ACK = 0x01, 0x02, 0x10
_WHOLE, _HALF = 1 << 32, 1 << 31
_LATE_S = 0.05
"""An acknowledgement may be captured before what it acknowledges, on machines with several queues."""
_LONGEST = 1 << 20
"""So many octets without a whole message are no SIP."""
End = tuple[str, int]


@dataclass
class _Direction:
    """What one end sent: octets in order that are no whole message yet, and segments that came too early."""

    following: int | None = None
    octets: bytearray = field(default_factory=bytearray)
    early: dict[int, bytes] = field(default_factory=dict)
    acknowledged: int | None = None
    acknowledged_at: float = 0.0
    after_hole: bool = False
    ends_at: int | None = None
    """The number of its FIN, which is acknowledged like an octet (RFC 9293 section 3.4)."""

    @property
    def acknowledged_octets(self) -> int | None:
        """Until where its octets were received, a FIN not counted."""
        fin = self.acknowledged is not None and self.ends_at is not None and self.acknowledged == self.ends_at + 1
        return self.ends_at if fin else self.acknowledged


def also_wanted(ports: Iterable[int]) -> str:
    """Of the display filter: every segment of these ports, as acknowledgements tell what was received."""
    return "".join(f" or tcp.port == {port}" for port in sorted(ports))


class LiveStreams:
    """The connections of the SIP ports; `on_hole` is told the packet after which octets are missing, and of what."""

    def __init__(self, on_hole: Callable[[int, str], None], ports: Collection[int] = USUAL_PORTS) -> None:
        self._on_hole = on_hole
        self._ports = ports
        self._directions: dict[tuple[End, End], _Direction] = {}

    def takes(self, packet: Packet) -> bool:
        """Whether a packet belongs to a connection that is read here."""
        plain = packet.transport == "tcp" and "tls" not in packet.protocols.split(":")
        return plain and (packet.sport in self._ports or packet.dport in self._ports)

    def take(self, packet: Packet, frame: bytes, linktype: int = layers.ETHERNET) -> Iterator[SipMessage]:
        """The messages that are whole with this segment."""
        found = layers.carried(frame, linktype)
        if found is None or found.protocol != layers.TCP or not found.whole:
            return
        number, acknowledged, _, flags = struct.unpack_from("!IIBB", frame, found.start + 4)
        here, there = (packet.src, packet.sport), (packet.dst, packet.dport)
        direction = self._directions.setdefault((here, there), _Direction())
        if flags & _SYN:
            direction = self._directions[here, there] = _Direction((number + 1) % _WHOLE)
        if flags & _ACK:
            self._acknowledge(self._directions.setdefault((there, here), _Direction()), acknowledged, packet.at)
        octets = frame[found.payload : found.end]
        if flags & _FIN:
            direction.ends_at = (number + len(octets)) % _WHOLE
        if octets:
            _add(direction, number, octets)
            yield from _messages(direction, packet)
        for ends in ((here, there), (there, here)):
            yield from self._past_holes(ends, packet, packet.at - _LATE_S)

    def settle(self, packet: Packet) -> Iterator[SipMessage]:
        """Until this marked packet: what was acknowledged and is missing was not captured and will not come."""
        for ends in list(self._directions):
            yield from self._past_holes(ends, packet, packet.at)

    def _acknowledge(self, direction: _Direction, number: int, at: float) -> None:
        before = direction.acknowledged
        if before is not None and _ahead(number, before) <= 0:
            return
        waiting = before is not None and direction.following is not None and _ahead(before, direction.following) > 0
        direction.acknowledged = number
        direction.acknowledged_at = direction.acknowledged_at if waiting else at

    def _past_holes(self, ends: tuple[End, End], packet: Packet, until: float) -> Iterator[SipMessage]:
        """Go on behind octets that were received and not captured."""
        direction = self._directions.get(ends)
        if direction is None or direction.following is None or direction.acknowledged_octets is None:
            return
        received = direction.acknowledged_octets
        missing = _ahead(received, direction.following)
        if missing <= 0 or direction.acknowledged_at > until:
            return
        later = [number for number in direction.early if _ahead(number, direction.following) > 0]
        begins = min(later, key=lambda number: _ahead(number, direction.following or 0), default=received)
        words = f"TCP {endpoint(*ends[0])} → {endpoint(*ends[1])}"
        self._on_hole(packet.frame, f"{words}: {_ahead(begins, direction.following)} octets before it are missing")
        direction.following, direction.octets, direction.after_hole = begins, bytearray(), True
        _join(direction)
        yield from _messages(direction, packet)


def _ahead(number: int, other: int) -> int:
    return (number - other + _HALF) % _WHOLE - _HALF


def _add(direction: _Direction, number: int, octets: bytes) -> None:
    if direction.following is None:
        direction.following = number
    longer = len(octets) > len(direction.early.get(number, b""))
    if longer and _ahead(number + len(octets), direction.following) > 0:
        direction.early[number] = octets
    _join(direction)


def _join(direction: _Direction) -> None:
    """Take what has come in order; octets that came twice are taken once."""
    assert direction.following is not None
    for number in sorted(direction.early, key=lambda number: _ahead(number, direction.following or 0)):
        known = _ahead(direction.following, number)
        if known < 0:
            return
        octets = direction.early.pop(number)[known:]
        direction.octets += octets
        direction.following = (direction.following + len(octets)) % _WHOLE


def _messages(direction: _Direction, packet: Packet) -> Iterator[SipMessage]:
    """Cut whole messages off; what completes one is this packet."""
    octets, used = bytes(direction.octets), 0
    for start, end, whole in sip_flows.framed(octets, after_hole=direction.after_hole):
        if not whole:
            break
        used, direction.after_hole = end, False
        yield sip_message(
            packet.frame, packet.at, packet.src, packet.sport, packet.dst, packet.dport, "tcp", octets[start:end],
            protocols=packet.protocols, fields=packet.fields,
        )  # fmt: skip
    if len(octets) - used > _LONGEST:
        used = len(octets)
    del direction.octets[:used]
