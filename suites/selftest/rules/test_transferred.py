"""Transfers that the far end asks for: the answer to REFER, the call that follows, its news, and the call there was."""

from __future__ import annotations

import pytest

from harness.rules.findings import Result
from suites.selftest.rules.paper_call import PROXY, PaperCall, beside

HELD, NOT_EXERCISED = Result.HELD, Result.NOT_EXERCISED
BY = f"<sip:301@{PROXY}>"
TARGET = f"<sip:302@{PROXY}>"
REPLACED = "abc%40x%3Bto-tag%3Dt%3Bfrom-tag%3Df"
ROWS = ("XFR-CALLED", "XFR-NEWS", "XFR-KEPT")


def asked(final: str = "202 Accepted", **lines: str) -> PaperCall:
    """The far end sends REFER at 12.0 with healthy headers, or those given; the base answers."""
    call = PaperCall(ends=30.0).answered(10.0)
    found = {"refer_to": TARGET, "referred_by": BY} | lines
    call.says(12.0, "REFER", "2 REFER", ours=False, **{name: text for name, text in found.items() if text})
    call.says(12.05, final, "2 REFER", ours=True, **({"refer_sub": "false"} if "refer_sub" in lines else {}))
    return call


def told(call: PaperCall, at: float, status: int, number: int, state: str = "", **lines: str) -> PaperCall:
    """The base tells of the call it makes."""
    state = state or ("active;expires=60" if status < 200 else "terminated;reason=noresource")
    found = {"event": "refer;id=2", "subscription_state": state, "content_type": "message/sipfrag"} | lines
    call.says(at, "NOTIFY", f"{number} NOTIFY", ours=True, body=f"SIP/2.0 {status} x\r\n", **found)
    call.says(at + 0.01, "200 OK", f"{number} NOTIFY", ours=False)
    return call


def followed(call: PaperCall, final: str = "200 OK", uri: str = f"sip:302@{PROXY}", **lines: str) -> PaperCall:
    """The base calls at 12.1, and gets its answer at 13.0."""
    other = PaperCall(to_base=False, call_id="second")
    found = {"referred_by": BY} | lines
    given = {name: text for name, text in found.items() if text}
    other.says(12.1, "INVITE", "1 INVITE", ours=True, tagged=False, uri=uri, **given)
    if final:
        other.says(13.0, final, "1 INVITE", ours=False)
    return beside(call, other)


def healthy(final: str = "200 OK", **lines: str) -> PaperCall:
    """A transfer that the base does well."""
    status = int(final.split()[0])
    return followed(told(told(asked(), 12.06, 100, 3), 13.05, status, 4), final, **lines)


@pytest.mark.parametrize("final", ["200 OK", "486 Busy Here"])
def test_a_transfer_that_is_obeyed_breaks_nothing(final):
    call = healthy(final)
    assert [call.broken(row) for row in ROWS] == [[], [], []]
    assert [call.result(row) for row in ROWS[:2]] == [HELD, HELD]
    assert call.result("XFR-KEPT") is (HELD if final.startswith("486") else NOT_EXERCISED)


def test_a_refused_refer_is_named_and_one_beside_another_is_not():
    assert asked("603 Decline").broken("XFR-CALLED") == ["a REFER of the far end is accepted"]
    twice = told(asked(), 12.06, 100, 3)
    twice.says(12.5, "REFER", "3 REFER", ours=False, refer_to=TARGET)
    twice.says(12.55, "603 Decline", "3 REFER", ours=True)
    assert followed(twice).broken("XFR-CALLED") == []


@pytest.mark.parametrize(
    ("lines", "claim"),
    [
        ({"uri": f"sip:303@{PROXY}"}, "the address in Refer-To is called"),
        ({"referred_by": ""}, "the INVITE of a transfer has the Referred-By that it was asked with"),
        ({"replaces": "abc@x"}, "the INVITE of a transfer has the Replaces that it was asked with"),
    ],
)
def test_what_the_new_call_says_wrongly_is_named(lines, claim):
    assert healthy(**lines).broken("XFR-CALLED") == [claim]


@pytest.mark.parametrize(("said", "good"), [("abc@x;to-tag=t;from-tag=f", True), (REPLACED, False), ("", False)])
def test_the_dialog_in_refer_to_goes_into_the_invite_unescaped(said, good):
    call = followed(asked(refer_to=f"<sip:302@{PROXY}?Replaces={REPLACED}>"), replaces=said)
    assert (call.broken("XFR-CALLED") == []) is good


def test_a_call_that_is_not_made_is_named_unless_its_user_hung_up():
    assert asked().broken("XFR-CALLED") == ["a REFER that is accepted makes the base call"]
    assert asked().did("hang-up", 12.2).broken("XFR-CALLED") == []
    assert followed(asked()).result("XFR-CALLED", acts=False) is HELD


@pytest.mark.parametrize(
    ("status", "lines"),
    [
        (100, {"state": "terminated;reason=noresource"}),
        (200, {"state": "active;expires=60"}),
        (200, {"content_type": "text/plain"}),
    ],
)
def test_news_without_its_form_is_named(status, lines):
    call = told(followed(asked()), 13.05, status, 3, **lines)
    claim = "a NOTIFY of a transfer has a status line, and is the last one if that is final"
    assert claim in call.broken("XFR-NEWS")


def test_an_outcome_that_is_not_told_or_not_so_is_named():
    silent = followed(asked(), "486 Busy Here")
    assert silent.broken("XFR-NEWS") == [
        "the far end is told at once of the transfer it asked for",
        "the far end is told how the transfer ended",
    ]
    wrong = told(followed(asked(), "486 Busy Here"), 13.05, 200, 3)
    assert wrong.broken("XFR-NEWS") == ["the far end is told the truth of the transfer"]


def test_who_wants_no_news_gets_none():
    quiet = followed(asked(refer_sub="false"))
    assert (quiet.result("XFR-NEWS"), quiet.broken("XFR-NEWS")) == (HELD, [])
    claim = "no NOTIFY follows a REFER that was accepted without a subscription"
    assert claim in told(quiet, 13.05, 200, 3).broken("XFR-NEWS")


@pytest.mark.parametrize(
    ("refer_to", "statuses"),
    [
        ("", {"400 Bad Request": True, "603 Decline": False}),
        (f"{TARGET}, {TARGET}", {"400 Bad Request": True, "202 Accepted": False}),
        ("<tel:+49308765>", {"416 Unsupported URI Scheme": True, "603 Decline": True, "202 Accepted": False}),
        ("<http://example.net/>", {"400 Bad Request": True, "202 Accepted": False}),
    ],
)
def test_what_cannot_be_called_is_refused(refer_to, statuses):
    for status, good in statuses.items():
        call = asked(status, refer_to=refer_to)
        assert (call.broken("XFR-REFUSED") == []) is good
        assert call.result("XFR-CALLED") is NOT_EXERCISED


def test_a_call_that_is_ended_when_its_transfer_failed_is_named():
    failed = healthy("486 Busy Here")
    assert failed.hung_up(13.1).broken("XFR-KEPT") == ["a call whose far end could not transfer it goes on"]
    by_key = healthy("486 Busy Here").did("hang-up", 13.05).hung_up(13.1)
    assert by_key.broken("XFR-KEPT") == []
    by_the_far_end = healthy("486 Busy Here").hung_up(13.1, ours=False)
    assert by_the_far_end.broken("XFR-KEPT") == []


def test_news_may_come_after_the_end_of_the_call():
    late = told(followed(asked()).hung_up(12.5, ours=False), 13.05, 200, 4)
    assert late.broken("CALL-RELEASE") == []
    assert late.broken("XFR-NEWS") == []
