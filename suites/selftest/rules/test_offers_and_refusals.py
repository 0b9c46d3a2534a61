"""Late offers, updates, timers, glare, reliable ringing; what is refused, with which words, and what must not be."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.capture import headers
from harness.capture.messages import SipMessage
from harness.rules.acts import Act, Shown
from harness.rules.findings import Result
from suites.selftest.rules.healthy_call import message
from suites.selftest.rules.paper_call import BASE, PROXY, PaperCall, description

HELD, BROKEN, UNSAID = Result.HELD, Result.BROKEN, Result.CANNOT_BE_SAID
NOT_EXERCISED = Result.NOT_EXERCISED


def setting(at: float, name: str, value: str, identity: int = 1) -> Act:
    """A page that is saved."""
    detail = {"name": name, "value": value, "identity": str(identity), "channel": "web"}
    return Act("setting", at, at, detail=detail)


def incoming(*settings: Act, **headers: str) -> PaperCall:
    """An INVITE to identity 1, whose account is 41, at 9.0."""
    call = PaperCall(ends=30.0, acts=[setting(1.0, "user_name", "41"), *settings])
    call.says(9.0, "INVITE", "1 INVITE", ours=False, body=description(False), tagged=False, **headers)
    return call


def refused(final: str, *settings: Act, at: float = 9.2) -> PaperCall:
    """The same, refused."""
    call = incoming(*settings)
    call.says(at, final, "1 INVITE", ours=True)
    return call


# refusals


@pytest.mark.parametrize(
    ("final", "claims"),
    [
        ("486 Busy Here", []),
        ("480 Busy Here", ["status of the refusal"]),
        ("486 Busy", ["phrase of the refusal"]),
        ("503 No", ["a refusal is never 503", "status of the refusal"]),
    ],
)
def test_a_call_that_is_rejected_at_the_handset_is_refused_with_its_status_line(final, claims):
    call = refused(final, at=10.2).did("hang-up", 10.0)
    assert sorted(call.broken("CAL-8")) == claims


@pytest.mark.parametrize(
    ("final", "claims"), [("480 Do Not Disturb", []), ("486 Do Not Disturb", ["status of the refusal"])]
)
def test_do_not_disturb_refuses(final, claims):
    assert refused(final, setting(2.0, "user_dnd", "on")).broken("CAL-8") == claims


def test_do_not_disturb_of_another_identity_refuses_nothing():
    call = incoming(setting(2.0, "user_dnd", "on", 2))
    call.says(9.1, "180 Ringing", "1 INVITE", ours=True)
    assert call.result("CAL-8") is NOT_EXERCISED


def test_do_not_disturb_that_lets_a_call_ring_is_named():
    call = incoming(setting(2.0, "user_dnd", "on"))
    call.says(9.1, "180 Ringing", "1 INVITE", ours=True)
    assert call.broken("CAL-8") == ["a call that the settings refuse is refused"]


def registers(user: str, line: str) -> list[SipMessage]:
    """An account of the base signs in with a line= of its own."""
    ends = (
        f"From: <sip:{user}@{PROXY}>;tag=b",
        f"To: <sip:{user}@{PROXY}>",
        f"Contact: <sip:{user}@{BASE};line={line}>",
    )
    first = message(2.0, f"REGISTER sip:{PROXY} SIP/2.0", "1 REGISTER", f"r{user}", *ends, "Expires: 600")
    answer = message(2.1, "SIP/2.0 200 OK", "1 REGISTER", f"r{user}", *ends, "Expires: 600", ours=False)
    return [replace(one, call_id=f"register-{user}") for one in (first, answer)]


@pytest.mark.parametrize(
    ("to", "uri", "result"),
    [
        ("41", f"sip:42@{BASE};line=b", NOT_EXERCISED),
        ("0049301", f"sip:41@{BASE};line=a", BROKEN),
        ("0049301", f"sip:41@{BASE}", BROKEN),
        ("0049301", f"sip:strange@{BASE};line=a", BROKEN),
    ],
    ids=["diverted to another", "dialled by its long number", "without its line", "by its line alone"],
)
def test_a_call_is_of_the_identity_to_whose_contact_it_came(to, uri, result):
    call = incoming(setting(1.0, "user_name", "42", 2), setting(2.0, "user_dnd", "on"), uri=uri)
    call.says(9.1, "180 Ringing", "1 INVITE", ours=True)
    called = headers.parse_address(f"<sip:{to}@{PROXY}>")
    call.sip = [replace(one, to=replace(called, params=one.to.params)) for one in call.sip]
    call.sip += [*registers("41", "a"), *registers("42", "b")]
    assert call.result("CAL-8") is result


@pytest.mark.parametrize(
    ("status", "after", "result"),
    [
        ("480 x", 3.1, HELD),
        ("408 x", 3.1, HELD),
        ("486 x", 3.1, BROKEN),
        ("480 x", 1.0, BROKEN),
        ("480 x", 9.0, BROKEN),
    ],
)
def test_ringing_ends_after_its_time(status, after, result):
    call = incoming(setting(2.0, "ring_duration", "3", 0))
    call.says(9.1, "180 Ringing", "1 INVITE", ours=True)
    call.says(9.1 + after, status, "1 INVITE", ours=True)
    assert call.result("CALL-TIMEOUT") is result


@pytest.mark.parametrize(
    ("final", "unsupported", "result"),
    [("420 Bad Extension", "m9-x", HELD), ("420 Bad Extension", "other", BROKEN), ("200 OK", "", BROKEN)],
)
def test_what_is_required_and_not_known_is_refused_by_name(final, unsupported, result):
    call = incoming(require="m9-x, 100rel")
    more = {"unsupported": unsupported} if unsupported else {}
    call.says(9.2, final, "1 INVITE", ours=True, **more)
    assert call.result("SIP-REQUIRE") is result


@pytest.mark.parametrize(
    ("headers", "answer", "result"),
    [
        ({"x_strange": "1"}, "180 Ringing", HELD),
        ({"x_strange": "1"}, "400 Bad Request", BROKEN),
        ({"supported": "m9-x"}, "420 Bad Extension", BROKEN),
        ({"subject": "known"}, "400 Bad Request", NOT_EXERCISED),
        ({"x_strange": "1", "require": "m9-x"}, "420 Bad Extension", NOT_EXERCISED),
    ],
)
def test_what_nobody_knows_is_passed_over(headers, answer, result):
    call = incoming(**headers)
    call.says(9.1, answer, "1 INVITE", ours=True)
    assert call.result("CAL-7") is result


@pytest.mark.parametrize(("after", "result"), [("301 10:20", HELD), ("302 10:25\n301 10:20", BROKEN)])
def test_a_call_that_another_device_took_is_not_missed(after, result):
    call = incoming()
    call.did("called", 9.0, felt=None)
    call.says(10.0, "CANCEL", "1 CANCEL", ours=False, tagged=False, reason="SIP;cause=200")
    call.shown = [Shown("list", at, 1, text, {"which": "missed"}) for at, text in ((5.0, "301 10:20"), (15.0, after))]
    assert call.result("CAL-10") is result
    call.showed("display", 10.5, "snom\n1 missed call")
    assert "a call answered elsewhere is no missed call" in call.broken("CAL-10")


# offers


@pytest.mark.parametrize(("body", "claims"), [(True, []), (False, ["an INVITE without an offer is answered with one"])])
def test_an_invite_without_an_offer_gets_one(body, claims):
    call = PaperCall(to_base=False).answered(10.0)
    call.says(12.0, "INVITE", "2 INVITE", ours=False)
    call.says(12.1, "200 OK", "2 INVITE", ours=True, body=description(True, version=2) if body else "")
    call.says(12.2, "ACK", "2 ACK", ours=False, body=description(False, version=2) if body else "")
    assert call.broken("CAL-2") == claims


def test_a_late_offer_lists_every_codec_and_its_answer_is_obeyed():
    call = PaperCall(to_base=False).answered(10.0, own=description(True, kinds=(8, 0, 101)))
    call.says(12.0, "INVITE", "2 INVITE", ours=False)
    call.says(12.1, "200 OK", "2 INVITE", ours=True, body=description(True, version=2))
    call.says(12.2, "ACK", "2 ACK", ours=False, body=description(False, version=2))
    call.hung_up(16.0).sends(12.4, 16.0, kind=0)
    assert set(call.broken("CAL-2")) == {
        "media go as the answer in the ACK says",
        "the offer lists every enabled codec",
    }


@pytest.mark.parametrize(("answer", "result"), [("200 OK", HELD), ("405 No", BROKEN), ("", BROKEN)])
def test_an_update_is_answered(answer, result):
    call = PaperCall(ends=30.0).answered(10.0)
    call.says(12.0, "UPDATE", "2 UPDATE", ours=False)
    if answer:
        call.says(12.1, answer, "2 UPDATE", ours=True, allow="INVITE, UPDATE")
    assert call.result("CAL-6") is result


@pytest.mark.parametrize(("answer", "result"), [("200 OK", HELD), ("501 No", BROKEN), ("", BROKEN)])
def test_a_ping_within_a_call_is_answered(answer, result):
    call = PaperCall(ends=30.0).answered(10.0)
    call.says(12.0, "OPTIONS", "2 OPTIONS", ours=False)
    if answer:
        call.says(12.1, answer, "2 OPTIONS", ours=True)
    assert call.result("CALL-PING") is result


@pytest.mark.parametrize(("waits", "result"), [(3.0, HELD), (0.5, BROKEN), (9.0, BROKEN)])
def test_an_offer_that_met_another_is_made_again_after_its_wait(waits, result):
    call = PaperCall(to_base=False, ends=40.0).answered(10.0)
    call.says(12.0, "INVITE", "2 INVITE", ours=True, body=description(True, "sendonly", version=2))
    call.says(12.1, "491 Request Pending", "2 INVITE", ours=False)
    call.says(12.1 + waits, "INVITE", "3 INVITE", ours=True, body=description(True, "sendonly", version=2))
    assert call.result("CALL-GLARE") is result


@pytest.mark.parametrize(("rack", "result"), [("7 1 INVITE", HELD), ("8 1 INVITE", BROKEN), ("", BROKEN)])
def test_reliable_ringing_is_confirmed(rack, result):
    call = PaperCall(to_base=False, ends=30.0)
    call.says(9.0, "INVITE", "1 INVITE", ours=True, body=description(True), tagged=False)
    call.says(9.1, "180 Ringing", "1 INVITE", ours=False, require="100rel", rseq="7")
    if rack:
        call.says(9.2, "PRACK", "2 PRACK", ours=True, rack=rack)
    assert call.result("CAL-3") is result


@pytest.mark.parametrize(
    ("told", "confirmed", "result"),
    [
        ({"require": "100rel", "rseq": "7"}, "200 OK", HELD),
        ({"require": "100rel", "rseq": "7"}, "481 No", BROKEN),
        ({}, "", BROKEN),
    ],
)
def test_own_ringing_is_reliable_where_the_caller_requires_it(told, confirmed, result):
    call = PaperCall(ends=30.0)
    call.says(9.0, "INVITE", "1 INVITE", ours=False, body=description(False), tagged=False, require="100rel")
    call.says(9.1, "180 Ringing", "1 INVITE", ours=True, **told)
    if confirmed:
        call.says(9.2, "PRACK", "2 PRACK", ours=False, rack="7 1 INVITE")
        call.says(9.3, confirmed, "2 PRACK", ours=True)
    assert call.result("CAL-3") is result


# session timers


def timed(granted: str, asked: str = "90;refresher=uas") -> PaperCall:
    """A far end that asks for a timer, and what the 200 says of it."""
    call = PaperCall(ends=200.0)
    call.says(9.0, "INVITE", "1 INVITE", ours=False, tagged=False, session_expires=asked, supported="timer")
    call.says(10.0, "200 OK", "1 INVITE", ours=True, **({"session_expires": granted} if granted else {}))
    return call


@pytest.mark.parametrize(
    ("granted", "claims"),
    [
        ("90;refresher=uas", []),
        ("90;refresher=uac", ["refresher that the 200 names"]),
        ("", ["a session timer that is asked for is granted"]),
    ],
)
def test_a_timer_is_granted_as_it_was_asked_for(granted, claims):
    call = timed(granted)
    call.says(40.0, "INVITE", "5 INVITE", ours=True, session_expires="90")
    assert call.broken("CAL-5") == claims


@pytest.mark.parametrize(("at", "good"), [(55.0, True), (90.0, False), (0.0, False)])
def test_the_named_refresher_refreshes_in_time(at, good):
    call = timed("90;refresher=uas")
    if at:
        call.says(at, "INVITE", "5 INVITE", ours=True, session_expires="90;refresher=uac")
    assert (call.broken("CAL-5") == []) is good


@pytest.mark.parametrize(("timer", "good"), [("1800", True), ("90", True), ("89", False), ("", False)])
def test_a_new_offer_names_a_timer_of_min_se_at_least(timer, good):
    call = timed("1800;refresher=uac", "1800;refresher=uac")
    call.says(20.0, "INVITE", "5 INVITE", ours=True, **({"session_expires": timer} if timer else {}))
    claims = call.broken("CAL-5")
    assert claims == ([] if good else ["a new offer keeps the session timer going (RFC 4028 §7.4): Session-Expires"])


# settings over a restart


@pytest.mark.parametrize(
    ("after", "between", "result"),
    [
        ("off", (), HELD),
        ("false", (), HELD),
        ("on", (), BROKEN),
        ("on", ("document",), NOT_EXERCISED),
        ("on", ("no restart",), NOT_EXERCISED),
    ],
)
def test_a_restart_keeps_what_was_set(after, between, result):
    call = incoming(setting(2.0, "mwi_lamp", "off", 0))
    call.shown = [Shown("setting", 20.0, 0, after, {"name": "mwi_lamp", "identity": "0"})]
    call.acts += [Act("power-on", 10.0)] if "no restart" not in between else []
    call.acts += [Act("document", 11.0)] if "document" in between else []
    assert call.result("AFTER-RESTART") is result


def test_what_a_document_says_of_a_setting_is_not_held_against_a_restart():
    given = Act("setting", 3.0, detail={"name": "mwi_lamp", "value": "off", "identity": "0", "channel": "provisioning"})
    call = incoming(given, Act("power-on", 10.0))
    call.shown = [Shown("setting", 20.0, 0, "on", {"name": "mwi_lamp", "identity": "0"})]
    assert call.result("AFTER-RESTART") is NOT_EXERCISED
