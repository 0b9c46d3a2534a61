"""What SIP asks of every dialog, whatever is talked about in it (RFC 3261, 3311)."""

import pytest

from harness.plugin.marks import rule

feature = pytest.mark.feature
keys = pytest.mark.stimulus("keys")
settings = pytest.mark.stimulus("settings")
steered = pytest.mark.needs("steerable_pbx")
pytestmark = [pytest.mark.stimulus("far_end", "server")]


@feature("option-tags")
def test_an_unknown_extension_that_is_required_is_refused_by_name(call):
    call.requires_of_the_base("m9-unheard-of")
    call.arrives()
    call.is_refused_by_the_base()
    call.judge("SIP-REQUIRE")
    call.keeps_to_the_rules()


@feature("ack-repeat")
@keys
@steered
def test_an_answer_that_is_repeated_is_acknowledged_again(call):
    call.server_loses_acknowledgements(1)
    call.is_dialled()
    call.acknowledges_the_repeated_answer()
    call.keeps_to_the_rules()


@feature("ack-repeat", "answer")
@keys
@steered
@pytest.mark.needs("audio")
def test_an_answer_is_repeated_until_it_is_acknowledged(call):
    call.server_loses_acknowledgements(1)
    call.arrives()
    call.rings_at_the_handset()
    call.repeats_its_answer_until_it_is_acknowledged()
    call.carries_audio_both_ways()
    call.keeps_to_the_rules()


@feature("record-route")
@keys
@pytest.mark.parametrize("direction", ["incoming", "outgoing"])
def test_requests_within_a_call_go_by_the_server(call, direction):
    call.established(direction)
    call.server_recorded_its_route()
    call.is_hung_up_by_the_handset()
    call.judge("SIP-ROUTE")
    call.keeps_to_the_rules()


@feature("record-route", "sip-tcp")
@keys
@settings
@steered
@pytest.mark.needs("audio")
@pytest.mark.parametrize("direction", ["incoming", "outgoing"])
def test_a_call_over_tcp_follows_both_routes_of_the_server(registration, call, direction):
    registration.base.register(identity=1, transport="tcp")
    registration.expect.bound()
    call.established(direction)
    call.is_carried_by("TCP", routes=2)
    call.carries_audio_both_ways()
    call.is_hung_up_by_the_handset()
    call.judge("SIP-ROUTE")
    call.keeps_to_the_rules()


@feature("target-refresh")
@keys
@steered
def test_requests_follow_a_far_end_that_has_moved(call):
    call.established("incoming")
    call.server_moves_the_contact()
    call.is_held_by_the_peer()
    call.far_end_has_moved()
    call.is_hung_up_by_the_handset()
    call.judge("SIP-TARGET")
    call.keeps_to_the_rules()


@feature("forking")
@keys
@steered
@rule("CAL-4")
@pytest.mark.needs("audio")
@pytest.mark.parametrize("which", ["first", "second"])
def test_of_two_far_ends_that_ring_the_one_that_answers_is_talked_to(forked_call, rule, which):
    forked_call.rings_at_two_far_ends()
    forked_call.is_answered_by_the(which)
    forked_call.carries_audio_both_ways()
    forked_call.is_hung_up_by_the_handset()
    forked_call.judge(rule)
    forked_call.keeps_to_the_rules()


@feature("forking")
@keys
@steered
@rule("CAL-4")
@pytest.mark.needs("audio")
def test_of_two_far_ends_that_answer_at_once_one_is_hung_up(forked_call, rule):
    forked_call.rings_at_two_far_ends()
    forked_call.is_answered_by_both_at_once()
    forked_call.hangs_up_on_all_but_one()
    forked_call.judge(rule)
    forked_call.carries_audio_both_ways()
    forked_call.keeps_to_the_rules()


@feature("options-ping")
@keys
def test_a_ping_within_a_call_is_answered(call):
    call.established("incoming")
    call.answers_a_ping()
    call.judge("CALL-PING")
    call.keeps_to_the_rules()


@feature("sip-robustness")
@keys
@rule("CAL-7")
def test_headers_and_option_tags_that_nobody_knows_are_passed_over(call, rule):
    call.peer_says_what_nobody_knows()
    call.arrives()
    call.rings()
    call.judge(rule)
    call.is_answered_by_the_handset()
    call.keeps_to_the_rules()


@feature("update")
@keys
@rule("CAL-6")
def test_an_update_in_a_call_is_answered(call, rule):
    call.established("incoming")
    call.answers_an_update()
    call.judge(rule)
    call.keeps_to_the_rules()


@feature("glare")
@keys
@steered
@rule("HLD-5")
def test_an_offer_that_met_another_one_is_made_again_later(call, rule):
    call.established("outgoing")
    call.server_sees_glare(1)
    call.tries_again_after_glare()
    call.judge("CALL-GLARE")
    call.judge(rule)
    call.keeps_to_the_rules()


@feature("late-offer")
@keys
@rule("CAL-2")
@pytest.mark.needs("audio")
def test_an_invite_without_an_offer_gets_one(call, rule):
    call.is_dialled()
    call.is_answered_by_the_peer()
    call.is_offered_nothing()
    call.judge(rule)
    call.carries_audio_both_ways()
    call.keeps_to_the_rules()


@feature("session-timer")
@keys
@rule("CAL-5")
@pytest.mark.parametrize("refresher", ["uac", "uas"])
def test_a_session_timer_is_granted_as_it_was_asked_for(call, rule, refresher):
    call.peer_wants_session_timer(expires=1800, refresher=refresher)
    call.established("incoming")
    call.judge(rule)
    call.keeps_to_the_rules()


@feature("session-timer")
@keys
@rule("CAL-5")
def test_a_hold_does_not_end_the_session_timer(call, rule):
    call.peer_wants_session_timer(expires=1800, refresher="uac")
    call.established("incoming")
    call.judge(rule)
    call.is_held_by_the_handset()
    call.judge(rule)
    call.keeps_to_the_rules()
