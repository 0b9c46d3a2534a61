"""Streams by columns: figures by their definitions, calls apart, names by receiver and time, headers of any length."""

from __future__ import annotations

import random
import struct
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.capture import trace
from harness.capture.naming import Descriptions, named
from harness.capture.rtp import RtpRow, RtpStream
from harness.capture.rtp_figures import counts, jitter_ms, unwrapped
from harness.capture.sdp import Codec
from suites.selftest.capture import frames as f

PCMA = {8: Codec(8, "PCMA", 8000)}
MEDIA = (f.BASE, 40000, f.PBX, 4000)


def described(
    port: int, call: str, *lines: str, number: int = 1, proto: str = "RTP/AVP", types: str = "8 101"
) -> bytes:
    """A request that describes the base's media; `lines` are attributes."""
    body = f"v=0\r\no=- 1 {number} IN IP4 {f.BASE}\r\ns=-\r\nc=IN IP4 {f.BASE}\r\nt=0 0\r\n"
    body += f"m=audio {port} {proto} {types}\r\n" + "".join(f"a={line}\r\n" for line in lines)
    return f.datagram(f.request("INVITE", body, call=call, number=number))


def media(number: int, *, ssrc: int = 7, kind: int = 8, payload: bytes = b"\xd5" * 160, first: int = 0x80) -> bytes:
    """A packet towards the base's port 40000."""
    head = struct.pack("!BBHII", first, kind, number & 0xFFFF, number * 160 & 0xFFFFFFFF, ssrc)
    return f.datagram(head + payload, f.PBX, f.BASE, ports=(4000, 40000))


def read(*packets: bytes) -> trace.Trace:
    return trace.read_octets(f.pcap([f.ethernet(packet) for packet in packets]))


@given(st.lists(st.tuples(st.floats(0, 0.1), st.integers(0, 2000)), min_size=2, max_size=60))
def test_jitter_is_that_of_the_rfc(steps: list[tuple[float, int]]) -> None:
    arrivals, stamps = np.cumsum([step for step, _ in steps]), np.cumsum([ticks for _, ticks in steps])
    jitter = 0.0
    for index in range(1, len(steps)):
        transit = [arrivals[i] * 8000 - stamps[i] for i in (index - 1, index)]
        jitter += (abs(transit[1] - transit[0]) - jitter) / 16
    rates = np.full(len(steps), 8000.0)
    assert jitter_ms(arrivals, stamps, rates) == pytest.approx(jitter / 8, abs=1e-6)


@given(st.integers(0, 65535), st.sets(st.integers(1, 98), max_size=20), st.sets(st.integers(1, 98), max_size=5))
def test_lost_doubled_and_late_packets_are_counted(begin: int, lost: set[int], doubled: set[int]) -> None:
    sent = [number for number in range(100) if number not in lost]
    sent += [number for number in doubled if number not in lost]
    sent.sort()
    numbers = unwrapped([(begin + number) & 0xFFFF for number in sent], 16)
    found = counts(numbers, np.array(sent) * 0.02, 0.02)
    assert found == (len(lost), len(doubled - lost), 0, 0)
    swapped = list(range(10))
    swapped[4], swapped[5] = 5, 4
    assert counts(unwrapped(swapped, 16), np.arange(10) * 0.02, 0.02).reordered == 1


def test_a_source_that_counts_anew_lost_nothing_and_a_long_gap_did() -> None:
    anew = unwrapped([*range(100), *range(30000, 30100)], 16)
    assert counts(anew, np.arange(200) * 0.02, 0.02) == (0, 0, 0, 1)
    gap = np.concatenate((np.arange(100) * 0.02, 2 + 98 + np.arange(100) * 0.02))
    assert counts(unwrapped([*range(100), *range(5000, 5100)], 16), gap, 0.02) == (4900, 0, 0, 0)


def test_rows_are_made_when_asked_for_and_make_the_same_stream_again() -> None:
    rows = [RtpRow(n + 1, 1 + n / 50, n, n * 160, 8, n == 0, bytes([n % 256]) * 160, None) for n in range(9000)]
    stream = RtpStream.of_rows(MEDIA, 7, rows, PCMA)
    assert (len(stream.rows), stream.rows[-1], stream.rows[3:5]) == (9000, rows[-1], rows[3:5])
    assert list(stream.rows) == rows
    assert stream.with_rows(rows[:10]).packets == 10
    with pytest.raises(IndexError):
        stream.rows[9000]
    assert (replace(stream, ssrc=8).lost, stream.payload_length, stream.ptime_ms) == (0, 160, 20.0)


def test_the_same_source_on_the_same_ports_in_the_next_call_is_another_stream() -> None:
    over = f.datagram(f.request("BYE", call="one", number=2))
    first, second = [media(n) for n in range(20)], [media(n) for n in range(9000, 9020)]
    found = read(described(40000, "one"), *first, over, described(40000, "two"), *second)
    assert [stream.packets for stream in found.streams] == [20, 20]
    both = [found.streams_in(dialog) for dialog in found.dialogs]
    assert [[s.first_frame for s in streams] for streams in both] == [[2], [24]]


def test_a_call_whose_end_was_not_captured_ends_where_the_next_has_its_ports_and_other_numbers() -> None:
    first, second = [media(n) for n in range(20)], [media(n) for n in range(9000, 9020)]
    found = read(described(40000, "one"), *first, described(40000, "two"), *second)
    assert [(stream.packets, stream.lost) for stream in found.streams] == [(20, 0), (20, 0)]


def test_a_second_description_of_a_call_that_goes_on_divides_nothing() -> None:
    found = read(described(40000, "one"), *(media(n) for n in range(20)), described(40000, "two"),
                 *(media(n) for n in range(20, 40)))  # fmt: skip
    assert [(stream.packets, stream.lost) for stream in found.streams] == [(40, 0)]


def test_names_are_those_in_force_when_the_packets_were_sent() -> None:
    before = described(40000, "one", "rtpmap:96 G722/8000", "rtpmap:97 telephone-event/8000", types="96 97")
    after = described(40000, "one", "rtpmap:98 PCMA/8000", "rtpmap:96 L16/8000", types="98 96", number=2)
    found = read(before, *(media(n, kind=96) for n in range(5)), after, *(media(n, kind=98) for n in range(5, 10)))
    (stream,) = found.streams
    assert {kind: codec.name for kind, codec in stream.codecs.items()} == {96: "G722", 98: "PCMA"}
    assert named(stream, found.descriptions) == stream.codecs


def answer(number: int, *lines: str, types: str, status: str = "200 OK", call: str = "one") -> bytes:
    """The far end's answer to the base's request of that number."""
    body = (
        f"v=0\r\no=- 1 {number} IN IP4 {f.PBX}\r\ns=-\r\nc=IN IP4 {f.PBX}\r\nt=0 0\r\nm=audio 4000 RTP/AVP {types}\r\n"
    )
    text = f.request(
        "INVITE", body + "".join(f"a={line}\r\n" for line in lines) if types else "", call=call, number=number
    )
    _, _, rest = text.partition(b"\r\n")
    tagged = rest.replace(b"To: <sip:301@pbx.example>", b"To: <sip:301@pbx.example>;tag=b")
    return f.datagram(b"SIP/2.0 " + status.encode() + b"\r\n" + tagged, f.PBX, f.BASE)


EVENT_OF = bytes([5, 0x8A, 1, 0x40])
FIRST = described(40000, "one", "rtpmap:101 telephone-event/8000", types="8 101")
SWAPPED = described(40000, "one", "rtpmap:96 telephone-event/8000", "rtpmap:101 G722/8000", types="101 96", number=2)


def keys(*numbers: int, kind: int) -> list[bytes]:
    """The packets of one key: they have one timestamp."""
    heads = [struct.pack("!BBHII", 0x80, kind, number, numbers[0] * 160, 7) for number in numbers]
    return [f.datagram(head + EVENT_OF, f.PBX, f.BASE, ports=(4000, 40000)) for head in heads]


def test_events_are_known_by_the_description_in_force_when_they_were_sent() -> None:
    found = read(
        FIRST, answer(1, types="8"), *(media(n) for n in range(3)), *keys(3, 4, 5, kind=101),
        SWAPPED, *keys(6, 7, 8, kind=101), answer(2, types="8"),
        *(media(n, kind=101) for n in range(9, 12)), *keys(12, 13, 14, kind=96),
    )  # fmt: skip
    first, second = found.streams
    assert (first.digits, second.digits) == ("55", "5")
    assert {kind: codec.name for kind, codec in first.codecs.items()} == {8: "PCMA", 101: "telephone-event"}
    assert {kind: codec.name for kind, codec in second.codecs.items()} == {101: "G722", 96: "telephone-event"}
    assert [stream.packets for stream in found.streams] == [9, 6]


@pytest.mark.parametrize("end", [answer(2, types="", status="488 Not Acceptable Here"), None])
def test_an_offer_that_is_refused_or_not_answered_renames_nothing(end: bytes | None) -> None:
    found = read(FIRST, answer(1, types="8"), *keys(0, 1, 2, kind=101), SWAPPED, *([end] if end else []),
                 *keys(3, 4, 5, kind=101))  # fmt: skip
    (stream,) = found.streams
    assert (stream.packets, stream.digits) == (6, "55")


def test_an_answer_that_comes_twice_and_a_proxys_copy_of_an_offer_rename_nothing() -> None:
    copy = f.datagram(FIRST[28:], f.PBX, "192.0.2.12")
    early = answer(1, types="8", status="183 Session Progress")
    found = read(FIRST, copy, early, *keys(0, 1, 2, kind=101), answer(1, types="8"), *keys(3, 4, 5, kind=101))
    (stream,) = found.streams
    assert (stream.packets, stream.digits) == (6, "55")


def test_a_late_offer_is_in_force_with_its_ack() -> None:
    asks = f.datagram(f.request("INVITE", call="one", number=2), f.PBX, f.BASE)
    body = "v=0\r\nc=IN IP4 {0}\r\nm=audio {1} RTP/AVP 101 96\r\na=rtpmap:101 G722/8000\r\n"
    body += "a=rtpmap:96 telephone-event/8000\r\n"
    told = f.request("INVITE", body.format(f.BASE, 40000), call="one", number=2).partition(b"\r\n")[2]
    offers = f.datagram(b"SIP/2.0 200 OK\r\n" + told)
    agreed = f.datagram(f.request("ACK", body.format(f.PBX, 4000), call="one", number=2), f.PBX, f.BASE)
    found = read(FIRST, answer(1, types="8"), *keys(0, 1, 2, kind=101), asks, offers, *keys(3, 4, 5, kind=101), agreed,
                 *keys(6, 7, 8, kind=96), *(media(n, kind=101) for n in range(9, 12)))  # fmt: skip
    assert [stream.digits for stream in found.streams] == ["55", "5"]


def test_without_the_receivers_description_the_senders_serves_and_without_any_the_rfc() -> None:
    own = described(40000, "one", "rtpmap:96 G722/8000", types="96")
    packets = [f.datagram(struct.pack("!BBHII", 0x80, 96, n, n * 160, 7) + bytes(160), ports=(40000, 9000))
               for n in range(5)]  # fmt: skip
    (stream,) = read(own, *packets).streams
    assert stream.codecs[96].name == "G722"
    (alone,) = read(*(media(n) for n in range(5))).streams
    assert (alone.codecs[8].name, alone.described, alone.protection) == ("PCMA", False, "none")
    (dynamic,) = read(*(media(n, kind=96) for n in range(5))).streams
    assert (dynamic.codecs[96].name, dynamic.protection) == ("", "unknown")
    assert dynamic.unreadable


def test_an_event_that_nobody_described_is_known_by_its_length() -> None:
    event = [media(3, kind=101, payload=bytes([5, 0x8A, 1, 0x40])) for _ in range(3)]
    (stream,) = read(*(media(n) for n in range(3)), *event, *(media(n) for n in range(6, 9))).streams
    assert (stream.digits, stream.audio_types, stream.dtmf[0].ends) == ("5", (8,), 3)


@pytest.mark.parametrize(
    ("proto", "lines", "answered", "protection"),
    [
        ("RTP/AVP", (), (), "none"),
        ("RTP/SAVP", ("crypto:1 AES_CM_128_HMAC_SHA1_80 inline:x",), (), "srtp"),
        ("UDP/TLS/RTP/SAVPF", ("fingerprint:sha-256 00",), (), "srtp"),
        ("RTP/AVP", ("crypto:1 AES_CM_128_HMAC_SHA1_80 inline:x",), (), "none"),
        ("RTP/AVP", ("crypto:1 x inline:x",), ("crypto:1 x inline:y",), "srtp"),
    ],
)
def test_whether_media_is_encrypted_is_said_by_both_descriptions(
    proto: str, lines: tuple[str, ...], answered: tuple[str, ...], protection: str
) -> None:
    body = f"v=0\r\nc=IN IP4 {f.PBX}\r\nm=audio 4000 {proto} 8\r\n" + "".join(f"a={line}\r\n" for line in answered)
    answer = f.datagram(f.request("INVITE", body, call="one", number=2), f.PBX, f.BASE)
    found = read(described(40000, "one", *lines, proto=proto), answer, *(media(n) for n in range(5)))
    assert [stream.protection for stream in found.streams] == [protection]


@pytest.mark.parametrize("size", [4, 10, 16])
def test_an_authentication_tag_shows_where_nothing_was_described(size: int) -> None:
    (stream,) = read(*(media(n, payload=bytes(160 + size)) for n in range(20))).streams
    assert stream.protection == "srtp"


def test_headers_with_sources_extensions_and_padding_have_their_payload() -> None:
    listed = b"\0\0\0\1\0\0\0\2"
    extension = b"\xbe\xde\0\1abcd"
    packets = [
        media(0),
        media(1, first=0x82, payload=listed + b"A" * 160),
        media(2, first=0x90, payload=extension + b"B" * 160),
        media(3, first=0xA0, payload=b"C" * 160 + b"\0\0\0\4"),
        media(4, first=0xB2, payload=listed + extension + b"D" * 160 + b"\1"),
        media(5, first=0x9F, payload=b"short"),
        media(6, first=0xA0, payload=b"\xff" * 160),
    ]
    (stream,) = read(*packets).streams
    assert [row.payload[:1] * (len(row.payload) // 160) for row in stream.rows][1:5] == [b"A", b"B", b"C", b"D"]
    assert [len(row.payload) for row in stream.rows] == [160, 160, 160, 160, 160, 0, 0]


def test_packets_that_do_not_count_on_are_no_stream() -> None:
    chance = random.Random(1)
    noise = [f.datagram(bytes([0x80, 8]) + chance.randbytes(60), f.PBX, f.BASE, ports=(4000, 40000)) for _ in range(40)]
    assert read(*noise).streams == []
    assert read(media(0), media(1), media(2)).streams == []
    assert len(read(described(40000, "one"), media(0)).streams) == 1


def test_descriptions_are_found_by_candidates_and_ports_of_rtcp() -> None:
    ice = "candidate:1 1 UDP 2130706431 203.0.113.9 5004 typ srflx"
    found = read(
        described(40000, "one", ice, "candidate:1 2 UDP 1 203.0.113.9 5005 typ srflx", "rtcp:40009")
    ).descriptions
    assert found.knows("203.0.113.9", 5004)
    assert found.knows_reports("203.0.113.9", 5005)
    assert found.knows_reports(f.BASE, 40009)
    assert not found.knows(f.BASE, 40009)
    assert Descriptions().of(f.BASE, 40000, 0.0) is None


def test_a_mirror_of_one_side_of_a_router_is_left_out_and_a_sender_that_doubles_is_not() -> None:
    def hops(packet: bytes) -> bytes:
        return packet[:8] + bytes([packet[8] - 1]) + packet[9:10] + b"\0\0" + packet[12:]

    talk = [media(n) for n in range(40)]
    plain = f.pcap([f.ethernet(packet) for packet in talk])
    once = trace.read_octets(plain)
    frames = []
    for number, packet in enumerate(talk):
        frames += [packet, hops(packet)] if number < 4 else [packet]
    data = bytearray(f.pcap([f.ethernet(packet) for packet in frames]))
    _close(data, 1000)
    few = trace.read_octets(bytes(data))
    assert (once.streams[0].packets, few.streams[0].packets, few.streams[0].duplicates) == (40, 40, 0)
    assert few.sight.mirror
    doubled = bytearray(f.pcap([f.ethernet(packet) for packet in [*talk[:4], *talk[:4], *talk[4:]]]))
    _close(doubled, 1000)
    twice = trace.read_octets(bytes(doubled))
    assert (twice.streams[0].packets, twice.streams[0].duplicates, twice.sight.mirror) == (44, 4, False)


def _close(data: bytearray, step: int) -> None:
    """Put the frames of a pcap so many microseconds apart."""
    position, number = 24, 0
    while position < len(data):
        struct.pack_into("<II", data, position, 1_700_000_000, number * step)
        position += 16 + struct.unpack_from("<I", data, position + 8)[0]
        number += 1
