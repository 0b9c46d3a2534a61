"""What a test steers: faults by sender, answers by occasion, and what it reads back; each by the socket's commands."""

import json

import pytest

from harness.dialect.control import Control
from suites.selftest.dialect.test_calls import looped, ringing, talking
from suites.selftest.dialect.wire import SDP, Wire


def told(wire, command, **words):
    """The answer of the control socket to one line."""
    line = json.dumps({"do": command, **words}).encode()
    steps = Control(wire.server).answer(line)
    try:
        steps.send(None)
    except StopIteration as done:
        return done.value
    raise AssertionError("the command waits")


@looped
def test_the_next_invite_is_answered_as_a_test_says_and_the_one_after_it_is_put_through():
    wire = Wire()
    wire.register("101", "301")
    contacts = ["<sip:302@192.0.2.11>;q=0.9", "<sip:301@192.0.2.11>"]
    told(wire, "answers", method="INVITE", status=302, contacts=contacts)
    wire.request("INVITE", "101", "301")
    moved = wire.take("101")
    assert (moved.status, moved.all("contact")) == (302, contacts)
    wire.request("INVITE", "101", "301", cseq="2")
    assert wire.take("301").method == "INVITE"


@looped
@pytest.mark.parametrize(("occasion", "direction"), [("hold", b"a=sendonly\r\n"), ("resume", b"a=sendrecv\r\n")])
def test_an_answer_waits_for_its_occasion(occasion, direction):
    wire = Wire()
    told(wire, "answers", method="INVITE", status=488, occasion=occasion)
    _, answered, _ = talking(wire)
    other = {"hold": b"", "resume": b"a=inactive\r\n"}[occasion]
    wire.request("INVITE", "101", "301", cseq="2", tag=answered.to_tag, body=SDP + other)
    wire.reply("301", wire.take("301"), 200)
    assert wire.take("101").status == 200
    wire.request("INVITE", "101", "301", cseq="3", tag=answered.to_tag, body=SDP + direction)
    assert wire.take("101").status == 488


@looped
def test_an_answer_is_for_a_user_a_sender_and_a_number_of_times():
    wire = Wire()
    wire.register("101", "102")
    told(wire, "answers", method="REGISTER", status=503, user="102", times=2, lines=["Retry-After: 5"], sender="base")
    for cseq, status in (("5", 503), ("6", 503), ("7", 200)):
        wire.request("REGISTER", "102", "102", cseq=cseq, uri="sip:x")
        assert wire.take("102").status == status
    wire.request("REGISTER", "101", "101", cseq="5", uri="sip:x")
    assert wire.take("101").status == 200


@looped
def test_one_answer_can_carry_both_challenges():
    wire = Wire()
    told(wire, "answers", method="INVITE", status=407, challenge=["www", "proxy"])
    wire.request("INVITE", "101", "301")
    answer = wire.take("101")
    assert all(answer.get(name).startswith("Digest ") for name in ("www-authenticate", "proxy-authenticate"))


@looped
def test_provisional_answers_come_first_each_under_its_tag_and_a_cancel_ends_the_wait():
    wire = Wire()
    provisionals = [{"status": 180, "tag": "a"}, {"status": 183, "tag": "b", "lines": ["Require: 100rel", "RSeq: 2"]}]
    told(wire, "answers", method="INVITE", status=486, provisionals=provisionals, after=9.0)
    wire.request("INVITE", "101", "301")
    first, second = wire.take("101"), wire.take("101")
    assert [first.status, first.to_tag, second.status, second.to_tag] == [180, "a", 183, "b"]
    assert second.get("rseq") == "2"
    wire.request("CANCEL", "101", "301", branch="INVITE1101301")
    assert [wire.take("101").status for _ in range(2)] == [200, 487]


@looped
def test_a_final_answer_that_gets_lost_arrives_when_the_request_is_repeated():
    wire = Wire()
    told(wire, "answers", method="REGISTER", status=503, lost=1)
    for _ in range(2):
        wire.request("REGISTER", "101", "101", uri="sip:x")
    assert (wire.take("101").status, wire.sent["101"]) == (503, [])


@looped
def test_a_fault_hits_its_sender_only_and_ends_with_the_reset():
    wire = Wire()
    wire.register("101", "301")
    told(wire, "fault", name="answer", value=486)
    wire.request("INVITE", "301", "101")
    assert wire.take("101").method == "INVITE"
    wire.request("INVITE", "101", "301")
    assert wire.take("101").status == 486
    told(wire, "reset")
    assert not wire.core.faults.of("base", "answer")


@looped
def test_a_server_that_is_gone_answers_the_repeat_once_it_is_back():
    wire = Wire()
    for gone in (1, 0):
        told(wire, "fault", name="gone", value=gone)
        wire.request("REGISTER", "101", "101", uri="sip:x")
    assert (wire.take("101").status, wire.sent["101"]) == (200, [])


@looped
def test_lost_acknowledgements_glare_and_a_far_end_that_moves():
    wire = Wire()
    invite, answered, _ = talking(wire)
    told(wire, "fault", name="lose_acks", value=1)
    wire.request("ACK", "101", "301", tag=answered.to_tag)
    assert wire.sent["301"] == []
    told(wire, "fault", name="glare", value=1)
    wire.request("INVITE", "101", "301", cseq="2", tag=answered.to_tag)
    assert wire.take("101").status == 491
    told(wire, "fault", name="move_contact", value=1, of="peers")
    wire.request("INVITE", "301", "101", call_id=invite.call_id, tag=invite.from_tag)
    assert ";moved=1>" in wire.take("101").get("contact")


@looped
def test_bindings_are_told_and_forgotten_and_a_request_is_sent_to_them():
    wire = Wire()
    wire.register("101")
    (binding,) = told(wire, "bindings", user="101")["result"]
    assert binding["Address"] == "sip:101@192.0.2.50:5060;line=x101"
    assert 3590 < binding["Expires"] <= 3600
    told(wire, "send", method="NOTIFY", user="101", headers="Event: check-sync\r\n", body="x")
    notify = wire.take("101")
    assert (notify.uri, notify.get("event"), notify.body) == (binding["Address"], "check-sync", b"x")
    told(wire, "forget", user="101")
    assert told(wire, "bindings", user="101") == {"result": []}


@looped
def test_what_was_received_is_read_back_without_a_response_of_the_digest():
    wire = Wire()
    ringing(wire, 'Authorization: Digest username="101", response="0123456789abcdef"')
    (entry,) = told(wire, "received", method="INVITE", host="192.0.2.50")["result"]
    assert entry["text"].startswith("INVITE sip:301@192.0.2.11 SIP/2.0")
    assert 'response=""' in entry["text"]


@looped
@pytest.mark.parametrize(
    "words",
    [
        {"command": "fault", "name": "no such", "value": 1},
        {"command": "answers", "method": "INVITE", "status": 486, "occasion": "never"},
        {"command": "bindings"},
        {"command": "_converse"},
    ],
)
def test_a_wrong_command_is_told_and_changes_nothing(words):
    assert "error" in told(Wire(), words.pop("command"), **words)
