"""Bindings on paper and captured: kept, refreshed, refused, taken back."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from harness.rules.findings import Result
from suites.selftest.rules.judging import broken, of_capture
from suites.selftest.rules.registrations import BASE, REALM, Room

HELD, BROKEN = Result.HELD, Result.BROKEN
IDLE, UNSAID = Result.NOT_EXERCISED, Result.CANNOT_BE_SAID


def claims(room: Room, rule: str) -> str:
    return "\n".join(finding.claim for finding in room.says_of(rule).broken)


def test_a_healthy_registration_breaks_no_rule_and_exercises_most() -> None:
    room = Room().binds(60).passes(30)
    room.signed()
    room.grants(60)
    room.is_asked("OPTIONS")
    room.answers(200, "Allow: INVITE, ACK, CANCEL, BYE, OPTIONS")
    assert room.passes(5).breaks() == {}
    held = ("REG-2", "REG-3", "REG-4", "REG-5", "REG-6", "REG-7", "REG-8", "REG-9", "REG-REQUEST", "REG-ADDRESS",
            "REG-CSEQ", "REG-CALL-ID", "REG-CONTACT", "REG-REFRESH", "SIP-DIGEST", "SIP-CREDENTIALS-KEPT",
            "SIP-INSTANCE", "SIP-OPTIONS", "SIP-RETRANSMISSION", "SIP-TRANSPORT", "SIP-USER-AGENT")  # fmt: skip
    assert {rule: room.says_of(rule).result for rule in held} == dict.fromkeys(held, HELD)


def test_nothing_is_said_of_registrations_where_there_are_none() -> None:
    room = Room().passes(30)
    for rule in ("REG-2", "REG-4", "REG-8", "REG-10", "REG-CSEQ", "SIP-DIGEST", "REG-SIGN-OUT", "REG-RECOVERY"):
        assert room.says_of(rule).result is IDLE


# the two captures with a right answer


def test_the_time_of_the_own_binding_counts_and_not_that_of_another() -> None:
    found = of_capture("register_two_bindings")
    assert broken(found) == {}
    assert found["REG-8"].held == 1


def test_a_refresh_that_was_refused_and_not_tried_again_lets_the_binding_run_out() -> None:
    found = of_capture("register_refresh_failed")
    (finding,) = found["REG-8"].broken
    assert finding.claim == "the binding is refreshed before it runs out"
    assert "1500 s" in finding.seen


# the granted time


def late(room: Room) -> None:
    room.binds(60).passes(70)
    room.signed()


def in_time(room: Room) -> None:
    room.binds(60).passes(50)
    room.signed()
    room.grants(60)


def gone(room: Room) -> None:
    room.binds(60).passes(30)
    room.setting("user_active", "off")
    room.asks(expires=0)
    room.says(200)
    room.passes(60)


def without_power(room: Room) -> None:
    room.binds(60).passes(10)
    room.act("power-off")
    room.passes(600)


def still_bound(room: Room) -> None:
    room.binds(60).passes(50)


def refused_for_good(room: Room) -> None:
    room.binds(60).passes(50)
    room.signed()
    room.says(403)
    room.passes(600)


def tried_again(room: Room) -> None:
    room.binds(60).passes(50)
    room.signed()
    room.says(503)
    room.passes(30)
    room.signed()
    room.says(503)
    room.passes(100)


def silent_server(room: Room) -> None:
    room.binds(60).passes(50)
    room.signed()
    room.passes(400)
    room.signed()


@pytest.mark.parametrize(
    ("happened", "known", "said"),
    [
        (in_time, True, HELD), (in_time, False, HELD), (late, True, BROKEN), (late, False, BROKEN), (gone, True, HELD),
        (without_power, True, IDLE), (without_power, False, UNSAID), (still_bound, True, IDLE),
        (refused_for_good, True, IDLE), (tried_again, True, IDLE), (silent_server, True, BROKEN),
    ],
)  # fmt: skip
def test_the_end_of_the_granted_time(happened: Callable[[Room], None], known: bool, said: Result) -> None:
    room = Room(known=known)
    happened(room)
    assert room.says_of("REG-8").result is said


def test_a_hole_in_the_capture_may_have_held_the_refresh() -> None:
    room = Room()
    late(room)
    room.gaps.append((1030.0, 1031.0))
    assert room.says_of("REG-8").result is UNSAID


def test_a_base_that_may_have_started_anew_is_not_blamed_for_its_old_binding() -> None:
    room = Room(known=False).binds(60).passes(300)
    room.call_id, room.number = "r2@snom", 1
    room.binds(600)
    assert room.says_of("REG-8").result is UNSAID


# 423, and the time that was set


@pytest.mark.parametrize(("asked", "said"), [(600, HELD), (900, HELD), (60, BROKEN)])
def test_a_time_that_is_too_short_is_raised(asked: int, said: Result) -> None:
    room = Room(expires=60)
    room.asks()
    room.says(423, "Min-Expires: 600")
    room.asks(expires=asked)
    assert room.says_of("REG-8").result is said


def test_a_423_that_nothing_follows_is_named_and_one_at_the_end_is_not() -> None:
    room = Room(expires=60)
    room.asks()
    room.says(423, "Min-Expires: 600")
    assert room.says_of("REG-8").result is IDLE
    assert "raised" in claims(room.passes(6), "REG-8")


@pytest.mark.parametrize(("asked", "said"), [(180, HELD), (3600, BROKEN)])
def test_the_time_that_was_set_is_asked_for(asked: int, said: Result) -> None:
    room = Room(expires=asked)
    room.setting("user_expiry", "180")
    room.asks()
    assert room.says_of("REG-8").result is said


def test_a_time_of_which_the_acts_tell_nothing_is_not_judged() -> None:
    room = Room(expires=77)
    room.setting("user_expiry", "180")
    room.setting("user_expiry", "", channel="unknown")
    room.asks()
    assert room.says_of("REG-8").result is IDLE


# a pause that was asked for


@pytest.mark.parametrize(("pause", "said"), [(3.0, BROKEN), (10.0, HELD), (60.0, BROKEN)])
def test_a_pause_is_kept_and_ended(pause: float, said: Result) -> None:
    room = Room()
    room.asks()
    room.says(503, "Retry-After: 10 (maintenance);duration=60")
    room.passes(pause)
    room.asks()
    assert room.says_of("REG-10").result is said


def test_a_pause_is_for_the_server_that_asked_and_ends_with_an_act() -> None:
    room = Room()
    room.asks()
    room.says(503, "Retry-After: 10")
    room.asks(to="198.18.9.12")
    assert room.says_of("REG-10").result is HELD or room.says_of("REG-10").result is IDLE
    room = Room()
    room.asks()
    room.says(503, "Retry-After: 10")
    room.setting("user_active", "on")
    room.asks()
    assert room.says_of("REG-10").result is IDLE


def test_a_pause_that_nothing_ends_is_named_unless_the_base_may_be_without_power() -> None:
    for known, said in ((True, BROKEN), (False, UNSAID)):
        room = Room(known=known)
        room.asks()
        room.says(503, "Retry-After: 10")
        assert room.says_of("REG-10").result is IDLE
        assert room.passes(40).says_of("REG-10").result is said


# after a refusal


@pytest.mark.parametrize("status", [401, 407, 423, 403, 503, 200])
@pytest.mark.parametrize(("step", "said"), [(1, HELD), (0, BROKEN), (-3, BROKEN)])
def test_the_number_counts_on_after_each_kind_of_answer(status: int, step: int, said: Result) -> None:
    room = Room()
    room.asks()
    room.says(status, f"WWW-Authenticate: Digest realm={REALM},nonce=n1")
    room.number += step - 1
    room.asks()
    found = room.says_of("REG-CSEQ")
    assert found.result is said
    if said is BROKEN:
        assert ("a grant" if status == 200 else f"a {status}") in found.broken[0].claim


def test_a_number_left_out_is_named_only_where_nothing_can_have_been_lost() -> None:
    room = Room()
    room.asks()
    room.says(401, f"WWW-Authenticate: Digest realm={REALM},nonce=n1")
    room.number += 1
    room.asks()
    assert room.says_of("REG-CSEQ").result is BROKEN
    room.gaps.append((room.now - 0.005, room.now))
    assert room.says_of("REG-CSEQ").result is UNSAID
    room = Room().binds()
    room.passes(100).number += 1
    room.asks()
    assert room.says_of("REG-CSEQ").result is HELD  # one that could not be sent counts too


@pytest.mark.parametrize("status", [401, 423, 503, 200])
def test_the_call_id_is_kept_after_each_kind_of_answer(status: int) -> None:
    room = Room()
    room.asks()
    room.says(status)
    room.call_id = "r2@snom"
    room.asks()
    assert room.says_of("REG-CALL-ID").result is BROKEN


def test_a_new_call_id_after_a_start_is_lawful_and_in_a_strangers_trace_it_cannot_be_said() -> None:
    room = Room().binds()
    room.act("power-off")
    room.act("power-on")
    room.call_id = "r2@snom"
    room.asks()
    assert room.says_of("REG-CALL-ID").broken == ()
    room = Room(known=False).binds().passes(100)
    room.call_id = "r2@snom"
    room.asks()
    assert room.says_of("REG-CALL-ID").unsaid


def test_the_contact_is_kept_over_refreshes() -> None:
    room = Room().binds().passes(100)
    room.signed(f"Contact: <sip:41@{BASE}:5060;transport=udp;line=qx3k1d>;reg-id=1")
    assert room.says_of("REG-CONTACT").result is BROKEN
    room = Room().binds().passes(100)
    room.address = "fd00:9::50"
    room.signed()
    assert room.says_of("REG-CONTACT").broken == ()


def test_a_refresh_in_a_hurry_is_named_unless_an_act_may_explain_it() -> None:
    for known, said in ((True, BROKEN), (False, UNSAID)):
        room = Room(known=known).binds(600).passes(5)
        room.signed()
        assert room.says_of("REG-REFRESH").result is said
    room = Room().binds(600)
    room.setting("user_realname", "Anna")
    room.signed()
    assert room.says_of("REG-REFRESH").result is IDLE


@pytest.mark.parametrize(("pause", "said"), [(20.0, HELD), (120.0, BROKEN)])
@pytest.mark.parametrize("status", [503, 0])
def test_who_was_refused_for_a_time_comes_back(status: int, pause: float, said: Result) -> None:
    room = Room()
    room.asks()
    if status:
        room.says(status)
    room.passes(pause if status else 32 + pause)
    room.asks()
    assert room.says_of("REG-RECOVERY").result is said


def test_who_never_comes_back_is_named_once_it_is_due() -> None:
    room = Room()
    room.asks()
    room.says(503)
    assert room.passes(50).says_of("REG-RECOVERY").result is IDLE
    assert room.passes(50).says_of("REG-RECOVERY").result is BROKEN
    room.act("power-off")
    room.acts[-1] = type(room.acts[-1])("power-off", 1003.0)
    assert room.says_of("REG-RECOVERY").result is IDLE


@pytest.mark.parametrize(
    ("status", "tries", "said"), [(403, 1, HELD), (403, 4, BROKEN), (503, 4, HELD), (503, 9, BROKEN)]
)
def test_a_server_that_refuses_is_not_flooded(status: int, tries: int, said: Result) -> None:
    room = Room()
    room.asks()
    first = room.says(status)
    for _ in range(tries):
        room.asks()
    assert room.passes(6).says_of("REG-REFUSED").result is said
    room.gaps.append((first.at, first.at + 1))
    assert room.says_of("REG-REFUSED").result is (UNSAID if said is BROKEN else IDLE)


# redirected, and bound once


@pytest.mark.parametrize(("server", "said"), [("198.18.9.13", HELD), ("198.18.9.12", BROKEN), ("", BROKEN)])
def test_a_redirection_is_followed_to_the_best_place(server: str, said: Result) -> None:
    room = Room()
    room.asks()
    room.says(302, "Contact: <sip:198.18.9.12>;q=0.3, <sip:198.18.9.13>;q=0.9, <sip:198.18.9.14>;q=0")
    assert room.says_of("REG-10").result is IDLE
    if server:
        room.asks(first=f"REGISTER sip:{server} SIP/2.0", to=server)
    assert room.passes(9).says_of("REG-10").result is said


def test_an_identity_is_bound_once() -> None:
    room = Room().binds()
    old = room.sip[-2].contact.uri
    room.passes(100)
    room.asks(f"Contact: <sip:41@{BASE}:5099;line=qx3k1d>")
    room.grants(60, f"<{old}>;expires=20")
    assert "one binding" in claims(room, "REG-CONTACT")
    room = Room().binds()
    room.passes(100).signed()
    room.grants(60, "<sip:41@198.18.9.77>;expires=20")
    assert room.says_of("REG-CONTACT").result is HELD


def test_the_time_of_the_contact_counts_that_is_the_own_one_to_the_letter() -> None:
    room = Room()
    request = room.asks()
    other = request.contact.uri.replace("qx3k1d", "zzzzzz")
    room.grants(60, f"<{other}>;expires=7")
    (binding,) = room.evidence().bindings
    assert [grant.seconds for grant in binding.grants] == [60]


# switched on and off


def test_who_goes_takes_its_own_binding_back_and_stays_away() -> None:
    room = Room().binds()
    room.setting("user_active", "off")
    room.asks(expires=0)
    room.says(200)
    room.passes(10)
    assert room.says_of("REG-SIGN-OUT").result is HELD
    room.asks()
    assert "does not register" in claims(room, "REG-SIGN-OUT")


def test_who_goes_without_a_word_is_named() -> None:
    room = Room().binds()
    room.setting("user_active", "off")
    assert room.says_of("REG-SIGN-OUT").result is IDLE
    assert "is de-registered" in claims(room.passes(10), "REG-SIGN-OUT")
    room = Room(known=False).binds().passes(10)
    assert room.says_of("REG-SIGN-OUT").result is IDLE


@pytest.mark.parametrize(("contact", "everybody", "said"), [("*", "yes", HELD), ("*", "no", BROKEN), ("", "no", HELD)])
def test_whose_bindings_may_go_is_told_by_the_act(contact: str, everybody: str, said: Result) -> None:
    room = Room().binds()
    room.act("sign-out", user="41", everybody=everybody)
    room.asks(*([f"Contact: {contact}"] if contact else []), expires=0)
    room.says(200)
    assert room.says_of("REG-SIGN-OUT").result is said


def test_another_phones_contact_is_not_the_bases_to_take_back() -> None:
    for known, said in ((True, BROKEN), (False, UNSAID)):
        room = Room(known=known).binds()
        room.asks("Contact: <sip:41@198.18.9.77:5060>", expires=0)
        assert room.says_of("REG-SIGN-OUT").result is said


def test_a_binding_of_the_base_that_is_left_behind_is_named() -> None:
    room = Room().binds()
    listed = room.sip[-2].contact.uri
    room.asks(f"Contact: <sip:41@{BASE}:5099>", expires=0)
    room.says(200, f"Contact: <{listed}>;expires=1800")
    assert "leaves no binding" in claims(room, "REG-SIGN-OUT")


def test_a_binding_from_before_a_power_cut_is_not_one_that_was_left_behind() -> None:
    room = Room().binds()
    listed = room.sip[-2].contact.uri
    room.call_id = "after-the-power-cut"
    room.asks(f"Contact: <sip:41@{BASE}:5099>")
    room.grants(600, f"<{listed}>;expires=500")
    room.asks(f"Contact: <sip:41@{BASE}:5099>", expires=0)
    room.says(200, f"Contact: <{listed}>;expires=499")
    assert room.says_of("REG-SIGN-OUT").result is HELD


def test_who_is_switched_on_registers() -> None:
    room = Room()
    room.setting("user_active", "off")
    room.setting("user_active", "on")
    assert room.says_of("REG-SIGN-IN").result is IDLE
    room.asks()
    assert room.says_of("REG-SIGN-IN").result is HELD
    room = Room()
    room.setting("user_active", "off")
    room.setting("user_active", "on")
    assert room.passes(20).says_of("REG-SIGN-IN").result is BROKEN


def test_the_page_tells_of_a_refusal() -> None:
    for row, said in (("1 | 41 | Failed: 401", HELD), ("1 | 41 | Registered", BROKEN), ("", BROKEN)):
        room = Room()
        room.signed()
        room.says(401)
        room.passes(1).shows("binding", row, user="41")
        assert room.says_of("REG-SHOWN").result is said
    room = Room().binds().passes(1)
    room.shows("binding", "1 | 41 | Registered", user="41")
    assert room.says_of("REG-SHOWN").result is IDLE
