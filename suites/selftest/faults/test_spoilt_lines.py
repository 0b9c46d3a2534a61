"""Garbage on the serial line and on the network, a dongle pulled and put back: what is whole goes on being judged."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from suites.selftest.faults.fault_table import Fault, note
from suites.selftest.faults.faulty_run import FaultyRun

pytestmark = pytest.mark.slow
PROXY = Path(__file__).with_name("dongle_proxy.py")

CODE = """
import random, socket

def hands(words):
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
        line.connect(os.environ["FOLDER"] + "/run/hands")
        line.send(words.encode())
        assert line.recv(9) == b"done"

def test_noise_on_the_serial_line(call):
    hands("garbage")
    call.peer.call()
    call.expect.rings()
    hands("garbage half")
    assert call.state.handset_driver.link.state() == "LOCKED"
    hands("garbage")
    call.handset.answer()
    hands("garbage")
    with call.both_talking():
        call.media.expect_both_ways()
    call.handset.hang_up()
    call.expect.released_by("base")

def test_pulled_and_put_back_in_a_call(call):
    call.establish()
    hands("pull plug")
    assert call.state.handset_driver.link.state() == "LINKED"
    call.handset.hang_up()
    call.expect.released_by("base")

def test_pulled_for_good(call):
    hands("pull")
    call.handset.dial()
    call.peer.expect_call()

def test_still_away(call):
    call.handset.dial()
    call.peer.expect_call()

def test_put_back(profile_session):
    hands("plug")

def test_dials_again(call):
    call.establish("outgoing")
    call.handset.hang_up()
    call.expect.released_by("base")

LINE = "INVITE sip:101@198.18.9.50 SIP/2.0\\r\\n"
VIA = "Via: SIP/2.0/UDP 198.18.9.1:5099;branch=z9hG4bK{0};rport\\r\\n"
REST = "From: <sip:x@y>;tag=1\\r\\nTo: <sip:101@y>\\r\\nCall-ID: {0}\\r\\nCSeq: 1 INVITE\\r\\n"
ODD = [
    LINE,
    LINE + VIA,
    LINE + VIA + REST,
    LINE + VIA + REST + "Content-Length: -1\\r\\n\\r\\n",
    LINE + VIA + REST + "Content-Length: 99999999999999999999\\r\\n\\r\\n",
    LINE + VIA + REST + "Content-Type: application/sdp\\r\\nContent-Length: 9\\r\\n\\r\\nv=0\\r\\nm=,,",
    LINE + VIA + REST + "X: " + "y" * 60000 + "\\r\\n\\r\\n",
    LINE + VIA * 200 + REST + "\\r\\n",
    LINE + REST + "CSeq: zz BYE\\r\\nCSeq: 99999999999999999999 INVITE\\r\\n\\r\\n",
    "SIP/2.0 999 \\r\\n\\r\\n",
    "SIP/2.0 200 OK\\r\\n" + VIA + REST + "\\r\\n",
    "\\r\\n" * 500,
    "BYE sip: SIP/2.0\\r\\n: : :\\r\\n\\r\\n",
    "REGISTER sip:a SIP/7.0\\r\\n\\r\\n",
    LINE.replace("INVITE", "\\x00\\x01") + VIA + "\\r\\n",
]

def test_garbage_by_udp_and_tcp(call, base, wire, registration):
    contact = [m for m in wire.sip.all(method="REGISTER", since=0.0) if m.src == base.web.address][-1]
    there = (contact.src, contact.sport)
    dice = random.Random(9)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        line.bind(("198.18.9.1", 5099))
        for number, text in enumerate(ODD * 3):
            line.sendto(text.format(number).encode("latin-1"), there)
            line.sendto(dice.randbytes(dice.randrange(1, 1400)), there)
            whole = (LINE + VIA + REST).format(f"h{number}").encode()
            line.sendto(whole[: dice.randrange(len(whole))], there)
            line.sendto(bytes(b ^ (dice.random() < 0.02) * 255 for b in whole), there)
    for number, text in enumerate(ODD):
        try:
            with socket.create_connection((there[0], 5060), 2) as stream:
                data = text.format(number).encode("latin-1") + dice.randbytes(3000)
                stream.sendall(data[: len(data) // 2])
                stream.sendall(data[len(data) // 2 :])
        except OSError:
            pass
    call.establish()
    with call.both_talking():
        call.media.expect_both_ways()
    call.handset.hang_up()
    call.expect.released_by("base")

def test_frames_that_no_dissector_likes(call, wire):
    dice = random.Random(10)
    ethernet = bytes.fromhex("0180c2000000020000000001")
    ip = bytes.fromhex("450000000000400040110000c6120901c6120902")
    udp = bytes.fromhex("13c413c4")
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as raw:
        raw.bind(("m9rig", 0))
        for number in range(300):
            noise = dice.randbytes(dice.randrange(1, 900))
            kind = [b"\\x08\\x00" + noise, b"\\x86\\xdd" + noise, noise, b"\\x81\\x00" + noise]
            length = (28 + len(noise)).to_bytes(2, "big")
            kind.append(b"\\x08\\x00" + ip[:2] + length + ip[4:] + udp + dice.randbytes(4) + noise)
            sip = (LINE + VIA + REST).format(number).encode()
            kind.append(b"\\x08\\x00" + ip[:2] + b"\\x02\\x00" + ip[4:] + udp + b"\\xff\\xff\\x00\\x00" + sip)
            raw.send(ethernet + kind[number % len(kind)])
    wire.fence()
    call.establish()
    with call.both_talking():
        call.media.expect_both_ways()
    call.peer.hang_up()
    call.expect.released_by("peer")
"""
FAULTS = (
    Fault("noise on the dongle's serial line in a call", "test_noise_on_the_serial_line", verdict="passed"),
    Fault("the dongle is pulled and put back in a call", "test_pulled_and_put_back_in_a_call", verdict="passed"),
    Fault("the dongle is pulled and stays away for two tests", "test_pulled_for_good"),
    Fault("garbage by UDP and TCP at the base", "test_garbage_by_udp_and_tcp", verdict="passed"),
    Fault("frames that no dissector reads", "test_frames_that_no_dissector_likes", verdict="passed"),
)
VERDICTS = {
    "test_noise_on_the_serial_line": "passed",
    "test_pulled_and_put_back_in_a_call": "passed",
    "test_pulled_for_good": "rig fault",
    "test_still_away": "rig fault",
    "test_put_back": "passed",
    "test_dials_again": "passed",
    "test_garbage_by_udp_and_tcp": "passed",
    "test_frames_that_no_dissector_likes": "passed",
}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> FaultyRun:
    run = FaultyRun(tmp_path_factory.mktemp("lines"), CODE)

    def with_proxy(rig: dict[str, Any]) -> None:
        rig["bringup"]["command"] = [sys.executable, str(PROXY), "{rig}", "{run}"]

    run.rig = run.derived_rig(with_proxy)
    run.finish()
    note(run, FAULTS)
    return run


@pytest.mark.parametrize("name", VERDICTS)
def test_a_spoilt_line_has_its_verdict(run: FaultyRun, name: str) -> None:
    assert run.verdicts.get(name) == VERDICTS[name], run.output


def test_a_dongle_that_is_gone_is_named_with_a_remedy(run: FaultyRun) -> None:
    for name in ("test_pulled_for_good", "test_still_away"):
        assert run.reason(name).startswith("rig fault: dongle: ")
        assert "  remedy  " in run.reason(name)


def test_rig_faults_alone_are_11_and_nothing_is_left(run: FaultyRun) -> None:
    assert run.result["exit_code"] == 11
    assert run.processes == []
