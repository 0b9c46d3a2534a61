"""RTP, RTCP, jitter buffer and digits without a network."""

from __future__ import annotations

import struct
import time

from hypothesis import given
from hypothesis import strategies as st

from rigs.standin.media import rtcp, rtp
from rigs.standin.media.dtmf import HeardDigits, SendingDigit
from rigs.standin.media.jitter import SILENT_AIR, JitterBuffer, Packet
from rigs.standin.media.reception import Reception
from rigs.standin.media.sources import Sources
from rigs.standin.media.strategies import DtmfStrategy, PortStrategy


def packet(sequence: int, timestamp: int = 0, payload: bytes = b"x" * 160, ssrc: int = 1) -> rtp.RtpPacket:
    return rtp.RtpPacket(0, False, sequence, timestamp, ssrc, payload)


def frames(buffer: JitterBuffer, count: int) -> list[bytes]:
    return [buffer.frame()[:1] for _ in range(count)]


def buffer_of_letters() -> JitterBuffer:
    return JitterBuffer(lambda payload_type, payload: payload * 80)


@given(st.binary(max_size=64))
def test_no_datagram_breaks_the_rtp_reader(data):
    found = rtp.parse(data)
    assert found is None or len(found.payload) <= len(data) - 12


@given(st.binary(max_size=120))
def test_no_datagram_breaks_the_rtcp_reader(data):
    rtcp.read(data, 1, rtcp.FarReport())


def test_csrcs_an_extension_and_padding_are_cut_away():
    head = struct.pack("!BBHII", 0x80 | 0x20 | 0x10 | 1, 8, 5, 6, 7)
    found = rtp.parse(head + b"csrc" + struct.pack("!HH", 0xBEDE, 1) + b"exts" + b"speech" + b"\0\0\3")
    assert found is not None
    assert found.payload == b"speech"


def test_the_buffer_waits_for_forty_milliseconds_then_plays_in_order():
    buffer = buffer_of_letters()
    buffer.put(11, Packet(0, b"b", 20))
    assert buffer.frame() == SILENT_AIR
    buffer.put(10, Packet(0, b"a", 20))
    buffer.put(12, Packet(0, b"c", 20))
    assert frames(buffer, 3) == [b"a", b"b", b"c"]


def test_a_lost_packet_is_silence_and_the_next_one_is_heard_at_its_time():
    buffer = buffer_of_letters()
    for number, letter in ((65535, b"a"), (1, b"c"), (2, b"d")):
        buffer.put(number, Packet(0, letter, 20))
    assert frames(buffer, 4) == [b"a", b"\xff", b"c", b"d"]
    assert buffer.concealed == 1


def test_a_packet_that_comes_after_its_time_is_counted_and_not_played():
    buffer = buffer_of_letters()
    for number, letter in ((1, b"a"), (3, b"c"), (4, b"d")):
        buffer.put(number, Packet(0, letter, 20))
    assert frames(buffer, 2) == [b"a", b"\xff"]
    buffer.put(2, Packet(0, b"b", 20))
    assert buffer.late == 1
    assert frames(buffer, 2) == [b"c", b"d"]


def test_a_burst_does_not_become_a_lasting_delay():
    buffer = buffer_of_letters()
    for number in range(40):
        buffer.put(number, Packet(0, bytes([number]), 20))
    assert buffer.frame()[0] >= 34


def test_after_running_dry_the_buffer_holds_sixty_milliseconds():
    buffer = buffer_of_letters()
    for number in (1, 2):
        buffer.put(number, Packet(0, b"a", 20))
    frames(buffer, 3)
    for number in (3, 4):
        buffer.put(number, Packet(0, b"b", 20))
    assert buffer.frame() == SILENT_AIR
    buffer.put(5, Packet(0, b"b", 20))
    assert buffer.frame()[:1] == b"b"


def test_reception_counts_losses_over_the_wrap_of_the_sequence():
    reception = Reception()
    for sequence in (65533, 65534, 0, 1):
        reception.packet(packet(sequence))
    assert reception.lost == 1
    assert reception.highest == 65537
    assert reception.fraction_lost() == 256 // 5


def test_evenly_spaced_packets_have_no_jitter():
    reception = Reception()
    for number in range(10):
        reception.spacing(packet(number, 0xFFFFFF00 + number * 160 & 0xFFFFFFFF), 5000 + number * 160)
    assert reception.jitter == 0


def test_a_digit_ends_with_three_packets_of_one_duration():
    digit, shape, payloads = SendingDigit.of("#", 100, 5), DtmfStrategy(), []
    while not digit.over(shape):
        payloads.append(struct.unpack("!BBH", digit.packet(20, shape)))
    assert [event for event, _, _ in payloads] == [11] * 7
    assert [flags >> 7 for _, flags, _ in payloads] == [0, 0, 0, 0, 1, 1, 1]
    assert [duration for _, _, duration in payloads] == [160, 320, 480, 640, 800, 800, 800]


def event(sequence: int, timestamp: int, duration: int, *, end: bool = True, marker: bool = False) -> rtp.RtpPacket:
    payload = struct.pack("!BBH", 5, 0x8A if end else 0x0A, duration)
    return rtp.RtpPacket(101, marker, sequence, timestamp, 1, payload)


def test_a_digit_of_the_far_end_is_heard_once():
    heard = HeardDigits()
    for sequence, timestamp in enumerate((100, 100, 100, 900)):
        heard.packet(event(sequence, timestamp, 800))
    assert heard.digits == [("5", 100), ("5", 100)]


def test_two_equal_digits_with_one_timestamp_are_two_by_their_marker():
    heard = HeardDigits()
    for sequence in range(0, 10, 5):
        heard.packet(event(sequence, 100, 0, end=False, marker=True))
        for number in range(1, 4):
            heard.packet(event(sequence + number, 100, 800))
    heard.packet(event(5, 100, 0, end=False, marker=True))  # a repetition on the way
    heard.packet(event(8, 100, 800))
    assert heard.digits == [("5", 100), ("5", 100)]


def test_a_key_of_ten_seconds_is_segmented_and_read_back_whole():
    digit, shape, heard = SendingDigit.of("5", 10_000, 2**32 - 1000), DtmfStrategy(), HeardDigits()
    sent: list[tuple[int, int, int]] = []
    while not digit.over(shape):
        payload = digit.packet(20, shape)
        _, flags, duration = struct.unpack("!BBH", payload)
        sent.append((digit.began & 0xFFFFFFFF, flags >> 7, duration))
        heard.packet(rtp.RtpPacket(101, len(sent) == 1, len(sent), digit.began & 0xFFFFFFFF, 1, payload))
    first, second = sorted({began for began, _, _ in sent}, key=[began for began, _, _ in sent].index)
    assert (second - first) & 0xFFFFFFFF == 0xFFFF
    assert max(duration for began, _, duration in sent if began == first) == 0xFFFF
    assert [end for began, end, _ in sent if began == first].count(1) == 0
    assert [end for _, end, _ in sent][-4:] == [0, 1, 1, 1]
    assert sent[-1][2] == 80_000 - 0xFFFF
    assert heard.digits == [("5", 10_000)]


def test_a_second_source_beside_the_first_does_not_begin_the_ear_anew():
    sources = Sources()
    taken = [sources.admitted(packet(number, ssrc=ssrc)) for number in range(20) for ssrc in (1, 2)]
    assert {one.ssrc for some in taken for one in some} == {1}
    assert sum(len(some) for some in taken) == 20


def test_a_source_that_takes_the_place_of_another_is_heard_from_its_first_packet():
    sources = Sources()
    sources.admitted(packet(7, ssrc=1))
    taken = [sources.admitted(packet(number & 0xFFFF, ssrc=2)) for number in range(65534, 65538)]
    assert [[one.sequence for one in some] for some in taken] == [[], [], [65534, 65535, 0], [1]]


def test_numbers_that_jump_over_a_hold_begin_the_count_anew():
    reception = Reception()
    for sequence in (100, 101, 102, 50_000, 50_001, 50_002, 50_003):
        reception.packet(packet(sequence))
    assert (reception.lost, reception.packets, reception.highest) == (0, 3, 50_003)
    for sequence in (60_000, 50_004):  # one stray number is no jump
        reception.packet(packet(sequence))
    assert (reception.lost, reception.highest) == (0, 50_004)


def test_a_report_read_back_gives_the_round_trip_and_the_loss():
    ours, theirs = rtcp.FarReport(), rtcp.FarReport()
    reception = Reception()
    reception.packet(packet(1, ssrc=77))
    now, nothing = time.time(), rtcp.Received(0, 0)
    first = rtcp.report(rtcp.Sent(77, 0, 10, 1600), True, Reception(), ours, "a@b", now=now, received=nothing)
    assert rtcp.read(first, 88, theirs)
    told = rtcp.Received(reception.lost, reception.highest)
    second = rtcp.report(
        rtcp.Sent(88, 0, 10, 1600), True, reception, theirs, "c@d", now=time.time(), received=told, bye=True
    )
    assert rtcp.read(second, 77, ours)
    assert ours.said_bye
    assert ours.round_trip is not None
    assert ours.round_trip < 0.1


def test_ports_are_even_and_the_range_is_gone_through_in_turn():
    pairs = PortStrategy().pairs(42001, 42010, 42006)
    assert pairs == [42006, 42008, 42002, 42004]
    assert PortStrategy().pairs(42001, 42002, 0) == []
