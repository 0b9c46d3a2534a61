"""CAL-9: calls that the base forwards: when, where to, what the 302 says, and when not."""

from __future__ import annotations

import pytest

from harness.rules.acts import Act, Shown
from harness.rules.findings import Result
from suites.selftest.rules.paper_call import PROXY, PaperCall, description

HELD, BROKEN, NOT_EXERCISED = Result.HELD, Result.BROKEN, Result.NOT_EXERCISED
MOVED = "302 Moved Temporarily"
RINGING = "180 Ringing"


def setting(at: float, name: str, value: str, channel: str = "web") -> Act:
    return Act("setting", at, at, detail={"name": name, "value": value, "identity": "1", "channel": channel})


def called(mode: str, number: str = "7001", *more: Act) -> PaperCall:
    """An INVITE at 9.0 to identity 1, whose account is 41."""
    told = {"user_name": "41", "user_host": PROXY, "user_forward_mode": mode, "user_forward_number": number}
    acts = [setting(1.0, name, value) for name, value in told.items()]
    call = PaperCall(ends=40.0, acts=[*acts, *more])
    call.says(9.0, "INVITE", "1 INVITE", ours=False, body=description(False), tagged=False)
    return call


def moved(call: PaperCall, target: str, at: float = 9.1, **headers: str) -> PaperCall:
    call.says(at, MOVED, "1 INVITE", ours=True, contact=f"<{target}>", **headers)
    return call


def answered(call: PaperCall, *answers: tuple[float, str], **headers: str) -> PaperCall:
    for at, first in answers:
        call.says(at, first, "1 INVITE", ours=True, **headers)
    return call


@pytest.mark.parametrize(
    ("number", "target", "claims"),
    [
        ("7001", f"sip:7001@{PROXY}", []),
        ("7001", f"sip:7001@{PROXY};user=phone", []),
        ("*97", f"sip:%2A97@{PROXY}", []),
        ("sip:bob@example.com", "sip:bob@example.com:5070", []),
        ("bob@example.com", "sip:bob@example.com", []),
        ("7001", f"sip:7002@{PROXY}", ["the target of a forwarded call is the one that is set"]),
        ("*97", f"sip:97@{PROXY}", ["the target of a forwarded call is the one that is set"]),
        ("7001", "sip:7001@example.com", ["the target of a forwarded call is the one that is set"]),
    ],
)
def test_the_contact_of_a_302_is_the_number_or_address_that_is_set(number, target, claims):
    call = moved(called("1", number), target)
    assert call.broken("CAL-9") == claims
    assert call.result("CAL-9") is (BROKEN if claims else HELD)


def test_a_302_without_a_contact_is_named():
    assert answered(called("1"), (9.1, MOVED)).broken("CAL-9") == ["a 302 names its target"]


@pytest.mark.parametrize("answer", [RINGING, "486 Busy Here", "200 OK"])
def test_a_call_that_is_not_forwarded_at_once_is_named(answer):
    assert answered(called("1"), (9.1, answer)).broken("CAL-9") == ["a call is forwarded at once"]


def test_a_forwarded_call_that_rang_first_is_named():
    call = moved(answered(called("1"), (9.1, RINGING)), f"sip:7001@{PROXY}", 9.2)
    assert call.broken("CAL-9") == ["a call is forwarded at once"]


@pytest.mark.parametrize(("number", "own"), [("41", True), (f"sip:41@{PROXY}", True), ("sip:41@example.com", False)])
def test_an_identity_does_not_forward_to_itself(number, own):
    circle = moved(called("1", number), number if "@" in number else f"sip:{number}@{PROXY}")
    assert circle.broken("CAL-9") == (["an identity does not forward to itself"] if own else [])
    assert answered(called("1", "41"), (9.1, RINGING), (9.5, "486 Busy Here")).result("CAL-9") is HELD


def test_a_302_where_nothing_is_set_is_named():
    assert moved(called("0"), f"sip:7001@{PROXY}").broken("CAL-9")[:1] == [
        "a call is not forwarded where nothing is set"
    ]
    assert answered(called("0"), (9.1, RINGING), (9.2, "486 x")).result("CAL-9") is NOT_EXERCISED


def test_what_is_set_within_the_moment_of_the_call_or_is_not_known_is_not_judged():
    late = called("0", "7001", setting(9.1, "user_forward_mode", "1"))
    assert answered(late, (9.15, RINGING)).result("CAL-9") is NOT_EXERCISED
    unknown = answered(called("0", "7001", setting(5.0, "user_forward_mode", "", "unknown")), (9.1, RINGING))
    assert unknown.result("CAL-9") is NOT_EXERCISED
    unknown.shown = [Shown("setting", 6.0, 0, "1", {"name": "user_forward_mode", "identity": "1"})]
    assert unknown.result("CAL-9") is BROKEN


@pytest.mark.parametrize(
    ("status", "after", "result"),
    [(MOVED, 3.0, HELD), (MOVED, 2.0, BROKEN), ("480 x", 3.0, BROKEN), (MOVED, 9.0, BROKEN)],
)
def test_a_call_without_an_answer_is_forwarded_after_its_time(status, after, result):
    call = answered(called("3", "7001", setting(2.0, "user_forward_timeout", "3")), (9.1, RINGING))
    assert answered(call, (9.1 + after, status), contact=f"<sip:7001@{PROXY}>").result("CAL-9") is result


def test_a_call_that_is_answered_or_rejected_in_time_is_not_forwarded():
    for act, final in (("answer", "200 OK"), ("hang-up", "486 Busy Here")):
        call = answered(called("3"), (9.1, RINGING), (10.1, final)).did(act, 10.0)
        assert call.result("CAL-9") is NOT_EXERCISED


def test_a_free_identity_that_forwards_when_busy_rings():
    assert answered(called("2"), (9.1, RINGING), (9.5, "486 x")).result("CAL-9") is HELD
    claim = "an identity that is free forwards no call"
    assert moved(called("2"), f"sip:7001@{PROXY}").broken("CAL-9") == [claim]


@pytest.mark.parametrize(
    ("diversion", "claims"),
    [
        (f"<sip:41@{PROXY}>;reason=unconditional", []),
        (f"<sip:7001@{PROXY}>;reason=unconditional", ["Diversion of a forwarded call names who was called"]),
        (f"<sip:41@{PROXY}>;reason=user-busy", ["Diversion of a forwarded call says why"]),
        ("", ["Diversion of a forwarded call names who was called"]),
    ],
)
def test_a_platform_that_reads_diversion_gets_it(diversion, claims):
    more = {"diversion": diversion} if diversion else {}
    call = moved(called("1"), f"sip:7001@{PROXY}", **more)
    assert call.broken("CAL-9", profile="cisco") == claims
    assert call.broken("CAL-9") == []


def test_a_forwarded_call_breaks_no_rule_of_refusals():
    quiet = moved(called("1", "7001", setting(2.0, "user_dnd", "on")), f"sip:7001@{PROXY}")
    assert quiet.result("CAL-8") is NOT_EXERCISED
    rung = called("3", "7001", setting(2.0, "user_forward_timeout", "3"))
    rung.acts.append(Act("setting", 2.0, 2.0, detail={"name": "ring_duration", "value": "60", "channel": "web"}))
    assert moved(answered(rung, (9.1, RINGING)), f"sip:7001@{PROXY}", 12.1).result("CALL-TIMEOUT") is NOT_EXERCISED
