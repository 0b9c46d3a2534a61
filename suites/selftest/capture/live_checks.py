"""Live capture on a loopback interface; run by test_live inside a private segment, not collected by itself."""

from __future__ import annotations

import ctypes
import os
import socket
import statistics
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.capture import live
from harness.capture.live import Capture, Wire
from harness.core import steps
from harness.core.errors import InvalidTest, ProductFailure, RigFault, UsageError
from suites.selftest.capture.tsharks_streams import listed_streams

OPTIONS = (
    "OPTIONS sip:40@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:5060;branch=z9hG4bK{0};rport\r\n"
    'From: "Ä" <sip:a@b>;tag=1\r\nTo: <sip:40@127.0.0.1>\r\nCall-ID: {0}\r\nCSeq: 1 OPTIONS\r\n'
    "X-Odd: one,\r\n  two\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
)


@pytest.fixture(scope="module")
def capture(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Capture]:
    running = Capture("lo", tmp_path_factory.mktemp("capture"))
    with running:
        yield running


@pytest.fixture
def wire(capture: Capture) -> Wire:
    if not capture.healthy:
        capture.restart()
    capture.wire.mark()
    return capture.wire


def say(call_id: str, text: str = OPTIONS) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.sendto(text.format(call_id).encode(), ("127.0.0.1", 5060))


def test_a_message_is_found_with_its_headers_and_its_frame(wire: Wire) -> None:
    say("first@x")
    message = wire.sip.expect(method="OPTIONS", source="127.0.0.1", call_id="first@x")
    assert message.from_.display == "Ä"
    assert message.header("x-odd") == ["one", "two"]
    assert message.cseq.number == 1
    assert message.frame > 0


def test_an_event_before_the_question_is_found_and_an_older_one_is_not(wire: Wire) -> None:
    say("old@x")
    wire.sip.expect(call_id="old@x")
    with steps.step("handset", "press HOLD"):
        pass
    say("new@x")
    wire.fence()
    assert wire.sip.expect(method="OPTIONS").call_id == "new@x"


def test_a_stored_slice_can_be_looked_into_deeper(wire: Wire, capture: Capture) -> None:
    say("before@x")
    wire.sip.expect(call_id="before@x")
    wire.mark()
    say("deep-1@x")
    say("deep-2@x")
    with wire.packets('sip.Method == "OPTIONS" and not icmp') as packets:
        found = list(packets)
        assert [packet.sip.call_id for packet in found] == ["deep-1@x", "deep-2@x"]
        assert found[0].sip.get_field("X-Odd") or "X-Odd" in str(found[0].sip)
        assert float(found[0].sniff_timestamp) >= wire.default_since
    with wire.packets("sip.Status-Code == 200") as packets:
        assert not list(packets)
    with pytest.raises(UsageError, match=r"display filter 'sip[.]Methud'"), wire.packets("sip.Methud"):
        pass
    assert not list(capture.directory.glob("slice-*"))


def test_what_did_not_come_is_told_with_what_came(wire: Wire) -> None:
    say("other@x")
    with pytest.raises(ProductFailure) as failed:
        wire.sip.expect(method="INVITE", timeout=0.2, rule="HLD-1", cites="RFC 3264 §8.4")
    text = str(failed.value)
    assert "[HLD-1]" in text
    assert "OPTIONS sip:40@127.0.0.1" in text
    with pytest.raises(InvalidTest):
        wire.sip.require(method="INVITE", timeout=0.1)


def test_never_is_judged_after_a_fence(wire: Wire) -> None:
    wire.sip.never(method="INVITE")
    say("there@x")
    with pytest.raises(ProductFailure):
        wire.sip.never(method="OPTIONS")


def test_an_unknown_condition_is_a_mistake_of_the_author(wire: Wire) -> None:
    with pytest.raises(UsageError, match="methd"):
        wire.sip.expect(methd="INVITE")


def test_several_messages_in_one_segment_and_one_in_several(wire: Wire) -> None:
    with socket.create_server(("127.0.0.1", 5060)) as server, socket.create_connection(("127.0.0.1", 5060)) as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        accepted, _ = server.accept()
        two = OPTIONS.format("t1@x") + OPTIONS.format("t2@x")
        client.sendall(two.encode())
        accepted.recv(9999)
        third = OPTIONS.format("t3@x").encode()
        client.sendall(third[:90])
        accepted.recv(9999)
        client.sendall(third[90:])
        found = [wire.sip.expect(call_id=name) for name in ("t1@x", "t2@x", "t3@x")]
        accepted.close()
    assert found[0].frame == found[1].frame
    assert {message.transport for message in found} == {"tcp"}


def test_media_is_left_out_of_the_live_tap_and_kept_in_the_file(wire: Wire, capture: Capture) -> None:
    from harness.bench.stored_call import alaw

    begun = wire.mark()
    before = len(capture.file)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.bind(("127.0.0.1", 40000))
        for number in range(50):
            head = bytes([0x80, 8]) + number.to_bytes(2, "big") + (160 * number).to_bytes(4, "big") + b"\x11" * 4
            sender.sendto(head + alaw([0.0] * 160), ("127.0.0.1", 40002))
    (stream,) = wire.rtp("127.0.0.1", since=begun)
    assert (stream.packets, stream.lost, stream.sport, stream.payload_types) == (50, 0, 40000, (8,))
    assert len(capture.file) - before >= 50
    assert capture.wire.has_media(begun, time.time())
    path = capture.directory / "slice.pcap"
    wire.slice(begun, time.time(), path)
    assert listed_streams(path)[0][-1] == 50


def test_the_dissection_is_renewed_without_missing_a_packet(wire: Wire, capture: Capture) -> None:
    begun = wire.mark()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.bind(("127.0.0.1", 40100))
        for number in range(60):
            head = bytes([0x80, 8]) + number.to_bytes(2, "big") + (160 * number).to_bytes(4, "big") + b"\x22" * 4
            sender.sendto(head + bytes(160), ("127.0.0.1", 40102))
            say(f"renew{number}@x")
            if number == 30:
                capture.renew()
    assert len(wire.sip.all(since=begun)) == 60
    (stream,) = wire.rtp("127.0.0.1", since=begun)
    assert (stream.packets, stream.lost) == (60, 0)


def test_a_dissection_that_has_grown_is_renewed(wire: Wire, capture: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    say("before@x")
    wire.sip.expect(call_id="before@x")
    first = capture.pids["tshark"]
    capture.tidy()
    assert capture.pids["tshark"] == first
    monkeypatch.setattr(live, "HEAVY", 0)
    capture.tidy()
    assert capture.pids["tshark"] != first
    say("after@x")
    wire.sip.expect(call_id="after@x")


def test_a_telephone_event_is_known_by_its_description(wire: Wire, capture: Capture) -> None:
    begun = wire.mark()
    body = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\nc=IN IP4 127.0.0.1\r\nm=audio 40202 RTP/AVP 8 97\r\n"
    body += "a=rtpmap:97 telephone-event/8000\r\n"
    described = OPTIONS.replace("Content-Length: 0\r\n", f"Content-Type: application/sdp\r\nl: {len(body)}\r\n")
    say("described@x", described + body)
    wire.sip.expect(call_id="described@x")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.bind(("127.0.0.1", 40200))
        for number in range(8):
            head = bytes([0x80, 97]) + number.to_bytes(2, "big") + bytes(4) + b"\x33" * 4
            sender.sendto(head + bytes([7, 0x80 * (number > 4) | 10, number, 0]), ("127.0.0.1", 40202))
    (stream,) = wire.rtp(since=begun)
    assert (stream.digits, stream.dtmf[0].ends, stream.packets) == ("7", 3, 8)
    assert stream.codecs[97].name == "telephone-event"


class _Piece(ctypes.Structure):
    _fields_ = (("base", ctypes.c_void_p), ("length", ctypes.c_size_t))


class _Header(ctypes.Structure):
    """`struct msghdr` of sendmsg(2)."""

    _fields_ = (
        ("name", ctypes.c_void_p), ("name_length", ctypes.c_uint), ("pieces", ctypes.POINTER(_Piece)),
        ("count", ctypes.c_size_t), ("control", ctypes.c_void_p), ("control_length", ctypes.c_size_t),
        ("flags", ctypes.c_int),
    )  # fmt: skip


class _Message(ctypes.Structure):
    """`struct mmsghdr` of sendmmsg(2)."""

    _fields_ = (("header", _Header), ("sent", ctypes.c_uint))


def send_twice(raw: socket.socket, frame: bytes) -> None:
    """A frame and its copy in one system call: nothing comes between them, as with a mirror port."""
    octets = ctypes.create_string_buffer(frame, len(frame))
    piece = _Piece(ctypes.addressof(octets), len(frame))
    messages = (_Message * 2)(*(_Message(_Header(pieces=ctypes.pointer(piece), count=1)) for _ in range(2)))
    assert ctypes.CDLL(None, use_errno=True).sendmmsg(raw.fileno(), messages, 2, 0) == 2, ctypes.get_errno()


def test_a_mirror_port_that_doubles_is_seen_through(tmp_path: Path) -> None:
    from harness.bench import stored_call

    capture = Capture("lo", tmp_path, mode="mirror")
    with capture as wire, socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as raw:
        raw.bind(("lo", 0))
        for _, frame in sorted(stored_call.frames(0.1, stored_call.CallParties(), 0.0), key=lambda pair: pair[0]):
            send_twice(raw, frame)
        assert len(wire.sip.all()) == 7
        assert [stream.duplicates for stream in wire.rtp()] == [0, 0]
    assert capture.record()["repeats_dropped"] == 25


def test_it_is_fast(wire: Wire) -> None:
    took = []
    for number in range(30):
        begun = time.perf_counter()
        say(f"fast{number}@x")
        wire.sip.expect(call_id=f"fast{number}@x")
        took.append(time.perf_counter() - begun)
    assert statistics.median(took) < 0.05


def test_a_complaint_about_a_packet_is_not_the_packet(wire: Wire) -> None:
    say("refused@x")
    wire.icmp.expect(type=3, code=3)
    assert len(wire.sip.all(call_id="refused@x")) == 1


def test_garbage_does_no_harm(wire: Wire, capture: Capture) -> None:
    say("g@x", "\x00\xff INVITE sip SIP/2.0\r\n: : :\r\nCSeq: zz\r\n\r\n")
    say("g2@x", "SIP/2.0 \r\n\r\n")
    say("g3@x", OPTIONS.replace("Content-Length: 0", "Content-Length: 99999") + "{{" * 100)
    say("fine@x")
    wire.sip.expect(call_id="fine@x")
    assert capture.healthy


@pytest.mark.parametrize("name", ["tcpdump", "tshark"])
def test_a_dead_process_is_a_rig_fault_and_the_next_test_has_a_fresh_one(capture: Capture, name: str) -> None:
    wire = capture.wire
    os.kill(capture.pids[name], 9)
    with pytest.raises(RigFault, match=name):
        wire.sip.expect(method="INVITE", timeout=5)
    with pytest.raises(RigFault):
        wire.sip.never(method="INVITE")
    capture.restart()
    say(f"after-{name}@x")
    message = wire.sip.expect(call_id=f"after-{name}@x")
    assert message.frame == len(capture.file) or message.frame > 0


def test_packets_lost_by_the_kernel_are_counted(capture: Capture) -> None:
    assert capture.losses() == 0


def test_an_interface_that_is_not_there_is_a_rig_fault(tmp_path: Path) -> None:
    with pytest.raises(RigFault, match="m9none"):
        Capture("m9none", tmp_path).start()


def test_a_full_disk_ends_the_file_and_not_the_capture(tmp_path: Path) -> None:
    import subprocess

    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(tmp_path)], check=True)
    capture = Capture("lo", tmp_path)
    with capture as wire:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            for _ in range(120):
                sender.sendto(b"x" * 1000, ("127.0.0.1", 9))
        say("later@x")
        message = wire.sip.expect(call_id="later@x")
        assert message.frame == 0
        assert not capture.healthy
        with pytest.raises(RigFault, match="cannot be written"):
            wire.rtp(since=0.0)
