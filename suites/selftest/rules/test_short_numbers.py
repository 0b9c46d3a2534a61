"""Keys that stand for a number, on paper."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.capture.messages import CSeq
from harness.rules.acts import Act
from harness.rules.findings import Result
from suites.selftest.rules.paper_call import PaperCall, description

HELD, UNSAID, NOT_EXERCISED = Result.HELD, Result.CANNOT_BE_SAID, Result.NOT_EXERCISED


def called(act: str, uri: str, *, settings: dict[str, str], summary: str = "", **detail: str) -> PaperCall:
    """A key at 8.9 and the INVITE of account 41 that followed; settings are of identity 1, with #2 of identity 2."""
    call = PaperCall(to_base=False)
    for name, value in {"user_name": "41", "user_name#2": "42", **settings}.items():
        name, _, identity = name.partition("#")
        call.acts.append(Act("setting", 1.0, 1.1, detail={"name": name, "value": value, "identity": identity or "1"}))
    if summary:
        told = call.says(
            5.0, "NOTIFY", "1 NOTIFY", ours=False, tagged=False, uri="sip:41@base", event="message-summary"
        )
        call.sip[-1] = replace(told, call_id="told", body=summary.encode(), cseq=CSeq(1, "NOTIFY"))
    call.did(act, 8.9, account="41", **detail)  # type: ignore[arg-type]
    if uri:
        call.says(9.0, "INVITE", "1 INVITE", ours=True, body=description(True), tagged=False, uri=uri)
    return call


@pytest.mark.parametrize(
    ("uri", "held"), [("sip:301@pbx", True), ("sip:302@pbx", False), ("sip:5@pbx", False), ("", False)]
)
def test_a_speed_dial_key_calls_its_number(uri, held):
    call = called("speed-dial", uri, settings={"speed_dial5": "301"}, key="5")
    call.ends = 30.0
    assert bool(call.broken("DIAL-SPEED")) is not held


def test_an_address_and_a_plan_count_for_speed_dial_too():
    keys = {"speed_dial5": "anna@a.test", "speed_dial6": "61", "user_dp_str": r"|^6(.)$|0\1"}
    assert called("speed-dial", "sip:anna@a.test", settings=keys, key="5").result("DIAL-SPEED") is HELD
    assert called("speed-dial", "sip:anna@pbx", settings=keys, key="5").broken("DIAL-SPEED")
    assert called("speed-dial", "sip:01@pbx", settings=keys, key="6").result("DIAL-SPEED") is HELD


def test_a_key_without_a_number_is_no_occasion():
    assert called("speed-dial", "sip:5@pbx", settings={}, key="5").result("DIAL-SPEED") is NOT_EXERCISED


@pytest.mark.parametrize(
    ("setting", "summary", "uri"),
    [
        ("301", "", "sip:301@pbx"),
        ("301", "Messages-Waiting: yes\r\nMessage-Account: sip:302@pbx\r\n", "sip:301@pbx"),
        ("", "Messages-Waiting: no\r\nMessage-Account: sip:302@pbx\r\n", "sip:302@pbx"),
        ("", "", "sip:41@pbx"),
    ],
)
def test_the_message_key_calls_the_mailbox_that_counts(setting, summary, uri):
    call = called("mailbox", uri, settings={"user_mailbox": setting}, summary=summary, users="41 42")
    assert call.result("MWI-3") is HELD
    wrong = called("mailbox", "sip:309@pbx", settings={"user_mailbox": setting}, summary=summary, users="41 42")
    assert wrong.broken("MWI-3")


def test_the_mailbox_with_messages_is_called_by_its_own_identity():
    both = {"user_mailbox": "301", "user_mailbox#2": "302"}
    call = called("mailbox", "sip:301@pbx", settings=both, users="41 42")
    told = call.says(5.0, "NOTIFY", "1 NOTIFY", ours=False, tagged=False, uri="sip:42@base", event="message-summary")
    call.sip[-1] = replace(told, call_id="told", body=b"Messages-Waiting: yes\r\n", cseq=CSeq(1, "NOTIFY"))
    assert call.broken("MWI-3") == ["the identity that calls"]


def test_a_message_key_without_an_effect_is_named():
    call = called("mailbox", "", settings={"user_mailbox": "301"}, users="41")
    call.says(1.0, "200 OK", "1 OPTIONS", ours=True)
    call.ends = 30.0
    assert call.broken("MWI-3") == ["the message key calls"]


def test_what_is_saved_right_after_the_key_does_not_count():
    call = called("mailbox", "sip:301@pbx", settings={"user_mailbox": "301"}, users="41")
    call.acts.append(Act("setting", 9.0, 9.05, detail={"name": "user_mailbox", "value": "", "identity": "1"}))
    assert call.result("MWI-3") is HELD
