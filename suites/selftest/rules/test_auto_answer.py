"""CAL-11: calls that are answered by themselves: where it is allowed, at their time, and nowhere else."""

from __future__ import annotations

import pytest

from harness.rules.acts import Act
from harness.rules.findings import Result
from suites.selftest.rules.paper_call import PaperCall, description

HELD, BROKEN, NOT_EXERCISED = Result.HELD, Result.BROKEN, Result.NOT_EXERCISED
RINGING, OK = "180 Ringing", "200 OK"
FORMS = [
    {"answer_mode": "Auto"},
    {"call_info": "<sip:x>;answer-after=0"},
    {"alert_info": '<http://x>;info="alert-autoanswer";delay=0'},
]
UNASKED = "no call is answered by itself without permission, or in another call"


def setting(name: str, value: str) -> Act:
    return Act("setting", 2.0, 2.0, detail={"name": name, "value": value, "identity": "1", "channel": "web"})


def called(*answers: tuple[float, str], settings: dict[str, str] | None = None, **headers: str) -> PaperCall:
    """An INVITE at 9.0 to identity 1, and what the base says to it so much later."""
    told = {"user_name": "41", **(settings or {})}
    call = PaperCall(ends=60.0, acts=[setting(name, value) for name, value in told.items()])
    call.says(9.0, "INVITE", "1 INVITE", ours=False, body=description(False), tagged=False, **headers)
    for after, first in answers:
        call.says(9.0 + after, first, "1 INVITE", ours=True)
    return call


@pytest.mark.parametrize("form", FORMS)
def test_a_call_that_asks_for_it_is_answered_soon(form):
    assert called((0.1, OK), **form).result("CAL-11") is HELD
    assert called((3.0, OK), **form).broken("CAL-11") == ["a call is answered by itself"]
    assert called((0.1, RINGING), **form).broken("CAL-11") == ["a call is answered by itself"]
    assert called((0.1, "486 Busy Here"), **form).broken("CAL-11") == ["a call is answered by itself"]


@pytest.mark.parametrize("form", FORMS)
def test_without_permission_only_a_key_answers(form):
    off = {"allow_intercom_calls": "off"}
    assert called((0.1, RINGING), settings=off, **form).result("CAL-11") is HELD
    assert called((0.1, OK), settings=off, **form).broken("CAL-11") == [UNASKED]
    taken = called((0.1, RINGING), (3.0, OK), settings=off, **form).did("answer", 11.0)
    assert taken.result("CAL-11") is NOT_EXERCISED


def test_a_call_that_asks_for_nothing_is_no_occasion_but_with_auto_connect():
    assert called((0.1, RINGING)).result("CAL-11") is NOT_EXERCISED
    assert called((0.1, RINGING), call_info="<http://x/p.jpg>;purpose=icon").result("CAL-11") is NOT_EXERCISED
    on = {"user_auto_connect": "on"}
    assert called((0.1, OK), settings=on).result("CAL-11") is HELD
    assert called((0.1, RINGING), settings=on).broken("CAL-11") == ["a call is answered by itself"]


@pytest.mark.parametrize(
    ("after", "claims"), [(2.0, []), (0.5, ["a call that is to be answered later rings until then"])]
)
def test_a_call_that_is_to_be_answered_later_rings_until_then(after, claims):
    call = called((0.1, RINGING), (after, OK), call_info="<sip:x>;answer-after=2")
    assert call.broken("CAL-11") == claims
    never = called((0.1, RINGING), call_info="<sip:x>;answer-after=2")
    assert never.broken("CAL-11") == ["a call is answered by itself"]


@pytest.mark.parametrize("settings", [{"user_dnd": "on"}, {"user_forward_mode": "1"}])
def test_a_call_that_the_settings_send_away_is_not_answered(settings):
    assert called((0.1, "480 x"), settings=settings, answer_mode="Auto").broken("CAL-11") == []


def test_where_it_is_not_known_whether_calls_are_sent_away_only_an_answer_is_judged():
    for answers, result in ((((0.1, OK),), HELD), (((0.1, "480 x"),), NOT_EXERCISED)):
        call = called(*answers, answer_mode="Auto")
        detail = {"name": "user_forward_mode", "value": "", "identity": "1", "channel": "unknown"}
        call.acts.append(Act("setting", 3.0, 3.0, detail=detail))
        assert call.result("CAL-11") is result
