"""Everything but SIP and media, by tshark: it gets only the frames of the requested protocols."""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Iterator

import numpy as np

from harness.capture import dissect, small_protocols, tshark
from harness.capture.exported import by_link, reduced
from harness.capture.frames import Frames, Integers
from harness.capture.layers import TCP
from harness.capture.messages import Packet, RtcpReport, SipMessage
from harness.capture.packets import Others, Packets
from harness.core.errors import RigFault

_PORTS = {
    "dns": (53, 5353), "dhcp": (67, 68, 546, 547), "http": (80, 8080), "tls": (443,), "ntp": (123,), "ldap": (389, 636),
    "snmp": (161, 162), "syslog": (514,), "telnet": (23,),
}  # fmt: skip
PROTOCOLS = (*_PORTS, "icmp", "arp", "other")
"""The protocols that can be requested; `other` is all that is neither SIP nor RTP."""
_NO_PORTS = ("icmp", "arp", "other")
_HTTP = np.frombuffer(b"GET POSTHEADPUT HTTPOPTIDELEPATC", dtype=">u4").astype(np.uint32)
_ANSWER = _HTTP[4]
# tshark has the whole file, so it can reorder late segments.
_OPTIONS = ("-o", "tcp.reassemble_out_of_order:TRUE")


def others_of(
    packets: Packets, others: Others, want: Collection[str], taken: Integers, clients: Collection[str] = ()
) -> Iterator[Packet]:
    """The events of the requested protocols; `taken` is a mask of the packets with SIP or media.

    With `clients` (addresses) only their own HTTP requests are read, and not the pages that they serve.
    """
    if "other" not in want:
        events, read = small_protocols.datagrams_of(packets, want, taken)
        yield from events
        taken = taken | read
        if "icmp" in want:
            yield from small_protocols.icmp_of(packets.frames, others)
        want = set(want) - {"icmp"}
    chosen = np.zeros(len(packets), dtype=bool)
    if "other" in want:
        chosen |= ~taken
    for name in set(want) - ({"http"} if clients else set()):
        known = np.array(_PORTS.get(name, ()), dtype=np.uint16)
        chosen |= np.isin(packets.sport, known) | np.isin(packets.dport, known)
    if "http" in want:
        asked = np.isin(packets.head[:, 0], _HTTP) & (packets.protocol == TCP) & ~taken
        chosen |= _connections(packets, asked & _sent_by(packets, clients) if clients else asked)
    rows = [packets.row[chosen & ~taken]]
    rows += [others.rows] if set(want) & set(_NO_PORTS) else []
    for of_link in by_link(packets.frames, np.unique(np.concatenate(rows))):
        yield from _events(packets.frames, of_link)


def _sent_by(packets: Packets, clients: Collection[str]) -> Integers:
    """The packets that have one of these source addresses, answers in HTTP left out."""
    own: Integers = np.array([source in clients for source, _ in packets.addresses] or [False], dtype=bool)
    found: Integers = own[packets.pair] & (packets.head[:, 0] != _ANSWER)
    return found


def _connections(packets: Packets, some: Integers) -> Integers:
    """All packets, in both directions, of the connections of some packets."""
    ends = np.stack((packets.sport, packets.dport), axis=1)
    lower, upper = ends.min(axis=1).astype(np.int64), ends.max(axis=1).astype(np.int64)
    known: dict[frozenset[str], int] = {}
    pairs = np.array([known.setdefault(frozenset(p), len(known)) for p in packets.addresses] or [0], dtype=np.int64)
    name = (pairs[packets.pair] << 32) | (lower << 16) | upper
    found: Integers = np.isin(name, np.unique(name[some])) & (packets.protocol == TCP)
    return found


def _events(frames: Frames, rows: Integers) -> Iterator[Packet]:
    with tempfile.NamedTemporaryFile(suffix=".pcap") as source, tempfile.TemporaryFile() as errors:
        reduced(frames, rows, source)
        process = tshark.start(tshark.messages_command(source.name, *_OPTIONS), errors=errors)
        assert process.stdout is not None
        assert process.stdin is not None
        process.stdin.close()
        numbers = frames.number[rows].tolist()
        for line in process.stdout:
            for event in dissect.events(line, lambda count: int(numbers[count - 1])):
                if not isinstance(event, SipMessage | RtcpReport):
                    yield event
        process.stdout.close()
        if process.wait() not in (0, 2):  # 2: the capture was cut off inside a packet
            errors.seek(0)
            said = errors.read().decode("utf-8", "replace").strip().splitlines()
            raise RigFault(
                "capture",
                f"tshark: {said[-1] if said else process.returncode}",
                remedy="run tshark by hand on the file",
            )
