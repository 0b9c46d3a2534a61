"""The path that loses packets: its plan as a plain sequence, and the path itself in a private segment."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import pytest

from harness.services.impairment import Impairment, Plan
from harness.services.lossy_path import TUN, is_rtp
from suites.selftest.private_segment import printed


def copies(impairment: Impairment, packets: int = 120, seed: int = 1) -> list[int]:
    plan = Plan(impairment, seed)
    return [len(plan.delays()) for _ in range(packets)]


def test_one_packet_of_each_ten_is_lost_and_always_the_same():
    lost = copies(Impairment(lose_one_in=10))
    assert all(Counter(lost[at : at + 10]) == {1: 9, 0: 1} for at in range(0, 120, 10))
    assert lost == copies(Impairment(lose_one_in=10)) != copies(Impairment(lose_one_in=10), seed=2)


def test_several_are_lost_together():
    text = "".join(map(str, copies(Impairment(lose_one_in=40, together=4))))
    assert (text.count("0000"), text.count("0")) == (3, 12)


def test_one_packet_of_each_three_comes_twice():
    told = copies(Impairment(repeat_one_in=3))
    assert all(sorted(told[at : at + 3]) == [1, 1, 2] for at in range(0, 120, 3))


def test_delays_are_up_to_the_jitter():
    plan = Plan(Impairment(jitter=0.04))
    delays = [delay for _ in range(200) for delay in plan.delays()]
    assert 0 <= min(delays) < 0.01 < 0.03 < max(delays) <= 0.04


HEADER = bytes([0x45, 0, 0, 60, 0, 0, 0x40, 0, 64, 17, 0, 0, *[0] * 8])


@pytest.mark.parametrize(
    ("packet", "is_media"),
    [
        (HEADER + bytes(8) + bytes([0x80, 8, *[0] * 20]), True),
        (HEADER + bytes(8) + bytes([0x80, 0x80 | 101, *[0] * 20]), True),
        (HEADER + bytes(8) + bytes([0x80, 200, *[0] * 20]), False),
        (HEADER + bytes(8) + b"INVITE sip:41@x SIP/2.0", False),
        (HEADER[:9] + b"\6" + HEADER[10:] + bytes(8) + bytes([0x80, 8, *[0] * 20]), False),
        (HEADER[:7] + b"\1" + HEADER[8:] + bytes(8) + bytes([0x80, 8, *[0] * 20]), False),
        (b"\x60" + bytes(60), False),
        (HEADER, False),
    ],
    ids=["rtp", "marked event", "rtcp", "sip", "tcp", "fragment", "ipv6", "empty"],
)
def test_rtp_is_told_from_all_else(packet, is_media):
    assert is_rtp(packet) is is_media


@pytest.mark.skipif(not os.access(TUN, os.R_OK | os.W_OK), reason="no TUN on this machine")
def test_packets_go_by_the_path_and_what_it_leaves_behind_is_nothing():
    seen = printed(Path(__file__).with_name("lossy_path_segment.py"))
    assert seen["before"] == seen["good"] == seen["after"] == [*range(20)]
    assert len(seen["lossy"]) == 18
    assert sorted(seen["twice"]) == sorted([*range(20), *seen["repeated"]])
    assert len(seen["repeated"]) == 4
    assert seen["held"] == []
    assert seen["released"] == [*range(20)]
    assert seen["signalling"] == [*range(20)], "what is no RTP passes a path that loses everything"
    assert seen["rules"] == 3
    assert not seen["interface"]
