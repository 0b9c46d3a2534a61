"""Hold and resume: offers at the key, answers in kind, and what flows while somebody is held."""

from __future__ import annotations

import pytest

from harness.rules.findings import Result
from suites.selftest.rules.paper_call import PaperCall, description

HELD, BROKEN, UNSAID = Result.HELD, Result.BROKEN, Result.CANNOT_BE_SAID
NOT_EXERCISED = Result.NOT_EXERCISED


def held_by_us(direction: str = "sendonly", **more: object) -> PaperCall:
    """The handset holds at 12.0."""
    call = PaperCall().answered(10.0).did("hold", 12.0)
    own = description(True, direction, version=2, **more)
    return call.offers(12.1, 2, own, description(False, "recvonly", version=2), ours=True)


def held_by_them(answer: str, offer: str = "sendonly", **more: object) -> PaperCall:
    """The far end offers at 12.0."""
    far = description(False, offer, version=2, **more)
    return PaperCall().answered(10.0).offers(12.0, 2, far, description(True, answer, version=2), ours=False)


# at the key


@pytest.mark.parametrize(
    ("direction", "claims"),
    [
        ("sendonly", []),
        ("sendrecv", ["direction of the offer at a hold"]),
        ("inactive", ["direction of the offer at a hold"]),
    ],
)
def test_a_hold_that_is_offered_otherwise_is_a_broken_occasion(direction, claims):
    assert held_by_us(direction).broken("HLD-1") == claims


def test_a_hold_that_is_never_offered_is_named_and_a_key_without_feedback_is_not():
    call = PaperCall(ends=30.0).answered(10.0).did("hold", 12.0)
    assert call.broken("HLD-1") == ["a hold at the handset is offered to the far end"]
    assert PaperCall(ends=30.0).answered(10.0).did("hold", 12.0, felt=False).result("HLD-1") is UNSAID
    assert PaperCall(ends=13.0).answered(10.0).did("hold", 12.0).result("HLD-1") is NOT_EXERCISED


def test_a_foreign_trace_says_nothing_of_keys():
    assert held_by_us().judged("HLD-1", acts=False).unsaid


def test_the_null_address_is_named_with_and_without_acts():
    claim = "connection address of an offer within a call"
    assert held_by_us(address="0.0.0.0").broken("HLD-1") == [claim]
    assert held_by_us(address="0.0.0.0").broken("HLD-1", acts=False) == [claim]


@pytest.mark.parametrize(("direction", "good"), [("sendonly", True), ("inactive", True), ("sendrecv", False)])
def test_an_offer_of_the_far_end_does_not_lift_the_hold(direction, good):
    call = held_by_us()
    call.offers(14.0, 3, description(False, version=3), description(True, direction, version=3), ours=False)
    claims = call.broken("HLD-1")
    assert claims == ([] if good else ["direction of an answer while the handset holds (RFC 6337 §5.3)"])


NEVER_OFFERED = "a hold at the handset is offered to the far end"


@pytest.mark.parametrize(("answer", "claims"), [("sendonly", []), ("sendrecv", [NEVER_OFFERED])])
def test_a_hold_may_be_told_in_the_answer_to_an_offer_that_crossed_the_key(answer, claims):
    call = PaperCall(ends=40.0).answered(10.0).did("hold", 12.0)
    far, own = description(False, version=2), description(True, answer, version=2)
    call.says(11.98, "INVITE", "2 INVITE", ours=False, body=far)
    call.says(12.03, "200 OK", "2 INVITE", ours=True, body=own)
    call.says(12.04, "ACK", "2 ACK", ours=False)
    assert [one for one in call.broken("HLD-1") if one == NEVER_OFFERED] == claims


@pytest.mark.parametrize(("direction", "good"), [("sendonly", True), ("inactive", True), ("sendrecv", False)])
def test_an_offer_that_is_asked_for_while_the_handset_holds_does_not_lift_the_hold(direction, good):
    call = held_by_us()
    call.says(14.0, "INVITE", "3 INVITE", ours=False)
    call.says(14.05, "200 OK", "3 INVITE", ours=True, body=description(True, direction, version=3))
    call.says(14.06, "ACK", "3 ACK", ours=False, body=description(False, version=3))
    claim = "direction of an offer that was asked for while the handset holds"
    assert call.broken("HLD-1") == ([] if good else [claim])


@pytest.mark.parametrize(("direction", "good"), [("sendrecv", True), ("sendonly", False)])
def test_a_resume_is_offered_in_both_directions(direction, good):
    call = held_by_us().did("resume", 14.0)
    call.offers(14.1, 3, description(True, direction, version=3), description(False, version=3), ours=True)
    assert call.broken("HLD-5") == ([] if good else ["direction of the offer at a resume"])


def test_a_resume_under_a_far_end_that_holds_may_wait_for_it():
    call = held_by_them("recvonly").did("resume", 14.0)
    call.offers(14.1, 3, description(True, "recvonly", version=3), description(False, "sendonly", version=3), ours=True)
    assert call.broken("HLD-5") == []


@pytest.mark.parametrize(("version", "good"), [(2, True), (1, False), (4, False)])
def test_the_version_counts_each_change(version, good):
    call = PaperCall().answered(10.0).did("hold", 12.0)
    call.offers(12.1, 2, description(True, "sendonly", version=version), description(False, "recvonly"), ours=True)
    assert call.broken("HLD-5") == ([] if good else ["step of the o= version"])


# the far end holds


@pytest.mark.parametrize(
    ("offer", "answer", "good"),
    [
        ("sendonly", "recvonly", True),
        ("sendonly", "inactive", False),
        ("sendonly", "sendrecv", False),
        ("inactive", "inactive", True),
        ("inactive", "recvonly", False),
    ],
)
def test_a_hold_of_the_far_end_is_answered_in_kind(offer, answer, good):
    claims = held_by_them(answer, offer).broken("HLD-2")
    assert claims == ([] if good else [f"answer to an offer of {offer}"])


@pytest.mark.parametrize(
    ("offer", "answer", "good"),
    [("sendonly", "inactive", True), ("sendonly", "sendrecv", False), ("inactive", "recvonly", False)],
)
def test_the_rfc_leaves_it_to_the_held_side_whether_it_listens(offer, answer, good):
    claims = held_by_them(answer, offer).broken("HLD-2", profile="baseline")
    assert claims == ([] if good else [f"answer to an offer of {offer}"])


@pytest.mark.parametrize("acts", [True, False])
def test_who_holds_too_may_stop_listening(acts):
    call = held_by_us()
    call.offers(
        14.0, 3, description(False, "sendonly", version=3), description(True, "inactive", version=3), ours=False
    )
    assert call.result("HLD-2", acts=acts) is HELD


def test_a_hold_that_was_taken_back_is_none_any_more():
    call = held_by_us().offers(13.0, 3, description(True, version=3), description(False, version=3), ours=True)
    call.did("resume", 12.9)
    call.offers(
        14.0, 3, description(False, "sendonly", version=3), description(True, "inactive", version=4), ours=False
    )
    assert call.result("HLD-2") is BROKEN
    assert call.result("HLD-2", acts=False) is BROKEN


def test_a_hold_that_comes_at_a_wrong_time_is_no_occasion():
    call = PaperCall().answered(10.0)
    call.offers(12.0, 2, description(False, "sendonly"), "", ours=False, status="491 Request Pending")
    assert call.result("HLD-2") is NOT_EXERCISED


@pytest.mark.parametrize(("until", "good"), [(12.1, True), (13.0, False)])
def test_nothing_is_sent_to_a_far_end_that_holds(until, good):
    call = held_by_them("recvonly").sends(10.0, until)
    assert call.broken("RTP-STOP") == ([] if good else ["nothing is sent to a far end that holds"])


@pytest.mark.parametrize(
    ("status", "result"), [("200 OK", HELD), ("488 Not Acceptable", BROKEN), ("491 x", NOT_EXERCISED)]
)
def test_the_old_form_of_hold_is_accepted(status, result):
    call = PaperCall().answered(10.0)
    answer = description(True, "recvonly", version=2) if status == "200 OK" else ""
    call.offers(12.0, 2, description(False, address="0.0.0.0"), answer, ours=False, status=status)
    assert call.result("HLD-3") is result


def test_nothing_goes_to_the_null_address():
    claims = held_by_them("sendrecv", "sendrecv", address="0.0.0.0").sends(10.0, 13.5).broken("HLD-3")
    assert claims == ["nothing is sent to a far end that holds by the null address"]


# the room


@pytest.mark.parametrize(("level", "good"), [(-60.0, True), (-12.0, False)])
def test_nothing_of_the_room_is_in_the_packets_while_the_handset_holds(level, good):
    call = held_by_us().did("tone", 13.0, felt=None, hz="1000", dbm0="-12", ms="1000")
    call.sends(10.0, 13.0).tone(13.0, 14.5, 1000, level, first=150)
    assert call.result("HLD-4") is (HELD if good else BROKEN)


def test_no_packet_at_all_says_nothing_of_the_room_either():
    call = held_by_us().did("tone", 13.0, felt=None, hz="1000", dbm0="-12", ms="1000")
    assert call.sends(10.0, 12.0).result("HLD-4") is HELD


def test_without_a_tone_in_the_room_nothing_was_to_be_heard():
    assert held_by_us().sends(10.0, 14.0).result("HLD-4") is NOT_EXERCISED


# a conference


@pytest.mark.parametrize(("direction", "good"), [("sendrecv", True), ("sendonly", False), ("recvonly", False)])
def test_the_held_party_that_a_conference_takes_in_is_offered_both_directions(direction, good):
    call = held_by_us().did("conference", 14.0)
    call.offers(14.1, 3, description(True, direction, version=3), description(False, version=3), ours=True)
    assert call.broken("CNF-1") == ([] if good else ["direction of the offer at a conference"])
    assert held_by_us().result("CNF-1") is NOT_EXERCISED


def test_a_party_that_is_never_brought_back_into_a_conference_is_named():
    call = PaperCall(ends=30.0).answered(10.0).did("hold", 12.0)
    call.offers(12.1, 2, description(True, "sendonly", version=2), description(False, "recvonly", version=2), ours=True)
    assert call.did("conference", 14.0).broken("CNF-1") == ["a conference at the handset is offered to the far end"]
