"""SIP over TCP as it comes: the same messages as from a stored trace, however segments are cut, ordered or lost."""

from __future__ import annotations

import struct
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.capture import trace
from harness.capture.messages import Packet
from harness.capture.tcp_live import LiveStreams, also_wanted
from harness.rig import factory
from harness.rig import file as rig_files
from suites.selftest.capture import frames as f
from suites.selftest.pbx import lab_pbx

MESSAGES = [f.request("OPTIONS", call=f"t{number}", number=number) for number in range(1, 5)]
OCTETS = b"".join(MESSAGES)
FIRST = 4_294_967_290  # numbers go round inside
PORTS = (40000, 5060)


def segment(number: int, octets: bytes, *, back: bool = False, acknowledges: int = 0, fin: bool = False) -> bytes:
    """One of the base's segments, or one back that acknowledges."""
    ends, ports = ((f.PBX, f.BASE), PORTS[::-1]) if back else ((f.BASE, f.PBX), PORTS)
    flags = 0x11 if fin else 0x10 if octets or back else 0x02
    head = struct.pack("!HHIIBBHHH", *ports, number % 2**32, acknowledges % 2**32, 0x50, flags, 65535, 0, 0)
    return f.ethernet(f.internet(*ends, 6, head + octets))


class Live:
    """Segments as they come, with the clock of the capture."""

    def __init__(self) -> None:
        self.holes: list[tuple[int, str]] = []
        self.streams = LiveStreams(lambda frame, words: self.holes.append((frame, words)))
        self.frames: list[bytes] = []

    def packet(self, back: bool = False) -> Packet:
        ends = (f.PBX, 5060, f.BASE, 40000) if back else (f.BASE, 40000, f.PBX, 5060)
        return Packet(len(self.frames), len(self.frames) * 0.03, *ends, "tcp", "eth:ethertype:ip:tcp:sip")

    def take(self, frame: bytes, *, back: bool = False) -> list[tuple[str, int]]:
        self.frames.append(frame)
        return [(m.call_id, m.frame) for m in self.streams.take(self.packet(back), frame)]

    def settle(self) -> list[str]:
        return [m.call_id for m in self.streams.settle(self.packet())]


def pieces(cuts: list[int]) -> list[tuple[int, bytes]]:
    places = [0, *sorted({cut % len(OCTETS) for cut in cuts} - {0}), len(OCTETS)]
    return [(FIRST + 1 + a, OCTETS[a:b]) for a, b in pairwise(places)]


@given(st.lists(st.integers(1, 5000), max_size=8), st.randoms(use_true_random=False), st.integers(0, 3))
def test_in_any_order_and_with_repetitions_it_is_as_in_a_stored_trace(cuts: list[int], random, again: int) -> None:
    live, sent = Live(), pieces(cuts)
    sent += sent[:again]
    random.shuffle(sent)
    found = live.take(segment(FIRST, b""))
    for number, octets in sent:
        found += live.take(segment(number, octets))
    assert [call for call, _ in found] == ["t1", "t2", "t3", "t4"]
    stored = trace.read_octets(f.pcap(live.frames))
    assert [(m.call_id, m.frame) for m in stored.sip] == found
    assert live.holes == []


def test_what_was_received_and_not_captured_is_named_and_the_rest_is_read() -> None:
    live, places = Live(), [FIRST + 1 + OCTETS.index(one) for one in MESSAGES]
    live.take(segment(FIRST, b""))
    found = live.take(segment(places[0], MESSAGES[0]))
    found += live.take(segment(places[2], MESSAGES[2]))
    assert [call for call, _ in found] == ["t1"]
    assert live.holes == []
    found = live.take(segment(9, b"", back=True, acknowledges=places[3]), back=True)
    found += live.take(segment(places[3], MESSAGES[3]))
    found += live.take(segment(9, b"", back=True, acknowledges=FIRST + 1 + len(OCTETS)), back=True)
    found += live.take(segment(9, b"", back=True, acknowledges=FIRST + 1 + len(OCTETS)), back=True)
    assert [call for call, _ in found] == ["t3", "t4"]
    ((_, words),) = live.holes
    assert words == f"TCP 192.0.2.50:40000 → 192.0.2.11:5060: {len(MESSAGES[1])} octets before it are missing"


def test_a_marked_packet_ends_the_waiting_for_what_was_acknowledged() -> None:
    live, second = Live(), FIRST + 1 + len(MESSAGES[0])
    live.take(segment(FIRST, b""))
    live.take(segment(second, MESSAGES[1]))
    assert live.settle() == []
    assert live.holes == []  # it may still come: nobody has acknowledged it
    live.take(segment(9, b"", back=True, acknowledges=second + len(MESSAGES[1])), back=True)
    assert live.settle() == ["t2"]
    assert len(live.holes) == 1
    assert live.settle() == []
    assert len(live.holes) == 1


def test_an_end_that_was_acknowledged_is_no_missing_octet() -> None:
    live, end = Live(), FIRST + 1 + len(MESSAGES[0])
    live.take(segment(FIRST, b""))
    assert live.take(segment(FIRST + 1, MESSAGES[0])) == [("t1", 2)]
    live.take(segment(end, b"", fin=True))
    live.take(segment(9, b"", back=True, acknowledges=end + 1), back=True)
    assert live.settle() == []
    assert live.holes == []


@pytest.mark.parametrize("keep_alive", [b"\r\n", b"\r\n\r\n", b"\r\n" * 20])
def test_a_keep_alive_before_a_message_in_one_segment_hides_nothing(keep_alive: bytes) -> None:
    live = Live()
    assert live.take(segment(5, keep_alive + MESSAGES[0] + keep_alive)) == [("t1", 1)]
    assert live.take(segment(5 + len(MESSAGES[0]) + 2 * len(keep_alive), keep_alive[:1])) == []
    rest = keep_alive[1:] + MESSAGES[1]
    assert live.take(segment(6 + len(MESSAGES[0]) + 2 * len(keep_alive), rest)) == [("t2", 3)]


def test_a_probe_of_one_octet_and_a_new_connection_on_the_same_ports_are_no_part_of_the_stream() -> None:
    live = Live()
    live.take(segment(100, b""))
    assert live.take(segment(101, MESSAGES[0])) == [("t1", 2)]
    assert live.take(segment(100 + len(MESSAGES[0]), b"\0")) == []
    live.take(segment(7, b""))
    assert live.take(segment(8, MESSAGES[1])) == [("t2", 5)]
    assert live.holes == []


def test_other_ports_and_tls_are_left_to_tshark() -> None:
    streams = LiveStreams(lambda *_: None)
    plain = Packet(1, 0.0, f.BASE, 40000, f.PBX, 80, "tcp", "eth:ip:tcp:http")
    secure = Packet(1, 0.0, f.BASE, 40000, f.PBX, 5060, "tcp", "eth:ip:tcp:tls")
    assert not streams.takes(plain)
    assert not streams.takes(secure)
    assert streams.takes(Packet(1, 0.0, f.BASE, 5060, f.PBX, 40000, "tcp", "eth:ip:tcp"))


def test_the_port_of_a_labs_server_is_read_too(tmp_path: Path) -> None:
    rig = rig_files.load(_with_server(tmp_path, registrar="198.18.9.11:5070", outbound="sip:[2001:db8::1]:5080;lr"))
    assert factory._ports_of_servers(rig) == {5070, 5080}
    streams = LiveStreams(lambda *_: None, {5060, 5070})
    assert streams.takes(Packet(1, 0.0, f.BASE, 40000, f.PBX, 5070, "tcp", "eth:ip:tcp"))
    assert also_wanted({5070, 5060}) == " or tcp.port == 5060 or tcp.port == 5070"


def _with_server(folder: Path, **more: str) -> Path:
    account = {"user": "101", "password": {"env": "M9_X", "default": "x"}}
    pbx = {"registrar": "pbx", "accounts": [account], "peer_accounts": [account], **more}
    return lab_pbx.rig_file(folder / "rig.yaml", pbx)


@given(st.lists(st.tuples(st.integers(0, 2**32 - 1), st.binary(max_size=60), st.integers(0, 2**32 - 1)), max_size=8))
def test_no_segments_break_the_reader(sent: list[tuple[int, bytes, int]]) -> None:
    live = Live()
    for number, octets, acknowledges in sent:
        live.take(segment(number, octets, acknowledges=acknowledges))
        live.take(segment(number, octets, back=True, acknowledges=acknowledges)[:40], back=True)
    live.settle()
