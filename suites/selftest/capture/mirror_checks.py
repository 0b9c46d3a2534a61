"""A mirror whose own processes fail; run by test_live inside a private segment, not collected by itself.

Both ends of a cable see the same packets: one end is the own interface, the other the mirror.
"""

from __future__ import annotations

import itertools
import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.capture import mirror
from harness.capture.dissect import FENCE_TYPE
from harness.capture.live import MARKED, Capture
from harness.core import clock, steps
from harness.core.errors import RigFault
from suites.selftest.capture import frames as f

MAC = "00:04:13:30:01:21"
BASE, HOST = bytes.fromhex(MAC.replace(":", "")), bytes.fromhex("02000000000a")


@pytest.fixture(scope="module", autouse=True)
def cable() -> None:
    subprocess.run(["ip", "link", "add", "d0", "type", "veth", "peer", "name", "d1"], check=True)
    for end in ("d0", "d1"):
        Path(f"/proc/sys/net/ipv6/conf/{end}/disable_ipv6").write_text("1")
        subprocess.run(["ip", "link", "set", end, "up"], check=True)


@pytest.fixture
def capture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Capture]:
    monkeypatch.setattr(mirror, "OWN_S", 0.5)
    running = Capture("d1", tmp_path, mode="mirror", send_on="d0", mac=MAC)
    with running:
        yield running


def say(payload: bytes) -> None:
    """A datagram of the base on the own interface; the other end of the cable has it too."""
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as raw:
        raw.bind(("d0", 0))
        raw.send(HOST + BASE + b"\x08\x00" + f.datagram(payload, f.BASE, f.PBX))


def test_what_both_ends_have_is_not_lost(capture: Capture) -> None:
    for number in range(20):
        say(b"packet %d" % number)
    capture.check_mirror()
    assert capture.record()["mirror"] == {"compared": 20, "lost": 0}


def test_what_only_the_mirror_sees_is_judged_by_marked_packets(
    capture: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Base and a far PBX say nothing that the own interface could be compared with."""
    assert capture.check_mirror() == MARKED
    marks = itertools.count(1)
    monkeypatch.setattr(
        "harness.capture.live.Copies.has",
        lambda self, record: record.frame[12:14] == FENCE_TYPE and next(marks) % 100 == 0,
    )
    before = clock.now()
    with pytest.raises(RigFault, match="the mirror lost 4 of 400 marked packets"):
        capture.check_mirror()
    assert any(begins < before < ends for begins, ends in capture.wire.gaps)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP])
def test_a_comparison_that_failed_is_a_rig_fault_of_one_test(capture: Capture, number: signal.Signals) -> None:
    os.kill(capture.pids["own"], number)
    with pytest.raises(RigFault, match="tcpdump on d0"):
        capture.check_mirror()
    capture.revive(within=2.0)
    say(b"again")
    capture.check_mirror()


def test_a_capture_that_was_restarted_has_lost_nothing_meanwhile(capture: Capture) -> None:
    os.kill(capture.pids["tcpdump"], signal.SIGKILL)
    say(b"unseen")
    capture.revive(within=2.0)
    say(b"seen")
    capture.check_mirror()


def test_a_mirror_without_link_is_waited_for_only_while_the_power_is_cut(
    capture: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("harness.capture.live.PROVEN_WITHIN", 2.0)
    near = _mac("d1")
    monkeypatch.setattr("harness.capture.live.Copies.has", lambda self, record: record.frame[6:12] != near)
    steps.publish("power", "off", did={"kind": "power-off"})
    capture.check_mirror()
    steps.publish("power", "on", did={"kind": "power-on"})
    with pytest.raises(RigFault, match="no marked packet comes through the mirror at d1"):
        capture.check_mirror()


def _mac(interface: str) -> bytes:
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as raw:
        raw.bind((interface, 0))
        return bytes(raw.getsockname()[4][:6])
