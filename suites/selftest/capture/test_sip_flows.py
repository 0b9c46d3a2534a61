"""Where SIP is found: any port, any segmentation, holes, keep-alives, TLS with its keys, fragments that are missing."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.capture import trace
from harness.capture.sip_flows import framed
from harness.core.errors import UsageError
from suites.selftest.capture import frames as f
from suites.selftest.capture.tls import secured, secured_by_rsa

CALL = f.request("INVITE", f.KEYED)
TALK = [CALL, *(f.request("OPTIONS", call=f"o{number}") for number in range(4))]


def read(*packets: bytes, **options: object) -> trace.Trace:
    return trace.read_octets(f.pcap([f.ethernet(packet) for packet in packets]), **options)  # type: ignore[arg-type]


def stored(tmp_path: Path, *packets: bytes) -> Path:
    path = tmp_path / "trace.pcap"
    path.write_bytes(f.pcap([f.ethernet(packet) for packet in packets]))
    return path


@given(st.data())
def test_however_a_stream_is_cut_and_ordered_its_messages_are_whole(data: st.DataObject) -> None:
    stream = b"\r\n\r\n".join(TALK)
    cuts = sorted(data.draw(st.sets(st.integers(1, len(stream) - 1), max_size=9)))
    pieces = [(begin, stream[begin:end]) for begin, end in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    again = data.draw(st.lists(st.sampled_from(pieces), max_size=3))
    order = data.draw(st.permutations([*pieces, *again]))
    begin = data.draw(st.sampled_from([1000, 2**32 - 300]))
    segments = [f.segment(piece, (begin + place) % 2**32) for place, piece in order]
    found = read(f.segment(b"", begin - 1), *segments)
    assert [message.octets for message in found.sip] == TALK
    assert found.sight.lost_segments == ()
    assert [message.frame for message in found.sip] == sorted(message.frame for message in found.sip)
    assert not any(message.cut or message.problems for message in found.sip)


@given(st.integers(0, 30), st.integers(60, 200))
def test_whatever_is_lost_the_other_messages_are_read_and_the_hole_is_named(lost: int, size: int) -> None:
    stream = b"".join(TALK)
    pieces = [(place, stream[place : place + size]) for place in range(0, len(stream), size)]
    missing = pieces.pop(lost % len(pieces))
    found = read(f.segment(b"", 999), *(f.segment(piece, 1000 + place) for place, piece in pieces))
    hole = range(missing[0], missing[0] + len(missing[1]))
    at, whole = 0, []
    for message in TALK:
        if not set(hole) & set(range(at, at + len(message))):
            whole.append(message)
        at += len(message)
    assert [message.octets for message in found.sip if not message.cut] == whole
    at_the_end = missing[0] + len(missing[1]) == len(stream)
    assert len(found.sight.lost_segments) == (0 if at_the_end else 1)


def test_a_port_that_is_used_again_is_another_connection() -> None:
    first = [f.segment(b"", 999), f.segment(TALK[1], 1000)]
    second = [f.segment(b"", 499), f.segment(TALK[2], 500)]
    found = read(*first, *second)
    assert [message.call_id for message in found.sip] == ["o0", "o1"]
    assert found.sight.lost_segments == ()


def test_a_malformed_first_line_in_a_stream_is_no_gap() -> None:
    odd = TALK[2].replace(b"OPTIONS sip:301@pbx.example SIP/2.0", b"OPTIONS  sip:301@pbx.example SIP/2.0")
    found = read(f.segment(b"", 999), f.segment(TALK[1] + odd + TALK[3], 1000))
    assert [bool(message.problems) for message in found.sip] == [False, True, False]


def test_a_stream_without_lengths_ends_at_the_next_message() -> None:
    bare = [text.replace(b"Content-Length: 0\r\n", b"") for text in TALK[1:3]]
    found = read(f.segment(b"", 999), f.segment(bare[0] + bare[1], 1000))
    assert [message.octets for message in found.sip] == bare
    assert all("no Content-Length on a stream" in message.problems for message in found.sip)


@given(st.binary(max_size=300), st.integers(0, 3))
def test_framing_never_raises_and_goes_forward(octets: bytes, times: int) -> None:
    places = list(framed(octets + TALK[1] * times + octets))
    assert all(start < end for start, end, _ in places)
    assert [start for start, _, _ in places] == sorted({start for start, _, _ in places})


@pytest.mark.parametrize("ports", [(5060, 5060), (40000, 40001), (1024, 65535)])
def test_datagrams_are_found_on_any_port(ports: tuple[int, int]) -> None:
    found = read(f.datagram(CALL, ports=ports), f.datagram(b"\r\n\r\n", ports=ports), f.datagram(b"\0", ports=ports))
    assert [message.method for message in found.sip] == ["INVITE"]


def test_a_datagram_that_is_meant_as_sip_is_read_on_a_port_of_sip_only() -> None:
    odd = CALL.replace(b" SIP/2.0", b" SIP/3", 1)
    assert [m.problems[0][:14] for m in read(f.datagram(odd)).sip] == ["the first line"]
    assert read(f.datagram(odd, ports=(7000, 7001))).sip == []
    stun = struct.pack("!HHI12x", 1, 0, 0x2112A442)
    found = read(f.datagram(stun), want={"sip", "stun"})
    assert (found.sip, [packet.summary for packet in found.others]) == ([], ["stun"])


def test_another_port_speaks_sip_when_it_is_named(tmp_path: Path) -> None:
    odd = CALL.replace(b" SIP/2.0", b" SIP/3", 1)
    path = stored(tmp_path, f.datagram(odd, ports=(7000, 7001)))
    assert len(trace.read(path, sip_ports=(7000,)).sip) == 1


def test_fragments_that_are_not_all_there_are_told(tmp_path: Path) -> None:
    pieces = f.fragments(CALL, size=256)
    whole = trace.read(stored(tmp_path, *pieces))
    assert [message.octets for message in whole.sip] == [CALL]
    assert [message.frame for message in whole.sip] == [len(pieces)]
    broken = trace.read(stored(tmp_path, *pieces[:-1]))
    assert broken.sip == []
    assert any("IP fragments" in note for note in broken.sight.notes)


def test_a_first_line_longer_than_a_fragment_is_read(tmp_path: Path) -> None:
    long = CALL.replace(b"sip:301@pbx.example", b"sip:" + b"a" * 5000, 1)
    (message,) = trace.read(stored(tmp_path, *f.fragments(long, size=1480))).sip
    assert (message.octets, message.problems) == (long, ())
    (whole,) = read(f.datagram(long)).sip
    assert whole.octets == long
    assert [m.octets for m in read(f.segment(b"", 999), f.segment(long, 1000)).sip] == [long]


def test_a_frame_that_was_cut_gives_what_is_there() -> None:
    data = f.pcap([f.ethernet(f.datagram(CALL))], snaplen=200)
    found = trace.read_octets(data)
    (message,) = found.sip
    assert (message.method, message.cut, message.from_.tag, message.problems) == ("INVITE", True, "a", ())
    assert found.sight.short_snaplen == 200


def test_what_is_wanted_is_spelled_right(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no protocol sipp"):
        trace.read(stored(tmp_path, f.datagram(CALL)), want={"sipp"})
    with pytest.raises(UsageError, match="no key log file"):
        trace.read(stored(tmp_path, f.datagram(CALL)), keylog=tmp_path / "none")


def test_tls_is_told_and_opened_by_its_keys(tmp_path: Path) -> None:
    packets, keylog = secured(tmp_path, TALK)
    path = stored(tmp_path, *packets)
    closed = trace.read(path)
    assert (closed.sip, closed.sight.encrypted) == ([], ("TLS 192.0.2.50 ↔ 192.0.2.11:5061",))
    opened = trace.read(path, keylog=keylog)
    assert [message.octets for message in opened.sip] == TALK
    assert {message.transport for message in opened.sip} == {"tls"}
    assert opened.sip[0].sport == 40000
    assert opened.sight.encrypted == ()
    along = tmp_path / "along.pcapng"
    along.write_bytes(f.pcapng([(0, f.ethernet(packet)) for packet in packets], [1], secret=keylog.read_bytes()))
    assert [message.octets for message in trace.read(along).sip] == TALK
    other = tmp_path / "other.log"
    other.write_text("CLIENT_RANDOM " + "0" * 64 + " " + "1" * 96 + "\n")
    wrong = trace.read(path, keylog=other)
    assert (wrong.sip, len(wrong.sight.encrypted)) == ([], 1)
    assert "the key log opens no TLS connection of SIP" in wrong.sight.notes


def test_tls_is_opened_by_the_key_of_a_server_with_key_exchange_by_rsa(tmp_path: Path) -> None:
    packets, key = secured_by_rsa(tmp_path, TALK)
    opened = trace.read(stored(tmp_path, *packets), keylog=key)
    assert [(message.octets, message.transport) for message in opened.sip] == [(text, "tls") for text in TALK]
