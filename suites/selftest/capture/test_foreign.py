"""Captures that others made: every link type and file form is read, told right, and scrubbed to the last secret."""

from __future__ import annotations

import gzip
import struct
import subprocess
from pathlib import Path

import pytest

from harness.capture import containers, ladder, ladder_svg, scrub, trace
from suites.selftest.capture import field_table
from suites.selftest.capture import frames as f

CHECKED = ["-o", "udp.check_checksum:TRUE", "-o", "tcp.check_checksum:TRUE"]
CALL = f.request("INVITE", f.KEYED, f.SIGNED)


def stored(tmp_path: Path, data: bytes, name: str = "foreign.pcap") -> Path:
    path = tmp_path / name
    path.write_bytes(data)
    return path


def assert_scrubbed(path: Path, tmp_path: Path) -> None:
    """Same frames, lengths, times and checksums; no secret, in no packet that the readers put together either."""
    hidden = stored(tmp_path, scrub.scrubbed(path.read_bytes()), "scrubbed.pcapng")
    data, followed = hidden.read_bytes(), _followed(hidden)
    for secret in f.SECRETS:
        assert secret not in data
        assert secret[:20] not in followed
    fields = ["frame.len", "frame.cap_len", "frame.time_epoch", "frame.protocols", "udp.checksum.status",
              "tcp.checksum.status", "sip.Method"]  # fmt: skip
    before, after = (field_table.table(file, fields, "frame", CHECKED) for file in (path, hidden))
    assert after == before


def _followed(path: Path) -> bytes:
    """All that tshark shows of a capture, streams put together."""
    done = subprocess.run(["tshark", "-r", str(path), "-n", "-V"], capture_output=True, check=False)
    return done.stdout


@pytest.mark.parametrize("link", f.LINKS)
def test_every_link_type_is_read_and_scrubbed(link: str, tmp_path: Path) -> None:
    kind, wrapped = f.LINKS[link]
    path = stored(tmp_path, f.pcap([wrapped(f.datagram(CALL)), wrapped(f.datagram(f.request("BYE", number=2)))], kind))
    recording = trace.read(path)
    assert [m.method for m in recording.sip] == ["INVITE", "BYE"]
    assert recording.sip[0].src == f.BASE
    assert [m.frame for m in recording.sip] == [1, 2]
    assert recording.frames == 2
    assert_scrubbed(path, tmp_path)


@pytest.mark.parametrize("link", f.LINKS)
def test_media_have_the_inner_addresses_on_every_link(link: str) -> None:
    kind, wrapped = f.LINKS[link]
    heads = [struct.pack("!BBHII", 0x80, 8, number, number * 160, 7) for number in range(10)]
    sent = [wrapped(f.datagram(head + b"\xd5" * 160, ports=(40000, 4000))) for head in heads]
    (stream,) = trace.read_octets(f.pcap(sent, kind)).streams
    assert (stream.src, stream.sport, stream.dst, stream.dport) == (f.BASE, 40000, f.PBX, 4000)
    assert (stream.packets, stream.payload_length, stream.lost) == (10, 160, 0)


@pytest.mark.parametrize("six", [False, True], ids=["v4", "v6"])
@pytest.mark.parametrize("order", [1, -1], ids=["in order", "last first"])
def test_fragments_are_one_message_and_keep_no_secret(six: bool, order: int, tmp_path: Path) -> None:
    ends = (f.BASE6, f.PBX6) if six else (f.BASE, f.PBX)
    pieces = f.fragments(CALL, *ends, size=256)[::order]
    path = stored(tmp_path, f.pcap([f.ethernet(piece) for piece in pieces]))
    (message,) = trace.read(path).sip
    assert message.sdp.audio.port == 4000
    assert message.src == ends[0]
    assert_scrubbed(path, tmp_path)


@pytest.mark.parametrize("cut", [*range(300, 341, 8), 417])
def test_tcp_segments_out_of_order_and_sent_again_are_one_message(cut: int, tmp_path: Path) -> None:
    both = CALL + f.request("OPTIONS", call="second")
    first, second = f.segment(both[:cut], 1000), f.segment(both[cut:], 1000 + cut)
    packets = [f.segment(b"", 999), second, first, first, second]
    path = stored(tmp_path, f.pcap([f.ethernet(packet) for packet in packets]))
    recording = trace.read(path)
    assert [m.method for m in recording.sip] == ["INVITE", "OPTIONS"]
    assert_scrubbed(path, tmp_path)


def test_a_keep_alive_in_the_stream_hides_no_secret(tmp_path: Path) -> None:
    cut = CALL.index(f.SECRETS[0]) + 6
    packets = [f.segment(CALL[:cut], 1000), f.segment(b"\0", 999 + cut), f.segment(CALL[cut:], 1000 + cut)]
    path = stored(tmp_path, f.pcap([f.ethernet(packet) for packet in packets]))
    assert_scrubbed(path, tmp_path)


@pytest.mark.parametrize("snaplen", [20, 60, 96, 480, 640])
def test_truncated_packets_stay_truncated(snaplen: int, tmp_path: Path) -> None:
    path = stored(tmp_path, f.pcap([f.ethernet(f.datagram(CALL))] * 2, snaplen=snaplen))
    trace.read(path)
    assert_scrubbed(path, tmp_path)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("nano", [False, True])
def test_byte_orders_nanoseconds_and_gzip(order: str, nano: bool, tmp_path: Path) -> None:
    plain = f.pcap([f.ethernet(f.datagram(CALL)), f.ethernet(f.datagram(f.request("BYE")))], nano=nano, order=order)
    path = stored(tmp_path, plain)
    assert_scrubbed(path, tmp_path)
    packed = stored(tmp_path, gzip.compress(plain), "foreign.pcap.gz")
    assert [m.at for m in trace.read(packed).sip] == [m.at for m in trace.read(path).sip]
    assert_scrubbed(packed, tmp_path)
    assert len(containers.records(gzip.compress(plain)[:-9])) == 2


@pytest.mark.parametrize("order", ["<", ">"])
def test_a_pcapng_of_several_interfaces_leaves_its_keys_behind(order: str, tmp_path: Path) -> None:
    cooked = f.LINKS["cooked"][1]
    packets = [(0, f.ethernet(f.datagram(CALL))), (1, cooked(f.datagram(f.request("BYE")))), (2, f.datagram(CALL))]
    path = stored(tmp_path, f.pcapng(packets, [1, 113, 101], order=order, secret=b"CLIENT_RANDOM 00 11"), "a.pcapng")
    recording = trace.read(path)
    assert ([m.method for m in recording.sip], recording.frames) == (["INVITE", "BYE", "INVITE"], 3)
    assert_scrubbed(path, tmp_path)
    assert b"CLIENT_RANDOM" not in scrub.scrubbed(path.read_bytes())


def test_a_file_that_ends_in_a_packet_is_read_up_to_there(tmp_path: Path) -> None:
    whole = f.pcapng([(0, f.ethernet(f.datagram(CALL)))] * 2, [1])
    assert len(containers.records(whole[:-20])) == 1
    assert len(containers.records(f.pcap([f.ethernet(f.datagram(CALL))] * 2)[:-20])) == 1


def test_a_mirror_port_that_doubles_is_seen_through_and_a_base_that_doubles_is_not(tmp_path: Path) -> None:
    talk = [f.datagram(f.request("INVITE")), *(rtp(number) for number in range(20)), f.datagram(f.request("BYE"))]
    once = [f.ethernet(packet) for packet in talk]
    twice = [frame for packet in talk for frame in (f.ethernet(packet), f.ethernet(packet, 100))]
    mirrored = stored(tmp_path, _fast(f.pcap(twice)))
    recording = trace.read(mirrored)
    assert len(recording.sip) == 2
    assert not any(message.resend for message in recording.sip)
    assert len(recording.repeats) == len(talk)
    (stream,) = recording.streams
    assert (stream.packets, stream.duplicates) == (20, 0)
    doubled = stored(tmp_path, _fast(f.pcap([*once[:9], once[8], *once[9:]])), "doubled.pcap")
    (stream,) = trace.read(doubled).streams
    assert (stream.packets, stream.duplicates) == (21, 1)


def _fast(data: bytes) -> bytes:
    """The same pcap with frames a millisecond apart."""
    records = containers.records(data)
    body = b"".join(
        struct.pack("<IIII", 1_700_000_000, 1000 * number, len(r.frame), len(r.frame)) + r.frame
        for number, r in enumerate(records)
    )
    return data[:24] + body


def rtp(number: int) -> bytes:
    head = struct.pack("!BBHII", 0x80, 8, 100 + number, 160 * number, 0x4711)
    return f.datagram(head + bytes([0xD5]) * 160, ports=(40000, 40002))


def test_media_without_a_description_and_strangers_on_its_port_are_told_apart(tmp_path: Path) -> None:
    described = f.request("INVITE", f.KEYED.replace("4000", "40000").replace("SAVP", "AVP"))
    strange = [f.datagram(text, ports=(40000, 40002)) for text in (b"\xc0" + bytes(30), b"\0\x01", b"hello" * 9)]
    packets = [f.datagram(described), *(rtp(number) for number in range(20)), *strange, rtp(20)]
    path = stored(tmp_path, f.pcap([f.ethernet(packet) for packet in packets]))
    streams = [s for s in trace.read(path).streams if s.ssrc == 0x4711]
    assert [(s.packets, s.lost) for s in streams] == [(21, 0)]
    alone = stored(tmp_path, f.pcap([f.ethernet(rtp(number)) for number in range(20)]), "alone.pcap")
    assert [s.packets for s in trace.read(alone).streams] == [20]


def test_encrypted_media_is_counted_by_its_headers(tmp_path: Path) -> None:
    packets = [f.datagram(f.request("INVITE", f.KEYED.replace("4000", "40000"))), *(rtp(n) for n in range(20))]
    path = stored(tmp_path, f.pcap([f.ethernet(packet) for packet in packets]))
    recording = trace.read(path)
    assert [(s.packets, s.lost, s.ptime_ms) for s in recording.streams] == [(20, 0, 20.0)]
    assert recording.streams_in(recording.dialogs[0])


def test_odd_but_legal_sip_is_read(tmp_path: Path) -> None:
    compact = (
        f"MESSAGE sip:301@pbx SIP/2.0\r\nv: SIP/2.0/UDP {f.BASE};branch=z9hG4bK1\r\nf:\r\n <sip:40@pbx>;tag=b\r\n"
        't: "M\xfcller,\r\n\tJ" <sip:301@pbx>\r\ni: compact\r\nCSeq:\r\n\t3\r\n MESSAGE\r\ns: \xfc\r\nl: 0\r\n\r\n'
    ).encode("latin-1")
    parts = (
        "--b\r\nContent-Type: text/plain\r\n\r\nhi\r\n--b\r\nContent-Type: application/sdp\r\n\r\n" + f.KEYED + "--b--"
    )
    two = f.KEYED + "m=video 0 RTP/AVP 96\r\nm=image 4010 udptl t38\r\nc=IN IP4 192.0.2.9\r\n"
    packets = [
        compact,
        f.request("INVITE", parts, "Content-Type: multipart/mixed;boundary=b", call="parts"),
        f.request("INVITE", two, call="two"),
    ]
    path = stored(tmp_path, f.pcap([f.ethernet(f.datagram(packet)) for packet in packets]))
    one, multipart, several = trace.read(path).sip
    assert (one.call_id, one.from_.tag, one.to.display, str(one.cseq)) == ("compact", "b", "Müller, J", "3 MESSAGE")
    assert multipart.sdp.audio.port == 4000
    assert [(m.kind, m.port, m.address) for m in several.sdp.media][1:] == [
        ("video", 0, "192.0.2.50"),
        ("image", 4010, "192.0.2.9"),
    ]
    assert_scrubbed(path, tmp_path)


def test_broken_sip_and_what_is_none_do_no_harm(tmp_path: Path) -> None:
    texts = [
        b"\r\n\r\n", b"\0" * 4, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"INVITE", b"SIP/2.0 \r\n\r\n",
        b"SIP/2.0 abc x\r\n\r\n",
        b"INVITE sip:a SIP/2.0\r\nCSeq: 99999999999 INVITE\r\nCall-ID:\r\nExpires: -1\r\nContent-Length: 999\r\n\r\n",
        b"INVITE sip:a SIP/2.0\r\nVia\r\n: x\r\nFrom: <\r\nTo: \"\r\nContact: ;;;<>,\r\nAuthorization: Digest\r\n\r\n",
        b"SIP/2.0 200 OK\r\nCSeq: INVITE\r\nContent-Type: application/sdp\r\n\r\nv=0\r\nm=\r\n"
        b"m=audio x RTP/AVP 300 a\r\nc=\r\n",
        f.request("INVITE") + b"tail" * 50, bytes(range(256)) * 4,
    ]  # fmt: skip
    packets = [f.datagram(text) for text in texts] + [f.segment(text, 1000 * n) for n, text in enumerate(texts)]
    path = stored(tmp_path, f.pcap([f.ethernet(packet) for packet in packets]))
    recording = trace.read(path)
    assert any(message.call_id == "foreign" for message in recording.sip)
    for dialog in recording.dialogs:
        assert dialog.messages
        assert str(dialog)
    ladder.text(recording.sip, {1}, streams=recording.streams)
    ladder_svg.svg(recording.sip, {1}, streams=recording.streams)
    for message in recording.sip:
        assert (message.contacts, message.expires, message.branch, message.user_agent, str(message)) is not None
    assert_scrubbed(path, tmp_path)


@pytest.mark.parametrize("size", [0, 3, 4000])
def test_a_file_that_is_none_is_refused_in_one_line(size: int, tmp_path: Path) -> None:
    from harness.core.errors import UsageError

    path = stored(tmp_path, b"x" * size)
    with pytest.raises(UsageError) as refused:
        trace.read(path)
    assert "\n" not in refused.value.text
    with pytest.raises(UsageError):
        scrub.scrubbed(path.read_bytes())
