"""RTP and telephone events: a healthy stream breaks no rule, each fault is named by one, captures as they should be."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from harness.capture.rtp import RtpRow, RtpStream
from harness.capture.sight import Sight
from harness.rules.evidence import Evidence
from harness.rules.judge import Judgement
from harness.rules.media_types import allowed_types
from suites.selftest.rules import healthy_call
from suites.selftest.rules.healthy_call import BASE
from suites.selftest.rules.judging import broken, evidence_of_capture, judged, of_capture, unsaid

MEDIA = {"RTP-TYPES", "RTP-SOURCE", "RTP-SEQUENCE", "RTP-CLOCK", "RTP-MARKER", "RTP-LENGTH", "RTP-PACE"}
EVENTS = {"DTMF-NUMBER", "DTMF-MARKER", "DTMF-KEY", "DTMF-DURATION", "DTMF-END", "DTMF-TIME"}
OF_PAYLOAD = {"RTP-CLOCK", "RTP-MARKER", "RTP-LENGTH"}


@pytest.fixture
def stream() -> RtpStream:
    return healthy_call.stream()


def of_streams(streams: Sequence[RtpStream], *, live: bool = True, lost: int = 0) -> dict[str, Judgement]:
    messages = healthy_call.messages()
    sight = replace(Sight.whole(messages), lost_packets=lost)
    acts = [] if live else None
    found = judged(Evidence([BASE], sip=messages, streams=lambda: streams, acts=acts, sight=sight))
    return {row: one for row, one in found.items() if row in MEDIA | EVENTS}


def test_a_healthy_stream_breaks_no_rule_and_exercises_all(stream: RtpStream) -> None:
    judgements = of_streams([stream])
    assert broken(judgements) == {}
    assert unsaid(judgements) == {}
    assert set(judgements) == MEDIA | EVENTS


ROWS: list[tuple[Callable[[RtpRow], RtpRow], str, str]] = [
    (
        lambda row: replace(row, timestamp=row.timestamp * 2),
        "RTP-CLOCK", "the RTP clock counts the samples of its codec",
    ),
    (
        lambda row: replace(row, timestamp=row.sequence),
        "RTP-CLOCK", "the timestamp rises by the samples of a packet",
    ),
    (
        lambda row: replace(row, sequence=row.sequence * 2 & 0xFFFF),
        "RTP-SEQUENCE", "sequence numbers rise by one with each packet",
    ),
    (
        lambda row: replace(row, sequence=row.sequence + (row.frame > 15)),
        "RTP-SEQUENCE", "sequence numbers rise by one with each packet",
    ),
    (lambda row: replace(row, marker=True), "RTP-MARKER", "the marker stands at the start of a talk spurt only"),
    (
        lambda row: replace(row, payload_type=row.payload_type if row.event else 0),
        "RTP-TYPES", "only payload types that the far end described are sent",
    ),
    (
        lambda row: replace(row, payload=row.payload[:16], timestamp=row.timestamp // 10),
        "RTP-LENGTH", "a packet of PCMA holds whole frames of speech",
    ),
    (lambda row: replace(row, at=5 + row.frame / 10000), "RTP-PACE", "packets are sent at the rate of their audio"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "row", "claim"), ROWS, ids=[f"{row[1]}-{n}" for n, row in enumerate(ROWS)])
def test_a_fault_of_a_stream_is_named(
    stream: RtpStream, change: Callable[[RtpRow], RtpRow], row: str, claim: str
) -> None:
    found = broken(of_streams([stream.with_rows([change(one) for one in stream.rows])]))
    assert found[row][0] == claim


Event = tuple[int, bool, int, int]
CHANGES: list[tuple[Callable[[RtpRow, Event], RtpRow], str, str]] = [
    (
        lambda row, e: replace(row, event=(e[0], e[1], e[2], 63)),
        "DTMF-KEY", "the volume of an event stays, and is that of a digit",
    ),
    (lambda row, e: replace(row, event=(99, e[1], e[2], e[3])), "DTMF-KEY", "an event is a key"),
    (lambda row, e: replace(row, event=(e[0], False, e[2], e[3])), "DTMF-END", "an event ends"),
    (
        lambda row, e: replace(row, event=(e[0], e[1] and row.frame % 3 > 0, e[2], e[3])),
        "DTMF-END", "the end of an event is sent three times",
    ),
    (
        lambda row, e: replace(row, event=(e[0], e[1], e[2] + e[1] * row.frame, e[3])),
        "DTMF-END", "all ends of an event tell the same duration",
    ),
    (
        lambda row, e: replace(row, event=(e[0], not e[1], e[2], e[3])),
        "DTMF-END", "the end of an event comes last",
    ),
    (
        lambda row, e: replace(row, event=(e[0], e[1], e[2] // 8, e[3])),
        "DTMF-DURATION", "a digit is long enough to be known",
    ),
    (
        lambda row, e: replace(row, event=(e[0], e[1], e[2] * 4, e[3])),
        "DTMF-DURATION", "the duration of an event is that of its packets",
    ),
    (
        lambda row, e: replace(row, event=(e[0], e[1], 1280, e[3])),
        "DTMF-DURATION", "the duration of an event rises with each packet",
    ),
    (
        lambda row, e: replace(row, marker=False),
        "DTMF-MARKER", "the first packet of an event is marked, no other",
    ),
    (
        lambda row, e: replace(row, payload_type=96),
        "DTMF-NUMBER", "events have the number that the far end described",
    ),
    (
        lambda row, e: replace(row, timestamp=0),
        "DTMF-TIME", "the timestamp of an event is that of its begin",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("change", "row", "claim"), CHANGES, ids=[change[2] for change in CHANGES])
def test_a_fault_of_an_event_is_named(
    stream: RtpStream, change: Callable[[RtpRow, Event], RtpRow], row: str, claim: str
) -> None:
    spoiled = stream.with_rows([change(one, one.event) if one.event else one for one in stream.rows])
    found = broken(of_streams([spoiled]))
    assert claim in found[row]
    assert claim != "an event ends" or set(found) == {row}


def test_two_events_at_once_are_named(stream: RtpStream) -> None:
    rows = [
        replace(row, timestamp=row.timestamp + 320 * (row.frame > 15), event=(row.frame > 15, *row.event[1:]))
        if row.event
        else row
        for row in stream.rows
    ]
    found = broken(of_streams([stream.with_rows(rows)]))
    assert "one event begins after the other has ended" in found["DTMF-TIME"]


def test_two_sources_of_one_port_are_one_too_many(stream: RtpStream) -> None:
    found = broken(of_streams([stream, replace(stream, ssrc=stream.ssrc + 1)]))
    assert found["RTP-SOURCE"] == ["one port keeps one source identifier"]


def test_a_source_that_goes_on_to_another_destination_has_lost_nothing(stream: RtpStream) -> None:
    rows = list(stream.rows)
    first, then = stream.with_rows(rows[:10]), replace(stream.with_rows(rows[20:]), dport=4002)
    during = replace(stream.with_rows(rows[10:20]), dst="198.18.9.21")
    judgements = of_streams([then, first, during])
    assert broken(judgements) == {}
    assert judgements["RTP-SEQUENCE"].held == 1


def test_a_gap_breaks_nothing_where_the_capture_may_have_lost_it(stream: RtpStream) -> None:
    gap = stream.with_rows([row for row in stream.rows if row.frame not in (5, 20)])
    assert broken(of_streams([gap])) == {
        "RTP-SEQUENCE": ["sequence numbers rise by one with each packet"],
        "DTMF-END": ["the end of an event is sent three times"],
    }
    for judgements in (of_streams([gap], live=False), of_streams([gap], lost=1)):
        assert broken(judgements) == {}
        assert "lost" in unsaid(judgements)["RTP-SEQUENCE"][0]
        assert "lost" in unsaid(judgements)["DTMF-END"][0]


def test_payload_types_are_those_that_the_receiver_described() -> None:
    evidence = evidence_of_capture("asymmetric_types")
    (call,) = evidence.calls
    (source,) = call.sources
    (allowed,) = allowed_types(call, source)
    assert allowed.types == {8: "PCMA", 97: "G722", 96: "TELEPHONE-EVENT"}
    assert broken(judged(evidence)) == {}


def test_a_payload_type_may_still_come_for_a_moment_after_it_was_changed(stream: RtpStream) -> None:
    """The far end answers the re-INVITE at 6 s with PCMU alone: PCMA is right until then and a little after."""
    messages = healthy_call.messages()
    for at, right in ((5.9, True), (6.5, True), (7.5, False)):
        later = stream.with_rows([replace(row, at=at + row.frame / 1000) for row in stream.rows if not row.event])
        text = messages[5].sdp.text.replace("8 101", "0 101").replace("rtpmap:8 PCMA", "rtpmap:0 PCMU")
        from harness.capture.sdp import parse

        answered = [*messages[:5], replace(messages[5], sdp_or_none=parse(text)), *messages[6:]]
        found = judged(Evidence([BASE], sip=answered, streams=lambda one=later: [one], acts=[]))
        assert ("RTP-TYPES" not in broken(found)) is right, at


@pytest.mark.parametrize("name", ["ports_again", "routed_mirror", "rtcp_bye", "stun_on_rtcp_port", "media_snaplen_96"])
def test_a_lawful_capture_breaks_no_rule(name: str) -> None:
    judgements = of_capture(name)
    assert broken(judgements) == {}
    assert judgements["RTP-CLOCK"].held == (2 if name == "ports_again" else 1)


def test_video_is_not_judged_by_the_clock_of_speech() -> None:
    judgements = of_capture("video_90khz")
    assert broken(judgements) == {}
    assert set(judgements) == {"RTP-SEQUENCE"}


@pytest.mark.parametrize("name", ["srtp_described", "srtp_undescribed"])
def test_of_encrypted_media_only_the_heads_are_judged(name: str) -> None:
    judgements = of_capture(name)
    assert broken(judgements) == {}
    assert {row for row in unsaid(judgements) if row.startswith("RTP-")} - {"RTP-TOS"} == OF_PAYLOAD
    assert "encrypted" in unsaid(judgements)["RTP-CLOCK"][0]
    assert judgements["RTP-SEQUENCE"].held == 1


def test_media_of_another_address_family_are_judged() -> None:
    assert set(of_capture("rtp_6in4", base="2001:db8::50")) >= {"RTP-SEQUENCE", "RTP-CLOCK"}
