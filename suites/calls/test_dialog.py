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
    call.invite.require("m9-unheard-of")
    call.peer.call()
    call.expect.refused()
    call.judge("SIP-REQUIRE")
    call.judge_signalling()


@feature("ack-repeat")
@keys
@steered
def test_an_answer_that_is_repeated_is_acknowledged_again(call):
    call.server.lose_acknowledgements(1, of="base")
    call.handset.dial()
    call.peer.expect_call()
    call.peer.pick_up()
    call.signalling.expect_second_ack()
    call.judge_signalling()


@feature("ack-repeat", "answer")
@keys
@steered
@pytest.mark.needs("audio")
def test_an_answer_is_repeated_until_it_is_acknowledged(call):
    call.server.lose_acknowledgements(1, of="peers")
    call.peer.call()
    call.expect.rings_at_the_handset()
    call.handset.pick_up()
    call.signalling.expect_repeated_answer()
    with call.both_talking():
        call.media.expect_both_ways()
    call.judge_signalling()


@feature("record-route")
@keys
@pytest.mark.parametrize("direction", ["incoming", "outgoing"])
def test_requests_within_a_call_go_by_the_server(call, direction):
    call.establish(direction)
    call.require.recorded_route()
    call.handset.hang_up()
    call.expect.released_by("base")
    call.judge("SIP-ROUTE")
    call.judge_signalling()


@pytest.mark.profile_sensitive
@feature("record-route", "sip-tcp")
@keys
@settings
@steered
@pytest.mark.needs("audio")
@pytest.mark.parametrize("direction", ["incoming", "outgoing"])
def test_a_call_over_tcp_follows_both_routes_of_the_server(registration, call, direction):
    registration.base.register(identity=1, transport="tcp")
    registration.expect.bound()
    call.establish(direction)
    call.require.transport("TCP", routes=2)
    with call.both_talking():
        call.media.expect_both_ways()
    call.handset.hang_up()
    call.expect.released_by("base")
    call.judge("SIP-ROUTE")
    call.judge_signalling()


@feature("target-refresh")
@keys
@steered
def test_requests_follow_a_far_end_that_has_moved(call):
    call.establish("incoming")
    call.server.move_the_contact()
    call.peer.hold()
    call.require.moved_contact()
    call.handset.hang_up()
    call.expect.released_by("base")
    call.judge("SIP-TARGET")
    call.judge_signalling()


@feature("forking")
@keys
@steered
@rule("CAL-4")
@pytest.mark.needs("audio")
@pytest.mark.parametrize("which", ["first", "second"])
def test_of_two_far_ends_that_ring_the_one_that_answers_is_talked_to(forked_call, rule, which):
    forked_call.handset.dial()
    forked_call.far_ends.ring()
    forked_call.far_ends.answer(which)
    with forked_call.both_talking():
        forked_call.media.expect_both_ways()
    forked_call.handset.hang_up()
    forked_call.expect.released_by("base")
    forked_call.judge(rule)
    forked_call.judge_signalling()


@feature("forking")
@keys
@steered
@rule("CAL-4")
@pytest.mark.needs("audio")
def test_of_two_far_ends_that_answer_at_once_one_is_hung_up(forked_call, rule):
    forked_call.handset.dial()
    forked_call.far_ends.ring()
    forked_call.far_ends.answer_at_once()
    forked_call.far_ends.expect_both_acknowledged()
    forked_call.far_ends.expect_one_hung_up()
    forked_call.judge(rule)
    with forked_call.both_talking():
        forked_call.media.expect_both_ways()
    forked_call.judge_signalling()


@feature("forking", "early-media")
@keys
@steered
@rule("CAL-4")
@pytest.mark.needs("audio")
@pytest.mark.parametrize("which", ["first", "second"])
def test_of_two_far_ends_that_send_media_early_the_one_that_answers_is_talked_to(forked_call, rule, which):
    forked_call.handset.dial()
    forked_call.far_ends.announce()
    forked_call.far_ends.answer(which)
    with forked_call.both_talking():
        forked_call.media.expect_both_ways()
    forked_call.judge(rule)


@feature("options-ping")
@keys
def test_a_ping_within_a_call_is_answered(call):
    call.establish("incoming")
    call.peer.ping()
    call.signalling.expect_answer_to("OPTIONS", 200)
    call.judge("CALL-PING")
    call.judge_signalling()


@feature("sip-robustness")
@keys
@rule("CAL-7")
def test_headers_and_option_tags_that_nobody_knows_are_passed_over(call, rule):
    call.invite.add_unknown_headers()
    call.peer.call()
    call.expect.rings()
    call.judge(rule)
    call.handset.answer()
    call.judge_signalling()


@feature("update")
@keys
@rule("CAL-6")
def test_an_update_in_a_call_is_answered(call, rule):
    call.establish("incoming")
    call.peer.update()
    call.signalling.expect_answer_to("UPDATE")
    call.judge(rule)
    call.judge_signalling()


@feature("glare")
@keys
@steered
@rule("HLD-5")
def test_an_offer_that_met_another_one_is_made_again_later(call, rule):
    call.establish("outgoing")
    call.server.answer_glare(1)
    call.handset.try_to_hold()
    call.signalling.expect_offer_after_glare()
    call.judge("CALL-GLARE")
    call.judge(rule)
    call.judge_signalling()


@feature("late-offer")
@keys
@rule("CAL-2")
@pytest.mark.needs("audio")
def test_an_invite_without_an_offer_gets_one(call, rule):
    call.handset.dial()
    call.peer.expect_call()
    call.peer.answer()
    call.peer.offer_nothing()
    call.judge(rule)
    with call.both_talking():
        call.media.expect_both_ways()
    call.judge_signalling()


@feature("session-timer")
@keys
@rule("CAL-5")
@pytest.mark.parametrize("refresher", ["uac", "uas"])
def test_a_session_timer_is_granted_as_it_was_asked_for(call, rule, refresher):
    call.invite.want_session_timer(expires=1800, refresher=refresher)
    call.establish("incoming")
    call.judge(rule)
    call.judge_signalling()


@feature("session-timer")
@keys
@rule("CAL-5")
def test_a_hold_does_not_end_the_session_timer(call, rule):
    call.invite.want_session_timer(expires=1800, refresher="uac")
    call.establish("incoming")
    call.judge(rule)
    call.handset.hold()
    call.judge(rule)
    call.judge_signalling()
