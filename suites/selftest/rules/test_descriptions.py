"""Session descriptions, offers and answers: each fault is named by one rule, and what is lawful breaks none."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.capture.messages import CSeq, SipMessage
from harness.capture.sdp import parse
from harness.rules.evidence import Evidence
from suites.selftest.rules import healthy_call, paper_call
from suites.selftest.rules.judging import (
    Change,
    broken,
    described,
    judged,
    of_capture,
    of_messages,
    spoiled,
    unsaid_of_signalling,
    with_header,
    without,
)

EXERCISED = {"SDP-GRAMMAR", "SDP-FORMATS", "SDP-ADDRESS", "SDP-FAMILY", "SDP-ORIGIN", "SDP-ANSWER", "SDP-DIRECTION"}
EVENTS = "a=rtpmap:101 telephone-event/8000\r\n"

FAULTS: list[tuple[str, int, Change, str, str]] = [
    ("INVITE", 200, described("t=0 0\r\n", ""), "SDP-GRAMMAR", "a description has v=, o=, s= and t="),
    ("INVITE", 200, described("s=call\r\n", "s=\r\n"), "SDP-GRAMMAR", "a description is made of lines like a=b"),
    (
        "INVITE", 200, described("s=call\r\nc=IN IP4 198.18.9.50", "c=IN IP4 198.18.9.50\r\ns=call"),
        "SDP-GRAMMAR", "the lines of a session come in their order",
    ),
    ("INVITE", 200, described("o=root 4711", "o=root"), "SDP-GRAMMAR", "malformed line of the description: o="),
    ("INVITE", 200, described("8 101", "8 ²"), "SDP-GRAMMAR", "malformed line of the description: m="),
    ("INVITE", 200, described(EVENTS, ""), "SDP-FORMATS", "a dynamic payload type has its rtpmap"),
    ("INVITE", 200, described("8 101", "8 8 101"), "SDP-FORMATS", "each format is listed once"),
    ("INVITE", 200, described("PCMA/8000", "PCMU/8000"), "SDP-FORMATS", "payload type 8 is what RFC 3551 says"),
    ("INVITE", 200, described("PCMA/8000", "PCMA/16000"), "SDP-FORMATS", "clock rate of PCMA"),
    ("INVITE", 200, described("fmtp:101 0-15", "fmtp:101 0-9"), "SDP-FORMATS", "telephone-event lists the keys"),
    (
        "INVITE", 200, described("fmtp:101", "fmtp:102"),
        "SDP-FORMATS", "an attribute speaks of a format that is listed",
    ),
    ("INVITE", 200, described("a=sendrecv", "a=ptime:500"), "SDP-FORMATS", "ptime is a packet length"),
    (
        "INVITE", 200, described("IP4 198.18.9.50\r\nt=", "IP4 0.0.0.0\r\nt="),
        "SDP-ADDRESS", "media are received at the base",
    ),
    (
        "INVITE", 200, described("IN IP4 198.18.9.50\r\ns=", "IN IP6 198.18.9.50\r\ns="),
        "SDP-FAMILY", "o= names the family of its address",
    ),
    (
        "INVITE", 0, described("c=IN IP4 198.18.9.50", "c=IN IP6 198.18.9.50"),
        "SDP-FAMILY", "c= names the family of its address",
    ),
    ("INVITE", 200, described("RTP/AVP", "RTP/XXX"), "SDP-ADDRESS", "media go by RTP"),
    ("INVITE", 0, described("root 4711 2", "root 4711 9"), "SDP-ORIGIN", "the version of o= counts a change"),
    ("INVITE", 0, described("root 4711 2", "root 4711 1"), "SDP-ORIGIN", "the version of o= counts a change"),
    ("INVITE", 0, described("o=root", "o=boss"), "SDP-ORIGIN", "the o= line of a call stays but for its version"),
    ("INVITE", 200, described("t=0 0", "t=3500000000 0"), "SDP-ANSWER", "t= of an answer is that of its offer"),
    ("INVITE", 200, described("m=audio", "m=video"), "SDP-ANSWER", "an answer has the media lines of its offer"),
    (
        "INVITE", 200, described("8 101\r\na=rtpmap:8 PCMA", "0 101\r\na=rtpmap:0 PCMU"),
        "SDP-ANSWER", "an answer has a codec of its offer",
    ),
    (
        "INVITE", 200, lambda m: without("content-type")(replace(m, body=b"", sdp_or_none=None)),
        "SDP-ANSWER", "200 to INVITE brings an answer",
    ),
    ("INVITE", 0, described("m=audio", "m=text"), "SDP-ANSWER", "a call is offered an audio line"),
    (
        "INVITE", 200, described("a=sendrecv", "a=sendrecv\r\na=sendonly"),
        "SDP-DIRECTION", "one direction a line",
    ),
]  # fmt: skip


def test_a_healthy_call_breaks_no_rule_and_exercises_most() -> None:
    judgements = of_messages(healthy_call.messages())
    assert broken(judgements) == {}
    assert unsaid_of_signalling(judgements) == {}
    assert set(judgements) >= EXERCISED
    assert judgements["SDP-ORIGIN"].held == 1


@pytest.mark.parametrize(("method", "status", "change", "row", "claim"), FAULTS, ids=[fault[4] for fault in FAULTS])
def test_a_fault_of_a_description_is_named(method: str, status: int, change: Change, row: str, claim: str) -> None:
    found = broken(of_messages(spoiled(healthy_call.messages(), method, status, change)))
    assert claim in found[row], found
    assert row == next(row for row in found if row.startswith("SDP-")), found


def early(message: SipMessage, direction: str = "sendrecv") -> SipMessage:
    """An answer to INVITE with a description."""
    body = healthy_call.description(healthy_call.BASE, 1, direction)
    length = with_header("Content-Length", str(len(body)))(with_header("Content-Type", "application/sdp")(message))
    return replace(length, body=body.encode(), sdp_or_none=parse(body))


def test_the_200_repeats_the_description_of_its_18x() -> None:
    messages = spoiled(healthy_call.messages(), "INVITE", 180, early)
    judgements = of_messages(messages)
    assert broken(judgements) == {}
    assert judgements["SDP-EARLY"].held == 1
    other = spoiled(messages, "INVITE", 180, lambda m: early(m, "recvonly"))
    assert broken(of_messages(other))["SDP-EARLY"] == ["200 repeats the description of 180"]


def test_a_reliable_18x_brings_the_answer_in_place_of_the_200() -> None:
    messages = spoiled(healthy_call.messages(), "INVITE", 180, lambda m: with_header("Require", "100rel")(early(m)))
    without_body = lambda m: without("content-type")(  # noqa: E731
        with_header("Content-Length", "0")(replace(m, body=b"", sdp_or_none=None))
    )
    assert broken(of_messages(spoiled(messages, "INVITE", 200, without_body))) == {}


def test_the_version_counts_what_was_sent_in_between() -> None:
    """The far end's own re-INVITE is answered with version 2: the hold after it has version 3."""
    messages = healthy_call.messages()
    theirs = replace(messages[0], at=4.2, to=replace(messages[0].to, params={"tag": "base"}), cseq=CSeq(2, "INVITE"))
    theirs = with_header("Via", "SIP/2.0/UDP 198.18.9.11;branch=z9hG4bK-r")(theirs)
    answer = described("root 4711 1", "root 4711 2")(replace(messages[2], at=4.3, cseq=CSeq(2, "INVITE")))
    answer = described("t=0 0\r\n", "t=0 0\r\na=x\r\n")(with_header("Via", theirs.via[0])(answer))
    answer = without("record-route")(answer)
    between = [*messages[:4], theirs, answer, *messages[4:]]
    assert broken(of_messages(between))["SDP-ORIGIN"] == ["the version of o= counts a change"]
    third = spoiled(between, "INVITE", 0, described("root 4711 2", "root 4711 3"))
    assert "SDP-ORIGIN" not in broken(of_messages(third))


def test_a_description_that_is_sent_again_counts_nothing() -> None:
    messages = healthy_call.messages()
    again = [replace(messages[2], at=3.4, resend=True), replace(messages[2], at=3.6)]
    assert "SDP-ORIGIN" not in broken(of_messages([*messages[:3], *again, *messages[3:]]))


@pytest.mark.parametrize("name", ["same_cseq_both_ways", "other_cseq_both_ways"])
def test_an_answer_is_paired_with_the_offer_of_its_side(name: str) -> None:
    found = broken(of_capture(name))
    assert found["SDP-DIRECTION"] == ["an offer of sendonly is answered with recvonly or inactive"]


def test_a_fax_offer_may_be_refused() -> None:
    judgements = of_capture("t38_rejected")
    assert broken(judgements) == {}
    assert judgements["SDP-ANSWER"].held == 3  # the offer of audio, the answer to fax, that there is one


def test_a_payload_type_of_no_digits_is_named_and_nothing_else_is_lost() -> None:
    judgements = of_capture("sdp_superscript")
    assert broken(judgements) == {"SDP-GRAMMAR": ["malformed line of the description: m="]}
    assert judgements["SIP-MAX-FORWARDS"].held == 2


BASE = paper_call.BASE
OVER_IPV6 = "over IPv6 names an IPv6 address"


@pytest.mark.parametrize(("addresses", "claims"), [
    (("IP6 fd00:9::50", "IP6 fd00:9::50"), []),
    (("IP4 198.18.9.50", "IP6 fd00:9::50"), [f"o= of an offer {OVER_IPV6}"]),
    (("IP6 fd00:9::50", "IP4 198.18.9.50"), [f"c= of an offer {OVER_IPV6}"]),
])  # fmt: skip
def test_an_offer_over_ipv6_names_ipv6_addresses(addresses: tuple[str, str], claims: list[str]) -> None:
    owner, line = addresses
    call = paper_call.PaperCall(to_base=False).answered(100.0)
    body = call.sip[0].sdp.text.replace(f"1 IN IP4 {BASE}", f"1 IN {owner}").replace(f"c=IN IP4 {BASE}", f"c=IN {line}")
    call.sip[0] = replace(call.sip[0], src="fd00:9::50", body=body.encode(), sdp_or_none=parse(body))
    evidence = Evidence([BASE, "fd00:9::50"], sip=call.sip)
    assert broken(judged(evidence)).get("SDP-FAMILY", []) == claims
