"""Setting a call up and taking it down, from both sides."""

import pytest

from harness.plugin.marks import rule

feature = pytest.mark.feature
keys = pytest.mark.stimulus("keys")
settings = pytest.mark.stimulus("settings")
pytestmark = [pytest.mark.stimulus("far_end", "server"), pytest.mark.needs("audio")]


@feature("call-in", "two-way-audio", "codec-g711a")
@keys
@pytest.mark.smoke
def test_an_incoming_call_is_answered_and_carries_audio_both_ways(call):
    call.invite.offer_codecs("PCMA")
    call.establish("incoming")
    with call.both_talking():
        call.media.expect_both_ways()


@feature("call-out", "two-way-audio", "codec-g711a")
@keys
@pytest.mark.smoke
def test_a_dialled_call_is_answered_and_carries_audio_both_ways(call):
    call.handset.dial()
    call.peer.expect_call()
    call.peer.answer()
    with call.both_talking():
        call.media.expect_both_ways()


@pytest.mark.profile_sensitive
@feature("two-way-audio")
@keys
def test_audio_is_heard_both_ways_in_every_state_of_a_call(call):
    call.establish("outgoing")
    with call.both_talking():
        call.media.expect_both_ways()
    call.handset.hold()
    call.handset.resume()
    with call.both_talking():
        call.media.expect_both_ways()
    call.peer.hold()
    call.peer.resume()
    with call.both_talking():
        call.media.expect_both_ways()


@feature("ringing")
@keys
def test_an_incoming_call_rings_the_handset_and_shows_the_caller(call):
    call.peer.call()
    call.expect.rings()
    call.screen.shows_caller()
    call.handset.answer()
    call.judge_signalling()


@feature("caller-id-withheld")
def test_a_caller_who_withholds_the_number_is_anonymous(call):
    call.peer.call(withheld=True)
    call.expect.rings()
    call.screen.shows_no_number()


@feature("early-media")
@keys
def test_early_media_of_the_far_end_reaches_the_ear(call):
    call.handset.dial()
    call.peer.expect_call()
    call.peer.announce()
    with call.peer.talking():
        call.media.expect_the_peer_alone()
    call.peer.answer()
    with call.both_talking():
        call.media.expect_both_ways()
    call.judge_signalling()


@feature("early-media")
@keys
def test_a_second_announcement_before_the_answer_is_heard_alone(call):
    call.handset.dial()
    call.peer.expect_call()
    call.peer.announce()
    with call.peer.talking():
        call.media.expect_at_the_handset()
    call.peer.announce()
    with call.peer.talking():
        call.media.expect_the_peer_alone()


@feature("prack")
@keys
@rule("CAL-3")
def test_ringing_that_asks_for_it_is_confirmed(call, rule):
    call.require.reliable_ringing(known=rule.expect["prack"])
    call.peer.insist_on_reliable_ringing()
    call.handset.dial()
    call.peer.expect_call(needs="Supported: 100rel")
    call.peer.ring_reliably()
    call.signalling.expect_prack()
    call.judge(rule)
    call.peer.answer()
    call.judge_signalling()


@feature("prack")
@keys
@rule("CAL-3")
def test_a_caller_who_asks_for_it_is_told_reliably_that_it_rings(call, rule):
    call.require.reliable_ringing(known=rule.expect["prack"])
    call.invite.ask_for_reliable_ringing()
    call.peer.call()
    call.expect.rings()
    call.require.confirmed_ringing()
    call.judge(rule)
    call.handset.answer()
    with call.both_talking():
        call.media.expect_both_ways()
    call.judge_signalling()


@feature("ring-back")
@keys
def test_a_ringing_far_end_is_heard_and_shown(call):
    call.handset.dial()
    call.peer.expect_call()
    call.peer.ring()
    call.screen.is_ringing()
    call.expect.ring_back()
    call.peer.answer()
    with call.peer.talking():
        call.media.expect_the_peer_alone()
    call.judge_signalling()


@feature("tones")
@keys
@settings
def test_ring_back_is_that_of_the_country_that_was_set(call, base):
    base.change("tones", "3")
    call.handset.dial()
    call.peer.expect_call()
    call.peer.ring()
    call.expect.ring_back(country="3")


@feature("busy")
@keys
def test_a_busy_far_end_ends_the_call(call):
    call.handset.dial()
    call.peer.expect_call()
    call.peer.refuse(486)
    call.expect.acknowledged()
    call.screen.is_busy()
    call.judge_signalling()


@feature("far-reject")
@keys
def test_a_declining_far_end_ends_the_call(call):
    call.handset.dial()
    call.peer.expect_call()
    call.peer.refuse(603)
    call.expect.acknowledged()
    call.screen.is_rejected()
    call.handset.go_idle()
    call.screen.is_idle()
    call.judge_signalling()


@feature("no-answer")
def test_a_caller_who_gives_up_stops_the_ringing(call):
    call.peer.call()
    call.expect.rings()
    call.peer.give_up()
    call.expect.cancel_answered()
    call.expect.stops_ringing()
    call.judge("CALL-CANCEL")
    call.judge_signalling()


@feature("cancel-status")
def test_a_call_that_was_given_up_ends_with_487(call):
    call.peer.call()
    call.expect.rings()
    call.peer.give_up()
    call.expect.cancel_answered()
    call.expect.refused()
    call.judge("CALL-CANCEL")
    call.judge_signalling()


@feature("answered-elsewhere-network")
@keys
@rule("CAL-10")
def test_a_call_taken_by_another_device_is_not_missed(call, rule):
    before = call.handset.missed_calls()
    call.peer.call()
    call.expect.rings()
    call.peer.give_up(answered_elsewhere=True)
    call.expect.cancel_answered()
    call.expect.stops_ringing()
    call.screen.shows_no_missed_call()
    call.expect.not_missed(before, now=call.handset.missed_calls())
    call.judge(rule)
    call.judge_signalling()


@feature("ring-duration")
@settings
def test_ringing_ends_when_its_time_is_over(call, base):
    base.change("ring_duration", "3")
    call.peer.call()
    call.expect.rings()
    call.expect.rings_for(3)
    call.judge("CALL-TIMEOUT")
    call.expect.stops_ringing()
    call.judge_signalling()


@feature("cancel")
@keys
def test_hanging_up_before_the_answer_cancels_the_call(call):
    call.handset.dial()
    call.peer.expect_call()
    call.peer.ring()
    call.handset.hang_up()
    call.expect.cancelled()
    call.judge("CALL-CANCEL")
    call.judge_signalling()


@feature("cancel")
@keys
@pytest.mark.needs("steerable_pbx")
def test_an_attempt_given_up_unanswered_is_cancelled_when_an_answer_comes(call):
    call.server.go_away()
    call.handset.dial()
    call.handset.hang_up()
    call.expect.no_cancel_yet()
    call.server.come_back()
    call.require.provisional_answer()
    call.expect.cancelled()
    call.judge_signalling()


@feature("far-hang-up", "application-log")
@keys
def test_a_far_hang_up_frees_the_handset(call):
    call.establish("incoming")
    call.peer.hang_up()
    call.expect.released_by("peer")
    call.handset.go_idle()
    call.screen.is_idle()
    call.judge_end()
    call.judge_every_rule()


@feature("hangup")
@keys
def test_a_near_hang_up_ends_the_dialog(call):
    call.establish("incoming")
    call.handset.hang_up()
    call.expect.released_by("base")
    call.handset.go_idle()
    call.screen.is_idle()
    call.judge_end()
    call.judge_every_rule()


@feature("reject")
@keys
@rule("CAL-8")
def test_rejecting_answers_with_the_configured_status_line(call, rule):
    call.peer.call()
    call.expect.rings()
    call.handset.hang_up()
    call.expect.refused()
    call.judge(rule)
    call.judge_signalling()


@feature("dnd")
@settings
@rule("CAL-8")
def test_do_not_disturb_answers_with_the_configured_status_line(call, base, rule):
    base.change("user_dnd", "on", idx=call.identity)
    call.peer.call()
    call.expect.refused()
    call.judge(rule)
    call.judge_signalling()
