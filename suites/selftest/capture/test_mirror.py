"""What a mirror port does to packets is seen through, and what it loses is counted."""

from __future__ import annotations

import struct

import pytest

from harness.capture.mirror import REPEAT_S, Balance, Copies, Darkness
from harness.capture.pcap import Record
from harness.core import steps
from suites.selftest.capture import frames as f

BASE = bytes.fromhex("000413300121")
HOST = bytes.fromhex("02000000000a")
MAC = "00:04:13:30:01:21"


def record(at: float, payload: bytes, *, to_the_base: bool = False, tag: bytes = b"", hops: int = 0) -> Record:
    """A datagram between base and host at a moment; `hops` are those behind it, `tag` a VLAN tag."""
    ends = (f.PBX, f.BASE) if to_the_base else (f.BASE, f.PBX)
    packet = bytearray(f.datagram(payload, *ends))
    packet[8] -= hops
    packet[10:12] = b"\0\0"
    packet[10:12] = struct.pack("!H", f.checksum(bytes(packet[:20])))
    macs = BASE + HOST if to_the_base else HOST + BASE
    return framed(at, macs + tag + b"\x08\x00" + bytes(packet))


def framed(at: float, frame: bytes) -> Record:
    return Record(round(at * 1e9), frame, b"", len(frame))


def unsummed(one: Record) -> Record:
    """As the own interface has it where the network card fills in the checksum."""
    frame = bytearray(one.frame)
    frame[40:42] = b"\x12\x34"
    return framed(one.at, bytes(frame))


@pytest.mark.parametrize(
    "copy",
    [
        record(1.03, b"x"),
        record(1.03, b"x", hops=1),
        record(1.03, b"x", tag=b"\x81\x00\x00\x07"),
        unsummed(record(1.03, b"x")),
        framed(1.03, record(1.03, b"x").frame + bytes(12)),
    ],
    ids=["alike", "one hop less", "with a tag", "unfinished checksum", "padded"],
)
def test_a_copy_thirty_milliseconds_later_is_seen_through(copy):
    repeats = Copies()
    assert not repeats.has(record(1.0, b"x"))
    assert repeats.has(copy)
    assert repeats.dropped == 1


def test_a_repetition_of_the_sender_is_kept():
    repeats = Copies()
    assert not repeats.has(record(1.0, b"x"))
    assert not repeats.has(record(1.0 + REPEAT_S + 0.1, b"x"))


def test_a_packet_that_the_mirror_lacks_is_missing_and_told_once():
    balance = Balance(MAC)
    for at, payload in ((1.0, b"a"), (1.1, b"b"), (1.2, b"c")):
        balance.own(unsummed(record(at, payload)))
        if payload != b"b":
            balance.mirrored(record(at + 0.01, payload))
    assert balance.missing(2.0) == [1.1]
    assert balance.missing(2.0) == []


def test_the_mirror_may_be_first():
    balance = Balance(MAC)
    balance.mirrored(record(1.0, b"a"))
    balance.own(record(1.01, b"a"))
    assert balance.missing(2.0) == []


def acted(kind: str, at: float) -> steps.Step:
    return steps.Step("power", kind, at, {"did": {"kind": kind}}, at)


@pytest.mark.parametrize(
    ("acts", "lost"),
    [
        ([], True),
        ([("power-off", 1.2)], False),
        ([("power-off", 1.2), ("power-on", 1.4)], False),
        ([("power-off", 0.1), ("power-on", 0.3)], True),
        ([("power-off", 1.6)], True),
        ([("reboot", 1.2)], False),
        ([("key", 1.2)], True),
    ],
)
def test_a_packet_to_a_base_is_missed_unless_its_port_had_no_link(acts, lost):
    darkness = Darkness()
    balance = Balance(MAC, darkness.covers)
    balance.own(record(1.5, b"into the dark", to_the_base=True))
    for kind, at in acts:
        darkness.note(acted(kind, at))
    assert balance.missing(3.0) == ([1.5] if lost else [])


def test_what_a_base_sent_is_missed_in_any_case():
    balance = Balance(MAC, lambda at: True)
    balance.own(record(1.5, b"hello"))
    assert balance.missing(3.0) == [1.5]


def test_what_a_network_card_joins_is_not_compared():
    balance = Balance(MAC)
    packet = f.segment(b"a" * 300, 1, f.BASE, f.PBX)
    balance.own(framed(1.0, HOST + BASE + b"\x08\x00" + packet))
    assert balance.missing(9.0) == []
    assert balance.compared == 0


def test_equal_packets_are_counted_and_copies_of_the_mirror_do_no_harm():
    balance = Balance(MAC)
    for at in (1.0, 1.1, 1.2):
        balance.own(record(at, b"same"))
    for at in (1.0, 1.001, 1.1, 1.101):
        balance.mirrored(record(at, b"same"))
    assert balance.missing(2.0) == []
    balance.own(record(1.3, b"same"))
    balance.own(record(1.4, b"same"))
    assert len(balance.missing(2.0)) == 1
