"""Requests and answers: a healthy call breaks no rule, and each fault is named by one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.capture.messages import CSeq, SipMessage
from harness.rules.evidence import Evidence
from suites.selftest.rules import healthy_call
from suites.selftest.rules.healthy_call import BASE, message
from suites.selftest.rules.judging import (
    Change,
    broken,
    judged,
    of_capture,
    of_messages,
    spoiled,
    unsaid,
    unsaid_of_signalling,
    with_header,
    without,
)

EXERCISED = {"SIP-GRAMMAR", "SIP-BODY", "SIP-CSEQ", "SIP-BRANCH", "SIP-VIA", "SIP-TAGS", "SIP-COPIES",
             "SIP-MAX-FORWARDS", "SIP-ACK", "SIP-ROUTE", "SIP-TARGET", "SIP-CONTACT", "SIP-FINAL"}  # fmt: skip


def test_a_healthy_call_breaks_no_rule_and_exercises_most() -> None:
    judgements = of_messages(healthy_call.messages())
    assert broken(judgements) == {}
    assert unsaid_of_signalling(judgements) == {}
    assert set(judgements) >= EXERCISED
    assert judgements["SIP-CSEQ"].held == 2  # the re-INVITE and BYE
    assert judgements["SIP-ACK"].held == 2  # the ACK, and the answer that it acknowledges


FAULTS: list[tuple[str, int, Change, str, str]] = [
    ("BYE", 0, lambda m: replace(m, problems=("Expires: 7²",)), "SIP-GRAMMAR", "malformed: Expires"),
    (
        "BYE", 0, lambda m: replace(m, request_uri="sip:301@198.18.9.11"),
        "SIP-TARGET", "BYE goes to the Contact of the far end",
    ),
    ("BYE", 0, lambda m: replace(m, cseq=CSeq(2, "INFO")), "SIP-CSEQ", "CSeq names the method"),
    ("BYE", 0, lambda m: replace(m, cseq=CSeq(3, "BYE")), "SIP-CSEQ", "CSeq rises by one within a dialog"),
    ("BYE", 0, without("max-forwards"), "SIP-MAX-FORWARDS", "BYE carries Max-Forwards"),
    ("BYE", 0, with_header("Max-Forwards", "7²"), "SIP-MAX-FORWARDS", "BYE carries Max-Forwards"),
    (
        "BYE", 0, lambda m: replace(m, from_=replace(m.from_, params={"tag": "x"})),
        "SIP-TAGS", "BYE names the tags of a dialog",
    ),
    (
        "BYE", 0, lambda m: replace(m, from_=replace(m.from_, params={})),
        "SIP-TAGS", "From of a request has a tag",
    ),
    (
        "BYE", 0, with_header("Via", "SIP/2.0/UDP 198.18.9.50;branch=e"),
        "SIP-BRANCH", "a branch begins with the cookie of RFC 3261",
    ),
    (
        "BYE", 0, with_header("Via", "SIP/2.0/UDP b;branch=z9hG4bK-e, SIP/2.0/UDP c;branch=z9hG4bK-f"),
        "SIP-VIA", "a request of the base has one Via, its own",
    ),
    (
        "INVITE", 180, lambda m: replace(m, to=replace(m.to, params={"tag": "x"})),
        "SIP-TAGS", "all answers to a request have one tag in To",
    ),
    ("INVITE", 180, lambda m: replace(m, to=replace(m.to, params={})), "SIP-TAGS", "an answer has a tag in To"),
    (
        "INVITE", 0, lambda m: replace(m, cseq=CSeq(3, "INVITE")),
        "SIP-CSEQ", "each new request of a call has a higher CSeq",
    ),
    ("INVITE", 0, without("route"), "SIP-ROUTE", "INVITE follows the recorded route"),
    ("INVITE", 0, without("contact"), "SIP-CONTACT", "a dialog is opened and refreshed with one Contact"),
    ("ACK", 0, lambda m: replace(m, cseq=CSeq(2, "ACK")), "SIP-ACK", "ACK carries the number of its INVITE"),
    (
        "ACK", 0, lambda m: replace(m, to=replace(m.to, params={"tag": "x"})),
        "SIP-TAGS", "ACK names the tags of a dialog",
    ),
    (
        "ACK", 0, with_header("Via", "SIP/2.0/UDP 198.18.9.11;branch=z9hG4bK-c"),
        "SIP-BRANCH", "ACK has a branch of its own",
    ),
    ("INVITE", 180, without("record-route"), "SIP-ROUTE", "an answer that opens a dialog copies Record-Route"),
    (
        "INVITE", 180, with_header("From", '"other" <sip:301@198.18.9.11>;tag=peer'),
        "SIP-COPIES", "an answer has the From of its request",
    ),
    (
        "INVITE", 200, lambda m: replace(m, cseq=CSeq(9, "INVITE")),
        "SIP-COPIES", "an answer has the CSeq of its request",
    ),
    (
        "INVITE", 200, with_header("Via", "SIP/2.0/UDP 198.18.9.99;branch=z9hG4bK-a"),
        "SIP-VIA", "an answer has all Vias of its request in order",
    ),
    (
        "INVITE", 200, with_header("Via", "SIP/2.0/UDP 198.18.9.11;branch=z9hG4bK-q"),
        "SIP-VIA", "an answer carries the Via of a request",
    ),
    ("INVITE", 200, without("contact"), "SIP-CONTACT", "a dialog is opened and refreshed with one Contact"),
    (
        "INVITE", 200, with_header("Contact", "<sip:21@198.18.9.50:4999>"),
        "SIP-CONTACT", "Contact is where the base is reached",
    ),
    ("INVITE", 200, with_header("Session-Expires", "1800"), "SIP-TIMER", "the answer names the refresher"),
    (
        "INVITE", 200, with_header("Session-Expires", "1800;refresher=uac"),
        "SIP-TIMER", "Require: timer, where the far end is to refresh",
    ),
    ("INVITE", 200, with_header("Session-Expires", "80"), "SIP-TIMER", "Session-Expires is not below Min-SE"),
    ("INVITE", 200, with_header("Content-Length", "7"), "SIP-BODY", "Content-Length counts the body"),
    ("INVITE", 200, with_header("Content-Type", "text/plain"), "SIP-BODY", "a session description is named so"),
]  # fmt: skip


@pytest.mark.parametrize(("method", "status", "change", "row", "claim"), FAULTS, ids=[fault[4] for fault in FAULTS])
def test_a_fault_of_a_message_is_named(method: str, status: int, change: Change, row: str, claim: str) -> None:
    found = broken(of_messages(spoiled(healthy_call.messages(), method, status, change)))
    assert next(iter(found)) == row, found
    assert found[row][0] == claim


def test_a_message_that_was_cut_by_the_capture_breaks_nothing() -> None:
    messages = spoiled(healthy_call.messages(), "BYE", 0, lambda m: replace(without("max-forwards")(m), cut=True))
    judgements = of_messages(messages)
    assert broken(judgements) == {}
    assert "beginning of a packet" in unsaid(judgements)["SIP-MAX-FORWARDS"][0]


def test_an_answer_that_is_not_acknowledged_is_named_once_an_ack_had_to_be_there() -> None:
    messages = [m for m in healthy_call.messages() if not (m.method == "ACK" and m.src == BASE)]
    assert broken(of_messages(messages)) == {"SIP-ACK": ["200 is acknowledged"]}
    judgements = of_messages(messages[:6])  # ends with the answer
    assert broken(judgements) == {}
    assert "the trace ends" in unsaid(judgements)["SIP-ACK"][0]


def test_a_second_final_answer_is_named() -> None:
    messages = healthy_call.messages()
    other = replace(messages[2], at=3.5, status=486)
    found = broken(of_messages([*messages[:3], other, *messages[3:]]))
    assert found["SIP-FINAL"][0] == "a request has one final answer and nothing else after it"


THEIRS = ("From: <sip:301@198.18.9.11>;tag=one", "To: <sip:41@198.18.9.11>;tag=base")


def forked() -> tuple[list[SipMessage], list[SipMessage]]:
    """A call that two far ends answer, up to the ACKs, and the BYEs to both."""
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
    return call, ends


def test_the_dialogs_of_a_forked_call_count_their_requests_apart() -> None:
    call, ends = forked()
    assert broken(of_messages([*call, *ends])) == {}
    found = broken(of_messages([*call, ends[0], replace(ends[1], cseq=CSeq(9, "BYE"))]))
    assert found == {"SIP-CSEQ": ["CSeq rises by one within a dialog"]}


def test_each_answer_of_a_forked_call_wants_an_ack_of_its_own() -> None:
    call, ends = forked()
    assert broken(of_messages([*call[:4], *ends])) == {"SIP-ACK": ["200 is acknowledged"]}


def test_what_an_act_cut_off_is_not_held_against_the_base() -> None:
    from harness.rules.acts import Act

    call, ends = forked()
    messages = [*call[:4], *ends]
    off = Act("power-off", at=3.2)
    judgements = judged(Evidence([BASE], sip=messages, acts=[off]))
    assert "SIP-ACK" not in broken(judgements)
    assert unsaid(judgements)["SIP-ACK"] == ["the base was switched off"]


def test_a_branch_is_not_used_again_in_another_call() -> None:
    messages = healthy_call.messages()
    later = [replace(m, at=m.at + 20, call_id="other") for m in messages]
    ours = [
        replace(m, headers=tuple((n, v.replace("-c", "-x").replace("-d", "-y")) for n, v in m.headers)) for m in later
    ]
    assert broken(of_messages([*messages, *ours])) == {"SIP-BRANCH": ["BYE has a branch of its own"]}


def test_a_contact_is_not_where_the_base_is_reached_because_others_believe_it() -> None:
    """The far end sends BYE to the port that was told, and nothing answers there."""
    call, _ = forked()
    told = replace(call[0], headers=tuple((n, v.replace(":5060;", ":4999;")) for n, v in call[0].headers))
    bye = message(9, "BYE sip:41@198.18.9.50:4999 SIP/2.0", "1 BYE", "q", *THEIRS, ours=False)
    found = broken(of_messages([told, *call[1:3], replace(bye, dport=4999)]))
    assert found == {"SIP-CONTACT": ["Contact is where the base is reached"]}


@pytest.mark.parametrize(
    ("uri", "right"),
    [
        ("sip:301@198.18.9.20:5060;moved=1;line=a", True),
        ("sip:301@198.18.9.20:5060;LINE=a;moved=1", True),
        ("sip:301@198.18.9.20:5060;line=a", False),
        ("sip:301@198.18.9.20:5060;line=a;moved=1;x=2", False),
        ("sip:302@198.18.9.20:5060;line=a;moved=1", False),
    ],
)
def test_a_target_keeps_each_parameter_of_the_contact_that_was_told(uri: str, right: bool) -> None:
    messages = healthy_call.messages()
    moved = with_header("Contact", "<sip:301@198.18.9.20:5060;line=a;moved=1>")
    told = [moved(m) if m.src != BASE and m.status == 200 and m.cseq.method == "INVITE" else m for m in messages]
    sent = spoiled(told, "BYE", 0, lambda m: replace(m, request_uri=uri))
    sent = spoiled(sent, "ACK", 0, lambda m: replace(m, request_uri="sip:301@198.18.9.20:5060;line=a;moved=1"))
    wanted = {} if right else {"SIP-TARGET": ["BYE goes to the Contact of the far end"]}
    assert broken(of_messages(sent)) == wanted


def test_a_name_in_quotes_is_the_same_name() -> None:
    judgements = of_capture("from_quoted_in_answer")
    assert broken(judgements) == {}
    assert judgements["SIP-COPIES"].held == 1


def test_a_call_between_two_handsets_is_judged_at_each_end() -> None:
    judgements = of_capture("internal_call_one_call_id")
    assert broken(judgements) == {}
    assert unsaid_of_signalling(judgements) == {}
    assert judgements["SIP-TARGET"].held == 2  # the ACK of one end, the BYE of the other


def test_two_answers_of_a_forked_call_are_two_dialogs() -> None:
    judgements = of_capture("forked_200")
    assert broken(judgements) == {}
    assert judgements["SIP-ACK"].held == 4


def test_a_trace_that_begins_in_a_dialog_says_what_it_cannot_say() -> None:
    judgements = of_capture("begins_in_a_dialog")
    assert broken(judgements) == {}
    assert set(unsaid_of_signalling(judgements)) == {"SIP-CSEQ", "SIP-TAGS", "SIP-ROUTE", "SIP-TARGET"}


def test_a_trace_that_ends_in_a_transaction_breaks_nothing() -> None:
    assert broken(of_capture("ends_in_a_transaction")) == {}


@pytest.mark.parametrize("name", ["unsorted", "t38_rejected", "ports_again", "rtcp_bye", "tcp_one_segment_lost"])
def test_a_lawful_capture_breaks_no_rule_of_signalling(name: str) -> None:
    found = broken(of_capture(name))
    assert not [row for row in found if row.startswith("SIP-")]


def test_a_number_of_no_digits_is_named_and_nothing_else_is_lost() -> None:
    found = broken(of_capture("maxforwards_superscript"))
    assert found == {"SIP-GRAMMAR": ["malformed: Max-Forwards"], "SIP-MAX-FORWARDS": ["OPTIONS carries Max-Forwards"]}


@pytest.mark.parametrize(("own", "named"), [("To: <sip:x;tag=1", False), ("Contact: <sip:x", True)])
def test_what_an_answer_copies_from_a_malformed_request_is_not_the_bases(own: str, named: bool) -> None:
    messages = list(healthy_call.messages())
    request = next(m for m in messages if m.is_request and m.src != BASE and m.method != "ACK")
    for place, one in enumerate(messages):
        if one is request:
            messages[place] = replace(one, problems=("To: <sip:x",))
        elif one.src == BASE and not one.is_request and one.cseq == request.cseq and one.call_id == request.call_id:
            messages[place] = replace(one, problems=(own,))
    assert ("SIP-GRAMMAR" in broken(of_messages(messages))) is named
