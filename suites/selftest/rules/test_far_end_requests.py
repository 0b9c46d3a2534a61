"""What the far end asks in a call, on paper: unanswered, forgotten, not acknowledged, taken back from a hold."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.rules.findings import Result
from suites.selftest.rules.paper_call import BASE, PaperCall, changed, description

HELD, BROKEN, UNSAID = Result.HELD, Result.BROKEN, Result.CANNOT_BE_SAID
NOT_EXERCISED = Result.NOT_EXERCISED


def standing() -> PaperCall:
    """A call to the base, answered at 10.0."""
    return PaperCall(ends=40.0).answered(10.0)


@pytest.mark.parametrize("method", ["INVITE", "INFO", "NOTIFY", "REFER"])
def test_a_request_within_a_call_that_gets_no_answer_is_named(method):
    call = standing()
    call.says(15.0, method, f"2 {method}", ours=False)
    assert call.broken("SIP-ANSWERED") == [f"{method} of the far end is answered"]


def test_an_invite_is_answered_by_any_answer_and_an_info_by_a_final_one():
    call = standing()
    call.says(15.0, "INVITE", "2 INVITE", ours=False, body=description(False))
    call.says(15.1, "100 Trying", "2 INVITE", ours=True)
    call.says(16.0, "INFO", "3 INFO", ours=False)
    call.says(16.1, "200 OK", "3 INFO", ours=True)
    assert call.result("SIP-ANSWERED") is HELD


def test_a_base_that_a_strangers_trace_shows_no_more_may_have_lost_its_power():
    call = standing()
    call.says(15.0, "INFO", "2 INFO", ours=False)
    assert call.result("SIP-ANSWERED", acts=False) is UNSAID
    call.hung_up(30.0)
    assert call.result("SIP-ANSWERED", acts=False) is BROKEN


def test_a_request_that_meets_the_end_of_the_call_may_stay_without_an_answer():
    call = standing()
    call.says(15.0, "INFO", "2 INFO", ours=False)
    call.hung_up(15.1)
    assert call.result("SIP-ANSWERED") is NOT_EXERCISED


def test_a_call_that_stands_is_not_forgotten():
    call = standing()
    call.says(15.0, "INFO", "2 INFO", ours=False)
    call.says(15.1, "481 x", "2 INFO", ours=True)
    assert call.broken("SIP-ANSWERED") == ["a request within a call finds its dialog"]


@pytest.mark.parametrize("far", ["stranger", "peer"])
def test_another_dialog_and_an_ended_call_are_unknown_rightly(far):
    call = standing()
    if far == "peer":
        call.hung_up(14.0)
    call.says(15.0, "INFO", "22 INFO", ours=False, far=far)
    call.says(15.1, "481 x", "22 INFO", ours=True, far=far)
    assert call.result("SIP-ANSWERED") is not BROKEN


def without_ack(*, repeated: bool) -> PaperCall:
    call = PaperCall(ends=40.0).answered(10.0)
    call.sip = [m for m in call.sip if m.method != "ACK"]
    if repeated:
        again = next(m for m in call.sip if m.status == 200)
        call.sip.append(replace(again, at=10.5, resend=True, frame=10500))
    call.says(30.0, "BYE", "9 BYE", ours=False)
    call.says(30.1, "200 OK", "9 BYE", ours=True)
    return call


@pytest.mark.parametrize("acts", [True, False])
def test_a_200_without_its_ack_is_sent_again(acts):
    claim = "a 200 that is not acknowledged is sent again"
    assert without_ack(repeated=False).broken("SIP-FINAL", acts=acts) == [claim]
    assert without_ack(repeated=True).result("SIP-FINAL", acts=acts) is HELD


def test_an_ack_that_a_strangers_trace_shows_may_not_have_reached_the_base():
    call = standing()
    again = next(m for m in call.sip if m.status == 200)
    call.sip.append(replace(again, at=11.0, resend=True, frame=11000))
    assert call.broken("SIP-FINAL") == ["an acknowledged answer is not repeated"]
    assert call.broken("SIP-FINAL", acts=False) == []


@pytest.mark.parametrize(("answer", "result"), [("sendrecv", HELD), ("recvonly", BROKEN), ("inactive", BROKEN)])
@pytest.mark.parametrize("acts", [True, False])
def test_a_far_end_that_takes_the_call_back_is_talked_with(answer, result, acts):
    call = standing()
    call.offers(15.0, 2, description(False, "sendonly"), description(True, "recvonly", version=2), ours=False)
    call.offers(20.0, 3, description(False), description(True, answer, version=3), ours=False)
    assert call.result("CALL-RESUMED", acts=acts) is result


def test_a_handset_that_holds_does_not_talk_when_the_far_end_takes_the_call_back():
    call = standing()
    call.offers(15.0, 2, description(False, "sendonly"), description(True, "recvonly", version=2), ours=False)
    call.did("hold", 17.0)
    call.offers(20.0, 3, description(False), description(True, "sendonly", version=3), ours=False)
    assert call.result("CALL-RESUMED") is NOT_EXERCISED
    assert call.result("CALL-RESUMED", acts=False) is UNSAID


def test_what_the_other_side_of_a_nat_tells_is_no_fault_in_a_strangers_trace():
    public = "8.8.8.8"
    own = description(True, address=public)
    call = PaperCall(to_base=False, ends=40.0)
    call.says(9.0, "INVITE", "1 INVITE", ours=True, body=own, tagged=False, contact=f"<sip:41@{public}>")
    call.says(10.0, "200 OK", "1 INVITE", ours=False, body=description(False), contact="<sip:301@198.18.9.20>")
    call.says(10.1, "ACK", "1 ACK", ours=True)
    for rule in ("SIP-CONTACT", "SDP-ADDRESS"):
        assert call.result(rule, acts=False) is UNSAID
        assert call.result(rule) is BROKEN
    call.sends(10.0, 12.0, ours=False, ssrc=2)
    assert call.result("SDP-ADDRESS", acts=False) is HELD
    assert call.result("SIP-CONTACT", acts=False) is UNSAID
    call.says(20.0, "BYE", "2 BYE", ours=False, uri=f"sip:41@{public}")
    call.says(20.1, "200 OK", "2 BYE", ours=True)
    assert call.result("SIP-CONTACT", acts=False) is HELD


def test_an_address_of_another_host_stays_a_fault():
    call = PaperCall(to_base=False, ends=40.0)
    own = description(True, address="198.18.9.77")
    call.says(9.0, "INVITE", "1 INVITE", ours=True, body=own, tagged=False, contact=f"<sip:41@{BASE}>")
    call.says(10.0, "200 OK", "1 INVITE", ours=False, body=description(False), contact="<sip:301@198.18.9.20>")
    call.says(10.1, "ACK", "1 ACK", ours=True)
    assert call.result("SDP-ADDRESS", acts=False) is BROKEN


def test_an_offer_that_met_another_one_may_be_given_up_where_no_key_is_known():
    call = standing()
    call.offers(15.0, 2, description(True, "sendonly", version=2), "", ours=True, status="491 x")
    assert call.result("CALL-GLARE") is BROKEN
    assert call.result("CALL-GLARE", acts=False) is UNSAID


@pytest.mark.parametrize(("name", "acts", "result"), [("Phone Beta1.5", False, HELD), ("Phone Beta1.5", True, BROKEN),
                                                      ("snom-m9", False, BROKEN)])  # fmt: skip
def test_a_version_is_owed_by_the_platforms_own_phone(name, acts, result):
    call = standing()
    call.hung_up(20.0)
    place = next(i for i, m in enumerate(call.sip) if m.method == "BYE")
    call = changed(call, place, lambda m: replace(m, headers=(*m.headers, ("User-Agent", name))))
    assert call.result("SIP-USER-AGENT", acts=acts) is result
