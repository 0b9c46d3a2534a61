"""The rules that every call is judged by: a healthy call breaks none, and each fault is named."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from harness.capture.messages import CSeq, SipMessage
from harness.capture.rtp import RtpRow, RtpStream
from harness.capture.rules.events import broken_events
from harness.capture.rules.media import broken_streams
from harness.capture.rules.whole import broken_signalling
from harness.capture.sdp import parse
from suites.selftest.rules import healthy_call
from suites.selftest.rules.healthy_call import BASE, message

NAMES = {8: "PCMA", 101: "TELEPHONE-EVENT"}
Change = Callable[[SipMessage], SipMessage]


@pytest.fixture
def stream() -> RtpStream:
    return healthy_call.stream()


def claims(messages: list[SipMessage]) -> str:
    return "\n".join(fault.claim for fault in broken_signalling(messages, {BASE}))


def without(name: str) -> Change:
    return lambda m: replace(m, headers=tuple(pair for pair in m.headers if pair[0].lower() != name))


def with_header(name: str, value: str) -> Change:
    def change(message: SipMessage) -> SipMessage:
        kept = tuple(pair for pair in message.headers if pair[0].lower() != name.lower())
        return replace(message, headers=(*kept, (name, value)))

    return change


def described(old: str, new: str) -> Change:
    def change(message: SipMessage) -> SipMessage:
        text = message.sdp.text.replace(old, new)
        assert text != message.sdp.text
        body = message.body.replace(old.encode(), new.encode())
        length = with_header("Content-Length", str(len(body)))
        return length(replace(message, body=body, sdp_or_none=parse(text)))

    return change


def test_a_healthy_call_breaks_no_rule(stream: RtpStream) -> None:
    assert claims(healthy_call.messages()) == ""
    assert broken_streams([stream], NAMES) == []
    assert broken_events([stream], 101) == []


FAULTS: list[tuple[str, int, Change, str]] = [
    ("BYE", 0, lambda m: replace(m, request_uri="sip:301@198.18.9.11"), "BYE goes to the Contact of the far end"),
    ("BYE", 0, lambda m: replace(m, cseq=CSeq(7, "INFO")), "CSeq names the method"),
    ("BYE", 0, without("max-forwards"), "a request carries Max-Forwards"),
    ("BYE", 0, lambda m: replace(m, from_=replace(m.from_, params={"tag": "x"})), "BYE names the tags of a dialog"),
    ("INVITE", 180, lambda m: replace(m, to=replace(m.to, params={"tag": "x"})), "one tag in To"),
    ("INVITE", 180, lambda m: replace(m, to=replace(m.to, params={})), "an answer has a tag in To"),
    ("INVITE", 0, lambda m: replace(m, cseq=CSeq(3, "INVITE")), "each new request of a call has a higher CSeq"),
    ("INVITE", 0, without("route"), "INVITE follows the recorded route"),
    ("INVITE", 0, without("contact"), "one Contact"),
    ("INVITE", 0, described("root 4711 2", "root 4711 9"), "the version of o= counts a change"),
    ("INVITE", 0, described("o=root", "o=boss"), "the o= line of a call stays but for its version"),
    ("ACK", 0, lambda m: replace(m, cseq=CSeq(2, "ACK")), "ACK carries the number of its INVITE"),
    ("ACK", 0, with_header("Via", "SIP/2.0/UDP 198.18.9.11;branch=z9hG4bK-c"), "ACK has a branch of its own"),
    ("INVITE", 180, without("record-route"), "copies Record-Route"),
    ("INVITE", 200, without("contact"), "one Contact"),
    ("INVITE", 200, with_header("Contact", "<sip:21@198.18.9.50:4999>"), "Contact is where the base is reached"),
    ("INVITE", 200, described("a=rtpmap:101 telephone-event/8000\r\n", ""), "a dynamic payload type has its rtpmap"),
    ("INVITE", 200, described("t=0 0\r\n", ""), "a description has v=, o=, s= and t="),
    ("INVITE", 200, described("a=sendrecv", "a=sendrecv\r\na=sendonly"), "one direction a line"),
    ("INVITE", 200, with_header("Session-Expires", "1800"), "the answer names the refresher"),
    ("INVITE", 200, with_header("Session-Expires", "1800;refresher=uac"), "Require: timer"),
    ("INVITE", 200, with_header("Content-Length", "7"), "Content-Length counts the body"),
]


@pytest.mark.parametrize(("method", "status", "change", "claim"), FAULTS, ids=[fault[3] for fault in FAULTS])
def test_a_fault_of_a_message_is_named(method: str, status: int, change: Change, claim: str) -> None:
    def spoiled(message: SipMessage) -> SipMessage:
        meant = message.src == BASE and message.cseq.method == method and message.status == status
        return change(message) if meant and (status or message.method == method) else message

    messages = [spoiled(message) for message in healthy_call.messages()]
    assert claim in claims(messages)


def test_the_dialogs_of_a_forked_call_count_their_requests_apart() -> None:
    names = ("From: <sip:41@198.18.9.11>;tag=base", "To: <sip:301@198.18.9.11>")
    hops = ("Max-Forwards: 70", f"Contact: {healthy_call.OURS}")
    heard = ("Record-Route: " + healthy_call.ROUTE, f"Contact: {healthy_call.PEER}")
    route = f"Route: {healthy_call.ROUTE}"
    invite = message(1, "INVITE sip:301@198.18.9.11 SIP/2.0", "7 INVITE", "a", *names, *hops)
    call, ends = [invite], []
    for at, tag in ((2, "one"), (3, "two")):
        branch = (names[0], f"{names[1]};tag={tag}")
        call.append(message(at, "SIP/2.0 200 OK", "7 INVITE", "a", *branch, *heard, ours=False))
        target = healthy_call.PEER.strip("<>")
        call.append(message(at + 0.1, f"ACK {target} SIP/2.0", "7 ACK", f"k{tag}", *branch, *hops, route))
        ends.append(message(at + 5, f"BYE {target} SIP/2.0", "8 BYE", f"b{tag}", *branch, *hops, route))
    assert "CSeq" not in claims([*call, *ends])
    assert "CSeq rises by one within a dialog" in claims([*call, ends[0], replace(ends[1], cseq=CSeq(9, "BYE"))])


ROWS: list[tuple[Callable[[RtpRow], RtpRow], str]] = [
    (lambda row: replace(row, timestamp=row.timestamp * 2), "the RTP clock counts the samples of its codec"),
    (lambda row: replace(row, timestamp=row.sequence), "the timestamp rises by the samples of a packet"),
    (lambda row: replace(row, sequence=row.sequence * 2 & 0xFFFF), "sequence numbers rise by one"),
    (lambda row: replace(row, marker=True), "the marker stands at the start of a talk spurt only"),
    (lambda row: replace(row, payload_type=0), "only payload types that the far end described"),
]


@pytest.mark.parametrize(("change", "claim"), ROWS, ids=[row[1] for row in ROWS])
def test_a_fault_of_a_stream_is_named(stream: RtpStream, change: Callable[[RtpRow], RtpRow], claim: str) -> None:
    rows = tuple(change(row) for row in stream.rows)
    other = stream.with_rows(rows)
    assert claim in "\n".join(fault.claim for fault in broken_streams([other], NAMES))


Event = tuple[int, bool, int, int]
EVENTS: list[tuple[Callable[[Event], Event], str]] = [
    (lambda e: (e[0], e[1], e[2], 63), "the volume of an event"),
    (lambda e: (e[0], False, e[2], e[3]), "an event ends"),
    (lambda e: (e[0], e[1], e[2] // 8, e[3]), "a digit is long enough to be known"),
    (lambda e: (e[0], e[1], 1280, e[3]), "the duration of an event rises with each packet"),
]


@pytest.mark.parametrize(("change", "claim"), EVENTS, ids=[event[1] for event in EVENTS])
def test_a_fault_of_an_event_is_named(stream: RtpStream, change: Callable[[Event], Event], claim: str) -> None:
    def spoiled(row: RtpRow) -> RtpRow:
        return replace(row, event=change(row.event)) if row.event else row

    found = broken_events([stream.with_rows([spoiled(row) for row in stream.rows])], 101)
    assert claim in "\n".join(fault.claim for fault in found)
    assert broken_events([stream], 96)[0].claim == "events have the number that the far end described"


def test_two_sources_of_one_port_are_one_too_many(stream: RtpStream) -> None:
    found = broken_streams([stream, replace(stream, ssrc=stream.ssrc + 1)], NAMES)
    assert "one port keeps one source identifier" in [fault.claim for fault in found]
