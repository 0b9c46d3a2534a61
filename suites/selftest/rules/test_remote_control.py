"""CAL-13: NOTIFY talk and hold in a call, on paper."""

from __future__ import annotations

import pytest

from harness.rules.findings import Result
from harness.rules.judge import judge
from suites.selftest.rules.paper_call import PaperCall, description

HELD, BROKEN, NOT_EXERCISED = Result.HELD, Result.BROKEN, Result.NOT_EXERCISED


def ringing(status: str = "489 Bad Event", event: str = "talk") -> PaperCall:
    """A call that rings since 9.1 and gets a NOTIFY at 11."""
    call = PaperCall(ends=60.0)
    call.says(9.0, "INVITE", "1 INVITE", ours=False, body=description(False), tagged=False)
    call.says(9.1, "180 Ringing", "1 INVITE", ours=True)
    call.says(11.0, "NOTIFY", "2 NOTIFY", ours=False, event=event)
    if status:
        call.says(11.1, status, "2 NOTIFY", ours=True)
    return call


def answered(call: PaperCall, at: float) -> PaperCall:
    call.says(at, "200 OK", "1 INVITE", ours=True, body=description(True))
    return call


def result(call: PaperCall, profile: str) -> Result:
    (found,) = judge(call.evidence(), profile, ["CAL-13"])
    return found.result


@pytest.mark.parametrize("status", ["489 Bad Event", "405 Method Not Allowed", "481 Gone"])
def test_a_phone_that_does_not_know_it_refuses_it(status):
    assert result(ringing(status), "asterisk") is HELD
    assert result(ringing(status), "broadsoft") is BROKEN


def test_what_is_confirmed_where_the_platform_has_none_or_gets_no_answer_is_broken():
    assert result(ringing("200 OK"), "asterisk") is BROKEN
    assert result(ringing(""), "asterisk") is BROKEN


def test_a_call_is_answered_by_it_only_where_the_platform_has_it():
    assert result(answered(ringing("200 OK"), 11.5), "broadsoft") is HELD
    assert result(answered(ringing("200 OK"), 15.0), "broadsoft") is BROKEN
    assert result(ringing("200 OK"), "broadsoft") is BROKEN
    assert result(answered(ringing(), 11.5), "asterisk") is BROKEN
    assert result(answered(ringing().did("answer", 14.0), 14.1), "asterisk") is HELD


def test_other_events_and_calls_that_stand_are_no_occasion_to_answer():
    assert result(ringing(event="refer"), "broadsoft") is NOT_EXERCISED
    assert result(answered(ringing("200 OK", "hold"), 30.0), "broadsoft") is HELD
