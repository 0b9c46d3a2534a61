"""What may befall a running capture; run by test_live inside a private segment, not collected by itself."""

from __future__ import annotations

import os
import signal
import socket
import struct
from collections.abc import Iterator

import pytest

from harness.capture import dissect, tap
from harness.capture.live import Capture
from harness.core import clock, steps
from harness.core.errors import ProductFailure, RigFault
from suites.selftest.capture import frames as f
from suites.selftest.capture.live_checks import OPTIONS, say

HUGE = "9" * 400
THIRTY = "1" * 30
ODD_LINES = [
    ("Max-Forwards: 70", "Max-Forwards: 7²"),
    ("CSeq: 1 ", "CSeq: ² "),
    ("CSeq: 1 ", f"CSeq: {HUGE} "),
    ("CSeq: 1 ", f"CSeq: {'9' * 5000} "),
    ("Content-Length: 0", f"Content-Length: {THIRTY}"),
    ("Max-Forwards: 70", f"Expires: {HUGE}"),
    ("Max-Forwards: 70", f"Session-Expires: {THIRTY};refresher=²"),
    ("Max-Forwards: 70", f"Retry-After: {HUGE} (²)"),
    ("rport", f"rport={THIRTY};ttl=²"),
    ("sip:40@127.0.0.1 ", f"sip:40@127.0.0.1:{THIRTY} "),
    ("tag=1", "tag=\x00\x01\x7f"),
]
DESCRIPTION = "v=0\r\no=- {0} {0} IN IP4 127.0.0.1\r\nc=IN IP4 127.0.0.1\r\nt={0} ²\r\nm=audio {1} RTP/AVP {0} ² 8\r\n"
DESCRIPTION += "a=rtpmap:² PCMA/{0}\r\na=rtpmap:8 PCMA/²\r\na=ptime:{0}\r\n"


@pytest.fixture(scope="module")
def capture(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Capture]:
    running = Capture("lo", tmp_path_factory.mktemp("capture"))
    with running:
        yield running


@pytest.fixture(autouse=True)
def revived(capture: Capture) -> None:
    """As before each test of a run."""
    capture.revive(within=2.0)
    capture.wire.mark()


def is_read(capture: Capture, call_id: str) -> bool:
    say(call_id)
    return bool(capture.wire.sip.expect(call_id=call_id).frame)


@pytest.mark.parametrize("odd", range(len(ODD_LINES)))
def test_a_number_that_is_none_ends_no_reading(capture: Capture, odd: int) -> None:
    old, new = ODD_LINES[odd]
    assert old in OPTIONS
    say(f"odd-{odd}@x", OPTIONS.replace(old, new))
    assert capture.wire.sip.expect(call_id=f"odd-{odd}@x").problems or old in ("rport", "tag=1", "sip:40@127.0.0.1 ")
    assert is_read(capture, f"after-{odd}@x")
    capture.wire.settle()


@pytest.mark.parametrize("number", ["²", HUGE, THIRTY])
def test_nor_does_one_in_a_description(capture: Capture, number: str) -> None:
    body = DESCRIPTION.format(number, "4000" if number == "²" else number)
    described = OPTIONS.replace("Content-Length: 0", f"Content-Type: application/sdp\r\nl: {len(body.encode())}")
    say(f"sdp-{len(number)}@x", described + body)
    assert capture.wire.sip.expect(call_id=f"sdp-{len(number)}@x").problems
    assert is_read(capture, f"after-sdp-{len(number)}@x")
    capture.wire.settle()


def test_latin_1_and_utf_8_in_one_message_are_read(capture: Capture) -> None:
    mixed = OPTIONS.format("mixed@x").encode().replace(b"X-Odd: one", b"Subject: M\xfcller\r\nX-Odd: one")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.sendto(mixed, ("127.0.0.1", 5060))
    message = capture.wire.sip.expect(call_id="mixed@x")
    assert (message.from_.display, message.header("subject")) == ("Ä", ["Müller"])


def test_a_line_that_cannot_be_read_is_named_once_and_costs_one_test(
    capture: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    readable = dissect.sip_message

    def unreadable(*values: object, **options: object) -> object:
        if b"Call-ID: unreadable@x" in values[7]:
            raise OverflowError("too odd for us")
        return readable(*values, **options)

    monkeypatch.setattr(dissect, "sip_message", unreadable)
    say("unreadable@x")
    assert is_read(capture, "next@x")
    number = len(capture.file)
    with pytest.raises(RigFault, match=r"packet \d+ cannot be dissected .OverflowError: too odd for us") as fault:
        capture.wire.sip.expect(call_id="unreadable@x", timeout=0.1)
    assert 0 < int(str(fault.value).split("packet ")[1].split()[0]) < number
    assert capture.healthy
    capture.wire.mark()
    with pytest.raises(ProductFailure):
        capture.wire.sip.expect(call_id="never-sent@x", timeout=0.1)


TCP_PORTS = (40000, 5060)


def tcp_frame(number: int, octets: bytes, *, acknowledges: int = 0) -> bytes:
    """A segment between two hosts that are not here; with `acknowledges` one back."""
    ends, ports = ((f.PBX, f.BASE), TCP_PORTS[::-1]) if acknowledges else ((f.BASE, f.PBX), TCP_PORTS)
    flags = 0x10 if octets or acknowledges else 0x02
    head = struct.pack("!HHIIBBHHH", *ports, number, acknowledges, 0x50, flags, 65535, 0, 0)
    return f.ethernet(f.internet(*ends, 6, head + octets))


def test_tcp_is_read_as_offline_out_of_order_and_behind_a_keep_alive(capture: Capture) -> None:
    first, second, third = (f.request("OPTIONS", call=f"tcp{number}@x", number=number) for number in (1, 2, 3))
    begun, octets = capture.wire.mark(), b"\r\n\r\n" + first + second + b"\r\n" + third
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as raw:
        raw.bind(("lo", 0))
        half = len(octets) // 2
        raw.send(tcp_frame(0, b""))
        raw.send(tcp_frame(1 + half, octets[half:]))
        capture.renew()
        raw.send(tcp_frame(1, octets[:half]))
        capture.fence()
    found = capture.wire.sip.all(since=begun)
    assert [message.call_id for message in found] == ["tcp1@x", "tcp2@x", "tcp3@x"]
    capture.wire.settle()


def test_a_segment_that_the_capture_lost_is_named_and_fails_who_waits_for_it(capture: Capture) -> None:
    first, second = (f.request("OPTIONS", call=f"hole{number}@x", number=number) for number in (1, 2))
    begun = capture.wire.mark()
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as raw:
        raw.bind(("lo", 0))
        raw.send(tcp_frame(0, b""))
        raw.send(tcp_frame(1 + len(first), second))
        raw.send(tcp_frame(9, b"", acknowledges=1 + len(first) + len(second)))
    with pytest.raises(RigFault, match=f"{len(first)} octets before it are missing"):
        capture.wire.sip.expect(call_id="hole1@x", timeout=0.3, since=begun)
    assert capture.wire.sip.expect(call_id="hole2@x", since=begun)
    assert capture.wire.gaps[-1][1] > begun


@pytest.mark.parametrize("name", ["tcpdump", "tshark"])
def test_a_process_that_is_stopped_is_named_and_replaced_before_the_next_test(capture: Capture, name: str) -> None:
    assert is_read(capture, f"before-stop-{name}@x")
    stopped, begun = capture.pids[name], clock.now()
    os.kill(stopped, signal.SIGSTOP)
    say(f"unseen-{name}@x")
    with pytest.raises(RigFault, match=f"{name} on lo is stopped: a marked packet sent on lo was not dissected"):
        capture.fence(within=0.5)
    assert not capture.healthy
    published: list[str] = []
    with steps.subscribed(lambda step: published.append(step.text)):
        capture.revive(within=2.0)
    assert capture.pids[name] != stopped
    assert f"restarted: {name} on lo is stopped" in "".join(published)
    assert capture.wire.gaps[-1][0] <= begun
    assert is_read(capture, f"after-stop-{name}@x")


@pytest.mark.parametrize("name", ["tcpdump", "tshark"])
def test_one_that_was_stopped_between_two_tests_costs_none(capture: Capture, name: str) -> None:
    os.kill(capture.pids[name], signal.SIGSTOP)
    capture.revive(within=0.5)
    assert is_read(capture, f"revived-{name}@x")


def test_a_thread_that_ends_is_named_and_replaced_before_the_next_test(
    capture: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(tap, "looks_like_rtp", lambda frame: 1 // 0)
        say("ends-it@x")
        with pytest.raises(RigFault, match=r"packets of tcpdump cannot be read .ZeroDivisionError"):
            capture.wire.sip.expect(call_id="ends-it@x", timeout=5)
    capture.revive(within=2.0)
    assert is_read(capture, "after-the-thread@x")


def test_a_tshark_that_is_stopped_while_it_is_renewed_is_a_fault(
    capture: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("harness.capture.tap.LOADING", 0.2)
    monkeypatch.setattr("harness.capture.dissector.signal.SIGCONT", 0)
    os.kill(capture.pids["tshark"], signal.SIGSTOP)
    capture.renew()
    with pytest.raises(RigFault, match=r"did not finish within 0[.]2 s"):
        capture.check()
