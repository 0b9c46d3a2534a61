"""CAL-12, CID-1, CID-4, CNF-2, CNF-3, RTP-7: calls whose INVITE has what a phone may use or not, on paper."""

from __future__ import annotations

import pytest

from harness.rules.acts import Shown
from harness.rules.findings import Result
from suites.selftest.rules.paper_call import NAMES, PaperCall, description

HELD, BROKEN, NOT_EXERCISED = Result.HELD, Result.BROKEN, Result.NOT_EXERCISED
RINGING, OK = "180 Ringing", "200 OK"
BRIDGE = {"contact": "<sip:301@198.18.9.20>;isFocus"}
DIVERTED = {"diversion": "<sip:4444@x>;reason=unconditional"}
NAMED = {"alert_info": "<http://127.0.0.1/Bellcore-dr2>"}


def called(*answers: tuple[float, str], body: str = "", **headers: str) -> PaperCall:
    """An INVITE at 9.0, and what the base says to it so much later."""
    call = PaperCall(ends=60.0)
    call.says(9.0, "INVITE", "1 INVITE", ours=False, body=body or description(False), tagged=False, **headers)
    for after, first in answers:
        call.says(9.0 + after, first, "1 INVITE", ours=True, body=description(True) if first == OK else "")
    return call


@pytest.mark.parametrize(("rule", "headers"), [("CAL-12", NAMED), ("CNF-3", BRIDGE), ("CID-4", DIVERTED)])
def test_a_call_with_more_than_others_rings_as_they_do(rule, headers):
    assert called((0.1, RINGING), **headers).result(rule) is HELD
    assert called((0.1, "486 Busy Here"), **headers).result(rule) is HELD
    assert called((0.1, "415 Unsupported Media Type"), **headers).result(rule) is BROKEN
    assert called((4.0, RINGING), **headers).result(rule) is BROKEN
    assert called(**headers).result(rule) is BROKEN
    assert called((0.1, RINGING)).result(rule) is NOT_EXERCISED


def test_a_caller_who_gives_up_first_was_owed_no_ringing():
    call = called(**NAMED)
    call.says(9.5, "CANCEL", "1 CANCEL", ours=False, tagged=False)
    assert call.result("CAL-12") is NOT_EXERCISED


def test_a_bridge_is_asked_for_nothing():
    call = called((0.1, RINGING), (1.0, OK), **BRIDGE)
    assert call.result("CNF-2") is HELD
    call.says(10.5, "SUBSCRIBE", "7 SUBSCRIBE", ours=True, event="conference")
    assert call.result("CNF-2") is BROKEN
    assert called((0.1, RINGING), (1.0, OK)).result("CNF-2") is NOT_EXERCISED


def test_an_offer_with_comfort_noise_is_taken(monkeypatch):
    monkeypatch.setitem(NAMES, 13, "CN")
    offer = description(False, kinds=(8, 13, 101))
    assert called((0.1, RINGING), (1.0, OK), body=offer).result("RTP-7") is HELD
    assert called((0.1, "488 Not Acceptable Here"), body=offer).result("RTP-7") is BROKEN
    assert called((0.1, "486 Busy Here"), body=offer).result("RTP-7") is NOT_EXERCISED
    assert called((0.1, RINGING), (1.0, OK)).result("RTP-7") is NOT_EXERCISED


def shown(*rows: tuple[float, str], **headers: str) -> PaperCall:
    """A call that rings for 9 s, and what handset 1 shows so much after its INVITE."""
    call = called((0.1, RINGING), (9.0, OK), **headers).did("called", 9.0)
    call.shown += [Shown("display", 9.0 + after, 1, text) for after, text in rows]
    return call


def test_the_asserted_number_is_shown_and_not_that_of_from():
    asserted = {"p_asserted_identity": '"Anna" <sip:4711@x>'}
    presented = {"remote_party_id": '"Anna" <sip:4712@x>;party=calling;privacy=off'}
    assert shown((1.0, "Anna\n4711"), **asserted).result("CID-1") is HELD
    assert shown((1.0, "4712"), **presented).result("CID-1") is HELD
    assert shown((1.0, "4711"), **asserted, **presented).result("CID-1") is HELD
    assert shown((3.0, "301"), **asserted).result("CID-1") is BROKEN


def test_a_display_that_may_still_change_or_a_caller_who_hides_says_nothing():
    asserted = {"p_asserted_identity": "<sip:4711@x>"}
    assert shown((0.3, "301"), **asserted).result("CID-1") is NOT_EXERCISED
    assert shown((3.0, "301"), **asserted, privacy="id").result("CID-1") is NOT_EXERCISED
    assert shown((3.0, "301"), p_asserted_identity="<sip:301@x>").result("CID-1") is NOT_EXERCISED
    assert shown((3.0, "301")).result("CID-1") is NOT_EXERCISED
