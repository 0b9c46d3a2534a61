"""RTCP by its octets: every figure of a report, byes, descriptions, damaged compounds."""

from __future__ import annotations

import struct

from hypothesis import given
from hypothesis import strategies as st

from harness.capture import rtcp
from harness.capture.messages import Packet, ReportBlock, RtcpReport

BASE = Packet(3, 1.0, "192.0.2.50", 4001, "192.0.2.11", 4001, "udp")
BLOCK = struct.pack("!IIIIII", 0x11, 64 << 24 | 0xFFFFFE, 70000, 12, 0xAABB, 65536)
SENDER = struct.pack("!BBHIIIIII", 0x81, 200, 12, 0x47, 2_208_988_800 + 1000, 1 << 31, 160, 50, 8000) + BLOCK
NAMED = struct.pack("!BBHI", 0x81, 202, 3, 0x47) + b"\x01\x05a@b.c\x00"
BYE = struct.pack("!BBHII", 0x82, 203, 2, 0xDEADBEEF, 0x47)


def read(octets: bytes, *, encrypted: bool = False) -> list[RtcpReport]:
    return list(rtcp.reports(BASE, octets, encrypted=encrypted))


def test_all_figures_of_a_compound() -> None:
    sender, described, bye = read(SENDER + NAMED + BYE)
    assert (sender.type, sender.ssrc, sender.sender_packets, sender.octets, sender.rtp_timestamp) == (
        200, 0x47, 50, 8000, 160,
    )  # fmt: skip
    assert sender.ntp == (2_208_988_800 + 1000, 1 << 31)
    assert sender.ntp_time == 1000.5
    assert sender.blocks == (ReportBlock(0x11, 64, -2, 70000, 12, 0xAABB, 65536),)
    assert (sender.lost, sender.jitter, sender.problem) == (-2, 12, "")
    assert (described.ssrc, described.cname, described.sources) == (0x47, "a@b.c", (0x47,))
    assert (bye.type, bye.ssrc, bye.sources) == (203, 0xDEADBEEF, (0xDEADBEEF, 0x47))
    assert (bye.frame, bye.src, bye.dport) == (3, "192.0.2.50", 4001)
    assert rtcp.is_compound(SENDER + NAMED + BYE)


def test_a_receiver_report_and_a_bye_of_nobody() -> None:
    receiver, bye = read(struct.pack("!BBHI", 0x80, 201, 1, 0x48) + struct.pack("!BBH", 0x80, 203, 0))
    assert (receiver.type, receiver.ssrc, receiver.blocks, receiver.ntp_time) == (201, 0x48, (), 0.0)
    assert (bye.ssrc, bye.sources) == (0, ())


def test_what_is_too_short_is_named() -> None:
    (cut,) = read(SENDER[:40])
    assert "ends 12 octets before its length" in cut.problem
    assert cut.sender_packets == 0 or cut.octets == 8000
    (lying,) = read(struct.pack("!BBHI", 0x85, 201, 1, 1))
    assert "too short" in lying.problem


def test_of_an_encrypted_compound_only_the_head_is_read() -> None:
    (only,) = read(SENDER + NAMED, encrypted=True)
    assert (only.encrypted, only.ssrc, only.octets, only.blocks) == (True, 0x47, 0, ())


def test_other_packets_are_no_rtcp() -> None:
    assert not rtcp.is_compound(b"")
    assert not rtcp.is_compound(bytes.fromhex("000100002112a442") + bytes(12))
    assert not rtcp.is_compound(struct.pack("!BBHII", 0x80, 8, 1, 0, 1) + bytes(160))
    assert not rtcp.is_compound(SENDER[:-1])


@given(st.binary(max_size=80), st.integers(0, 255), st.integers(199, 208), st.integers(0, 20))
def test_no_octets_break_the_reader(octets: bytes, first: int, kind: int, words: int) -> None:
    found = read(struct.pack("!BBH", first, kind, words) + octets)
    assert len(found) <= 1 + len(octets) // 4
    rtcp.is_compound(octets)
