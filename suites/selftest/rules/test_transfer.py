"""Transfers by the base: the REFER at the key, the NOTIFYs, and the end of the call."""

from __future__ import annotations

import pytest

from harness.rules.findings import Result
from suites.selftest.rules.paper_call import PROXY, PaperCall

HELD, BROKEN, UNSAID = Result.HELD, Result.BROKEN, Result.CANNOT_BE_SAID
NOT_EXERCISED = Result.NOT_EXERCISED
TARGET = f"<sip:302@{PROXY}>"
OWN = f"<sip:41@{PROXY}>"


def referred(final: str = "202 Accepted", *, key: bool = True, **lines: str) -> PaperCall:
    """The handset transfers at 12.0; REFER goes out at 12.1 with healthy headers, or those given."""
    call = PaperCall(ends=30.0).answered(10.0)
    if key:
        call.did("transfer", 12.0, number="302")
    found = {"refer_to": TARGET, "referred_by": OWN, "contact": "<sip:41@198.18.9.50>"} | lines
    call.says(12.1, "REFER", "2 REFER", ours=True, **{name: text for name, text in found.items() if text})
    call.says(12.2, final, "2 REFER", ours=False)
    return call


def told(call: PaperCall, at: float, status: int, number: int, answer: str = "200 OK") -> PaperCall:
    """A NOTIFY of the far end, and the base's answer to it if there is one."""
    body = f"SIP/2.0 {status} x\r\n"
    call.says(at, "NOTIFY", f"{number} NOTIFY", ours=False, body=body, event="refer;id=2")
    if answer:
        call.says(at + 0.01, answer, f"{number} NOTIFY", ours=True)
    return call


def test_a_transfer_that_goes_well_breaks_nothing():
    call = told(told(referred(), 12.3, 100, 3), 14.0, 200, 4).hung_up(14.1)
    assert [call.result(row) for row in ("XFR-1", "XFR-3", "XFR-5")] == [HELD] * 3


def test_a_key_without_refer_is_named_and_one_without_feedback_is_not():
    lone = PaperCall(ends=30.0).answered(10.0).did("transfer", 12.0, number="302")
    assert lone.broken("XFR-1") == ["a transfer at the handset sends REFER"]
    left = PaperCall(ends=30.0).answered(10.0).did("transfer", 12.0, number="302")
    assert left.hung_up(12.1).broken("XFR-1") == ["a transfer at the handset sends REFER"]
    far = PaperCall(ends=30.0).answered(10.0).did("transfer", 12.0, number="302")
    assert far.hung_up(12.1, ours=False).result("XFR-1") is NOT_EXERCISED
    assert PaperCall(ends=30.0).answered(10.0).did("transfer", 12.0, felt=False).result("XFR-1") is UNSAID
    assert PaperCall(ends=13.0).answered(10.0).did("transfer", 12.0).result("XFR-1") is NOT_EXERCISED


@pytest.mark.parametrize(
    ("lines", "claim"),
    [
        ({"refer_to": f"<sip:30@{PROXY}>"}, "Refer-To names the number of the transfer"),
        ({"referred_by": ""}, "a REFER stands in the dialog and says to whom and by whom"),
        ({"contact": ""}, "a REFER stands in the dialog and says to whom and by whom"),
        ({"referred_by": "<sip:anonymous@anonymous.invalid>"}, "Referred-By names the account that transfers"),
    ],
)
def test_what_a_refer_says_wrongly_is_named(lines, claim):
    assert referred(**lines).broken("XFR-1") == [claim]


def test_a_second_refer_to_is_one_too_many():
    call = referred(refer_to=f"{TARGET}, {TARGET}")
    assert call.broken("XFR-1") == ["a REFER stands in the dialog and says to whom and by whom"]


def test_a_foreign_trace_shows_the_form_and_no_keys():
    assert referred(key=False).result("XFR-1", acts=False) is HELD


def test_a_call_that_is_kept_after_its_transfer_is_named():
    assert told(referred(), 14.0, 200, 3).broken("XFR-3") == ["the transferred call is ended"]
    by_the_far_end = told(referred(), 14.0, 200, 3).hung_up(14.1, ours=False)
    assert by_the_far_end.broken("XFR-3") == []


def test_the_end_of_a_call_waits_for_the_outcome_or_for_its_user():
    early = told(referred(), 12.3, 100, 3).hung_up(12.4)
    assert early.broken("XFR-3") == ["a call is not ended before its transfer has succeeded"]
    by_key = told(referred(), 12.3, 100, 3).did("hang-up", 12.35).hung_up(12.4)
    assert by_key.result("XFR-3") is NOT_EXERCISED


def test_a_key_that_tidies_up_ends_the_call_too():
    for key, said in (("ONHOOK", []), ("5", ["a call whose transfer failed goes on"])):
        ended = told(referred(), 14.0, 404, 3).did("key", 14.05, key=key).hung_up(14.1)
        assert ended.broken("XFR-5") == said


@pytest.mark.parametrize("status", [404, 486, 603])
def test_a_failed_transfer_leaves_the_call(status):
    kept = told(referred(), 14.0, status, 3)
    assert kept.result("XFR-5") is HELD
    ended = told(referred(), 14.0, status, 3).hung_up(14.1)
    assert ended.broken("XFR-5") == ["a call whose transfer failed goes on"]
    by_key = told(referred(), 14.0, status, 3).did("hang-up", 14.05).hung_up(14.1)
    assert by_key.broken("XFR-5") == []


def test_a_refused_refer_leaves_the_call():
    assert referred("603 Decline").result("XFR-5") is HELD
    assert referred("603 Decline").hung_up(12.3).broken("XFR-5") == ["a call whose transfer failed goes on"]


def test_a_challenge_is_no_failure():
    assert referred("407 Proxy Authentication Required").hung_up(12.3).result("XFR-5") is NOT_EXERCISED


@pytest.mark.parametrize("answer", ["489 Bad Event", "481 Call/Transaction Does Not Exist", ""])
def test_news_that_is_not_confirmed_is_named(answer):
    call = told(referred(), 14.0, 180, 3, answer)
    assert call.broken("XFR-5") == ["a NOTIFY of a transfer is confirmed"]
