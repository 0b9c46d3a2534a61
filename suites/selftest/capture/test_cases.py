"""The small captures with a right answer, as far as they are questions of dissection."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.capture import audio, trace
from harness.capture.dialogs import forks
from harness.capture.equality import same_address
from harness.capture.naming import named

CAPTURES = Path(__file__).parents[1] / "cases" / "captures"
BASE, SERVER = "192.0.2.50", "192.0.2.11"


def read(name: str, *want: str) -> trace.Trace:
    return trace.read(CAPTURES / f"{name}.pcap", want=want or trace.USUAL)


def test_a_superscript_is_no_number_and_takes_nothing_with_it() -> None:
    invite, *_ = (found := read("sdp_superscript").sip)
    assert (len(found), invite.sdp.audio.payloads, invite.sdp.audio.port) == (3, (8,), 4000)
    assert "²" in "".join(invite.problems)
    options, *rest = read("maxforwards_superscript").sip
    assert (options.method, options.problems) == ("OPTIONS", ("Max-Forwards: 7²",))
    assert [message.method or message.status for message in rest] == ["BYE", 200]


@pytest.mark.parametrize(("name", "display"), [("display_latin85", "M\x85x"), ("display_u2028", "M\u2028x")])
def test_a_display_name_of_odd_characters_stays_in_its_line(name: str, display: str) -> None:
    (invite,) = read(name).sip
    assert (invite.from_.display, invite.from_.uri, invite.from_.tag) == (display, "sip:40@pbx", "base")
    assert invite.call_id == "c1"


def test_a_lost_segment_is_named_and_what_follows_is_read() -> None:
    found = read("tcp_one_segment_lost")
    assert [message.call_id for message in found.sip] == ["t1", "t3", "t4", "t5", "t6"]
    assert [message.frame for message in found.sip] == [3, 4, 5, 6, 7]
    ((connection, at),) = found.sight.lost_segments
    assert connection == "TCP 192.0.2.50:40000 → 192.0.2.11:5060"
    assert not found.sight.covers(at - 0.01, at + 0.01)
    assert found.sight.covers(found.begins, at - 0.01)


def test_streams_of_two_calls_on_the_same_ports_are_apart() -> None:
    found = read("ports_again")
    first, second = found.dialogs
    assert [len(found.streams_in(dialog)) for dialog in (first, second)] == [2, 2]
    assert {s.ssrc for s in found.streams_in(first)}.isdisjoint({s.ssrc for s in found.streams_in(second)})
    assert [(s.lost, s.duplicates, s.reordered) for s in found.streams] == [(0, 0, 0)] * 4


def test_encrypted_media_is_marked_with_and_without_its_description() -> None:
    described, alone = read("srtp_described"), read("srtp_undescribed")
    for found in (described, alone):
        assert [stream.protection for stream in found.streams] == ["srtp", "srtp"]
        assert all("SRTP" in stream.unreadable for stream in found.streams)
        assert [audio.decode(stream) for stream in found.streams] == [None, None]
        assert len(found.sight.encrypted) == 2
        assert [(stream.lost, stream.ptime_ms) for stream in found.streams] == [(0, 20.0)] * 2
    assert [stream.described for stream in (*described.streams, *alone.streams)] == [True, True, False, False]


def test_a_bye_names_its_own_source() -> None:
    report, bye = read("rtcp_bye").rtcp
    assert (report.type, report.ssrc, report.sender_packets, report.octets) == (200, 1, 20, 3200)
    assert (bye.type, bye.ssrc, bye.sources) == (203, 0xDEADBEEF, (0xDEADBEEF,))


def test_stun_on_a_port_of_rtcp_is_no_report() -> None:
    found = read("stun_on_rtcp_port", "sip", "rtp", "rtcp", "stun")
    assert found.rtcp == []
    assert [packet.summary for packet in found.others] == ["stun", "stun"]
    assert [packet.frame for packet in found.others] == [44, 45]


def test_a_stream_in_a_tunnel_has_the_inner_addresses() -> None:
    (stream,) = read("rtp_6in4").streams
    assert (stream.src, stream.dst, stream.sport, stream.packets) == ("2001:db8::50", "2001:db8::11", 50000, 20)


def test_each_direction_is_named_as_its_receiver_described_it() -> None:
    found = read("asymmetric_types")
    sent, came = (next(s for s in found.streams if s.src == source) for source in (BASE, SERVER))
    kinds = {stream: {kind: codec.name for kind, codec in stream.codecs.items()} for stream in (sent, came)}
    assert kinds[sent] == {8: "PCMA"}
    assert named(sent, found.descriptions) == sent.codecs
    offered, answered = (message.sdp.audio for message in found.sip[:2])
    for stream, receiver in ((sent, answered), (came, offered)):
        description = found.descriptions.of(stream.dst, stream.dport, stream.first_at)
        assert description is not None
        assert description.media == receiver
    assert (answered.codecs[1].name, offered.codecs[1].name) == ("G722", "G722")


def test_video_has_a_clock_of_its_own() -> None:
    by_type = {stream.payload_types: stream for stream in read("video_90khz").streams}
    video = by_type[(34,)]
    assert (video.rate_of(34), round(video.ptime_ms, 3)) == (90000, 40.0)
    assert video.jitter_ms < 0.01


def test_lengths_of_cut_packets_are_those_of_their_headers() -> None:
    found = read("media_snaplen_96")
    assert [(s.payload_length, s.lost, s.ptime_ms) for s in found.streams] == [(160, 0, 20.0)] * 2
    assert all("cut" in stream.unreadable for stream in found.streams)
    assert [audio.decode(stream) for stream in found.streams] == [None, None]
    assert found.sight.short_snaplen == 96
    assert any("audio cannot be decoded" in note for note in found.sight.notes)


def test_a_name_without_quotes_is_the_same_name() -> None:
    asked, answered = read("from_quoted_in_answer").sip
    assert asked.header("from") != answered.header("from")
    assert same_address(asked.header("from")[0], answered.header("from")[0])


def test_two_answers_of_a_forked_call_are_no_repetition() -> None:
    found = read("forked_200")
    assert not any(message.resend for message in found.sip)
    (dialog,) = found.dialogs
    assert [one.bye is not None for one in forks(dialog)] == [True, False]
    assert all(one.established for one in forks(dialog))


def test_frames_out_of_order_are_sorted() -> None:
    found = read("unsorted")
    assert [message.method or message.status for message in found.sip] == ["INVITE", 200, "ACK", "BYE", 200]
    assert [message.frame for message in found.sip] == [3, 4, 5, 1, 2]
    assert found.sight.unsorted
    assert found.begins == found.sip[0].at


def test_a_routed_mirror_is_seen_through() -> None:
    found = read("routed_mirror")
    assert len(found.sip) == 5
    assert not any(message.resend for message in found.sip)
    assert [(stream.packets, stream.duplicates) for stream in found.streams] == [(50, 0), (50, 0)]
    assert len(found.repeats) == 105
    assert found.sight.mirror
    assert any("behind a router" in note for note in found.sight.notes)


@pytest.mark.parametrize("path", sorted(CAPTURES.glob("*.pcap")), ids=lambda path: path.stem)
def test_every_capture_is_read_whole(path: Path) -> None:
    found = trace.read(path, want=trace.EVERYTHING)
    assert found.frames > 0
    assert found.sight.damaged == ""
    assert found.begins <= found.ends
    assert [event.at for event in found.events] == sorted(event.at for event in found.events)
