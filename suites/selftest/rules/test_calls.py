"""Setting up and taking down: the cause is an act or what was received; the reaction is judged, also that none came."""

from __future__ import annotations

import pytest

from harness.rules.findings import Result
from suites.selftest.rules.paper_call import FAR, PaperCall, description

HELD, BROKEN, UNSAID = Result.HELD, Result.BROKEN, Result.CANNOT_BE_SAID
NOT_EXERCISED = Result.NOT_EXERCISED


def incoming() -> PaperCall:
    """A call that rings from 9.0 on."""
    call = PaperCall()
    call.says(9.0, "INVITE", "1 INVITE", ours=False, body=description(False), tagged=False)
    call.did("called", 9.0, felt=None)
    return call


def outgoing() -> PaperCall:
    """A call that was dialled at 8.9 and sent at 9.0."""
    call = PaperCall(to_base=False)
    call.did("dial", 8.9, number="301", account="41")
    call.says(9.0, "INVITE", "1 INVITE", ours=True, body=description(True), tagged=False)
    return call


# dialling


def test_a_dialled_number_is_called_by_the_identity_of_the_handset():
    assert outgoing().result("CAL-1") is HELD
    assert outgoing().result("CALL-IDENTITY") is HELD


@pytest.mark.parametrize(
    ("uri", "claim"),
    [
        ("sip:302@pbx", "the number that is called"),
        ("sip:301@pbx;user=x", "parameters of the number that is called"),
    ],
)
def test_another_number_and_a_forbidden_parameter_are_named(uri, claim):
    call = PaperCall(to_base=False).did("dial", 8.9, number="301", account="41")
    call.says(9.0, "INVITE", "1 INVITE", ours=True, body=description(True), tagged=False, uri=uri)
    assert call.broken("CAL-1") == [claim]


@pytest.mark.parametrize(
    ("dialled", "uri", "broken"),
    [
        ("301", "sip:301@pbx;user=phone", []),
        ("+4930", "sip:+4930@pbx;user=phone", []),
        ("301", "sip:301@pbx", ["parameters of the number that is called"]),
        ("301", "sip:301@pbx;user=ip", ["parameters of the number that is called"]),
        ("*43", "sip:*43@pbx", []),
    ],
)
def test_a_platform_may_want_telephone_numbers_to_be_marked(dialled, uri, broken):
    call = PaperCall(to_base=False).did("dial", 8.9, number=dialled, account="41")
    call.says(9.0, "INVITE", "1 INVITE", ours=True, body=description(True), tagged=False, uri=uri)
    assert call.broken("CAL-1", profile="lync") == broken


def test_another_account_is_named():
    call = PaperCall(to_base=False).did("dial", 8.9, number="301", account="42")
    call.says(9.0, "INVITE", "1 INVITE", ours=True, body=description(True), tagged=False)
    assert call.result("CALL-IDENTITY") is BROKEN


def test_without_acts_nothing_is_said_of_what_was_dialled():
    assert outgoing().result("CAL-1", acts=False) is UNSAID


def test_a_dialled_number_that_is_never_called_breaks_and_a_key_without_feedback_does_not():
    call = incoming().did("dial", 9.5, number="301")
    call.acts[-1] = call.acts[-1].__class__("dial", 9.5, 9.5, 1, "", {"number": "301"}, True)
    assert call.broken("CAL-1") == ["a dialled number is called"]
    call.acts[-1] = call.acts[-1].__class__("dial", 9.5, 9.5, 1, "", {"number": "301"}, False)
    assert call.result("CAL-1") is UNSAID


# ringing and answering


def test_a_call_that_comes_in_is_told_to_ring_or_refused():
    call = incoming()
    call.says(9.1, "180 Ringing", "1 INVITE", ours=True)
    call.showed("ring", 9.1, "ON")
    assert call.result("CALL-RINGING") is HELD


@pytest.mark.parametrize("late", [0.0, 6.0])
def test_no_ringing_and_ringing_too_late_are_broken(late):
    call = incoming()
    if late:
        call.says(9.0 + late, "180 Ringing", "1 INVITE", ours=True)
    call.ends = 30.0
    assert call.broken("CALL-RINGING")


def test_ringing_may_still_come_where_the_evidence_ends():
    call = incoming().showed("ring", 1.0, "ON")
    call.ends = 10.0
    assert call.result("CALL-RINGING") is NOT_EXERCISED


def test_a_handset_that_does_not_ring_is_named():
    call = incoming().showed("ring", 1.0, "ON")
    call.says(9.1, "180 Ringing", "1 INVITE", ours=True)
    call.ends = 30.0
    assert call.broken("CALL-RINGING") == ["the handset of the identity that is called rings"]


def test_an_answer_without_ringing_is_named():
    call = incoming().did("answer", 9.5).showed("ring", 9.1, "ON")
    call.says(9.6, "200 OK", "1 INVITE", ours=True, body=description(True))
    assert call.broken("CALL-RINGING")
    assert call.result("CALL-ANSWER") is HELD


def test_a_handset_off_hook_that_answers_nothing_is_named_unless_its_key_was_not_felt():
    call = incoming().did("answer", 9.5)
    call.says(9.1, "180 Ringing", "1 INVITE", ours=True)
    call.ends = 30.0
    assert call.result("CALL-ANSWER") is BROKEN
    call.acts[-1] = call.acts[-1].__class__("answer", 9.5, 9.5, 1, "paper", {}, False)
    assert call.result("CALL-ANSWER") is UNSAID


# the end


def test_hanging_up_sends_bye_and_a_bye_is_answered():
    near = PaperCall().answered(10.0).did("hang-up", 12.0).hung_up(12.1)
    far = PaperCall().answered(10.0).hung_up(12.0, ours=False)
    assert (near.result("CALL-BYE"), far.result("CALL-BYE")) == (HELD, HELD)
    assert (near.result("CALL-RELEASE"), far.result("CALL-RELEASE")) == (HELD, HELD)


def test_a_bye_that_is_never_sent_and_one_that_is_not_answered_are_named():
    never = PaperCall(ends=30.0).answered(10.0).did("hang-up", 12.0)
    assert never.broken("CALL-BYE") == ["hanging up sends BYE"]
    deaf = PaperCall(ends=30.0).answered(10.0)
    deaf.says(12.0, "BYE", "9 BYE", ours=False)
    assert deaf.broken("CALL-BYE") == ["BYE is answered"]
    refused = PaperCall().answered(10.0)
    refused.says(12.0, "BYE", "9 BYE", ours=False)
    refused.says(12.1, "481 No Call", "9 BYE", ours=True)
    assert refused.broken("CALL-BYE") == ["BYE is answered"]


def test_a_bye_that_crosses_the_bases_own_may_find_its_dialog_gone():
    call = PaperCall().answered(10.0)
    call.says(12.0, "BYE", "9 BYE", ours=False)
    call.says(12.01, "BYE", "2 BYE", ours=True)
    call.says(12.02, "481 No Call", "9 BYE", ours=True)
    call.says(12.03, "200 OK", "2 BYE", ours=False)
    assert call.broken("CALL-BYE") == []


def test_a_far_end_that_hangs_up_first_takes_the_cause_away():
    call = PaperCall(ends=30.0).answered(10.0).did("hang-up", 12.0).hung_up(12.5, ours=False)
    assert call.broken("CALL-BYE") == []


def test_a_request_after_the_end_is_named():
    call = PaperCall().answered(10.0).hung_up(12.0)
    call.says(12.2, "INFO", "10 INFO", ours=True)
    assert call.result("CALL-RELEASE") is BROKEN


def test_hanging_up_before_the_answer_cancels_once_a_provisional_answer_came():
    call = outgoing()
    call.says(9.2, "180 Ringing", "1 INVITE", ours=False)
    call.did("hang-up", 10.0)
    call.says(10.1, "CANCEL", "1 CANCEL", ours=True, tagged=False)
    assert call.result("CALL-CANCEL") is HELD


def test_a_cancel_that_is_never_sent_is_named_and_without_a_provisional_answer_none_is_due():
    call = outgoing().did("hang-up", 10.0)
    call.ends = 30.0
    assert call.result("CALL-CANCEL") is NOT_EXERCISED
    call.says(9.2, "180 Ringing", "1 INVITE", ours=False)
    assert call.broken("CALL-CANCEL") == ["hanging up before the answer cancels the call"]


@pytest.mark.parametrize(
    ("final", "claims"),
    [("487 Request Terminated", []), ("480 Unavailable", ["an INVITE that was cancelled ends with 487"])],
)
def test_a_cancel_is_obeyed(final, claims):
    call = incoming()
    call.says(9.1, "180 Ringing", "1 INVITE", ours=True)
    call.says(10.0, "CANCEL", "1 CANCEL", ours=False, tagged=False)
    call.says(10.01, "200 OK", "1 CANCEL", ours=True)
    call.says(10.02, final, "1 INVITE", ours=True)
    assert call.broken("CALL-CANCEL") == claims


def test_a_cancel_that_changes_nothing_is_named_twice():
    call = incoming()
    call.says(10.0, "CANCEL", "1 CANCEL", ours=False, tagged=False)
    call.ends = 30.0
    assert call.broken("CALL-CANCEL") == ["CANCEL is answered", "an INVITE that was cancelled ends with 487"]


# forks


def forked(*, byes: int) -> PaperCall:
    """Two far ends answer a call of the base."""
    call = outgoing()
    for place, tag in enumerate(("one", "two")):
        call.says(9.2, "180 Ringing", "1 INVITE", ours=False, far=tag)
        call.says(10.0 + place / 10, "200 OK", "1 INVITE", ours=False, far=tag, body=description(False))
        call.says(10.05 + place / 10, "ACK", "1 ACK", ours=True, far=tag, branch=f"ack{place}")
    for place, tag in enumerate(("one", "two")[:byes]):
        call.says(10.3, "BYE", f"{2 + place} BYE", ours=True, far=tag)
        call.says(10.4, "200 OK", f"{2 + place} BYE", ours=False, far=tag)
    call.ends = 30.0
    return call


def test_of_two_answers_one_is_hung_up():
    assert forked(byes=1).result("CAL-4") is HELD
    assert forked(byes=0).broken("CAL-4") == ["all branches but one that answered are hung up"]


def test_what_follows_an_answer_is_for_the_branch_that_answered():
    call = outgoing()
    for tag in (FAR, "other"):
        call.says(9.2, "180 Ringing", "1 INVITE", ours=False, far=tag)
    call.says(10.0, "200 OK", "1 INVITE", ours=False, body=description(False))
    call.says(10.1, "ACK", "1 ACK", ours=True, branch="ack")
    assert call.result("CAL-4") is HELD
    call.says(12.0, "BYE", "2 BYE", ours=True, far="other")
    assert call.broken("CAL-4") == ["the BYE is for the branch that answered: To tag"]
