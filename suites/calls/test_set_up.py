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
    call.peer_offers("PCMA")
    call.established("incoming")
    call.carries_audio_both_ways()


@feature("call-out", "two-way-audio", "codec-g711a")
@keys
@pytest.mark.smoke
def test_a_dialled_call_is_answered_and_carries_audio_both_ways(call):
    call.is_dialled()
    call.is_answered_by_the_peer()
    call.carries_audio_both_ways()


@feature("two-way-audio")
@keys
def test_audio_is_heard_both_ways_in_every_state_of_a_call(call):
    call.established("outgoing")
    call.carries_audio_both_ways()
    call.is_held_by_the_handset()
    call.is_resumed_by_the_handset()
    call.carries_audio_both_ways()
    call.is_held_by_the_peer()
    call.is_resumed_by_the_peer()
    call.carries_audio_both_ways()


@feature("ringing")
@keys
def test_an_incoming_call_rings_the_handset_and_shows_the_caller(call):
    call.arrives()
    call.rings()
    call.shows_the_caller()
    call.is_answered_by_the_handset()
    call.keeps_to_the_rules()


@feature("caller-id-withheld")
def test_a_caller_who_withholds_the_number_is_anonymous(call):
    call.arrives(withheld=True)
    call.rings()
    call.shows_no_number()


@feature("early-media")
@keys
@rule("CAL-3")
def test_early_media_of_the_far_end_reaches_the_ear(call):
    call.is_dialled()
    call.gets_early_media_from_the_peer()
    call.carries_nothing_but_the_peer()
    call.is_answered_by_the_peer()
    call.carries_audio_both_ways()
    call.keeps_to_the_rules()


@feature("early-media")
@keys
@rule("CAL-3")
def test_a_second_announcement_before_the_answer_is_heard_alone(call):
    call.is_dialled()
    call.gets_early_media_from_the_peer()
    call.carries_audio_to_the_handset()
    call.gets_early_media_from_the_peer()
    call.carries_nothing_but_the_peer()


@feature("prack")
@keys
@rule("CAL-3")
def test_ringing_that_asks_for_it_is_confirmed(call, rule):
    call.peer_insists_on_reliable_ringing(known=rule.expect["prack"])
    call.reaches_the_insisting_peer()
    call.confirms_the_reliable_ringing()
    call.judge(rule)
    call.is_answered_by_the_peer()
    call.keeps_to_the_rules()


@feature("ring-back")
@keys
def test_a_ringing_far_end_is_heard_and_shown(call):
    call.is_dialled()
    call.rings_at_the_peer()
    call.shows_ringing()
    call.gives_ring_back_tone()
    call.is_answered_by_the_peer()
    call.carries_nothing_but_the_peer()
    call.keeps_to_the_rules()


@feature("tones")
@keys
@settings
def test_ring_back_is_that_of_the_country_that_was_set(call, base):
    base.change("tones", "3")
    call.is_dialled()
    call.rings_at_the_peer()
    call.gives_ring_back_tone(country="3")


@feature("busy")
@keys
def test_a_busy_far_end_ends_the_call(call):
    call.is_dialled()
    call.is_refused_by_the_peer(486)
    call.shows_busy()
    call.keeps_to_the_rules()


@feature("far-reject")
@keys
def test_a_declining_far_end_ends_the_call(call):
    call.is_dialled()
    call.is_refused_by_the_peer(603)
    call.shows_rejected()
    call.handset_can_go_idle()
    call.keeps_to_the_rules()


@feature("no-answer")
def test_a_caller_who_gives_up_stops_the_ringing(call):
    call.arrives()
    call.rings()
    call.is_given_up_by_the_peer()
    call.stops_ringing()
    call.judge("CALL-CANCEL")
    call.keeps_to_the_rules()


@feature("cancel-status")
def test_a_call_that_was_given_up_ends_with_487(call):
    call.arrives()
    call.rings()
    call.is_given_up_by_the_peer()
    call.ends_as_cancelled()
    call.judge("CALL-CANCEL")
    call.keeps_to_the_rules()


@feature("answered-elsewhere-network")
@keys
@rule("CAL-10")
def test_a_call_taken_by_another_device_is_not_missed(call, rule):
    before = call.missed_calls()
    call.arrives()
    call.rings()
    call.is_given_up_by_the_peer(answered_elsewhere=True)
    call.stops_ringing()
    call.is_not_missed(before)
    call.judge(rule)
    call.keeps_to_the_rules()


@feature("ring-duration")
@settings
def test_ringing_ends_when_its_time_is_over(call, base):
    base.change("ring_duration", "3")
    call.arrives()
    call.rings()
    call.rings_for(3)
    call.judge("CALL-TIMEOUT")
    call.stops_ringing()
    call.keeps_to_the_rules()


@feature("cancel")
@keys
def test_hanging_up_before_the_answer_cancels_the_call(call):
    call.is_dialled()
    call.rings_at_the_peer()
    call.is_cancelled_by_the_handset()
    call.judge("CALL-CANCEL")
    call.keeps_to_the_rules()


@feature("cancel")
@keys
@pytest.mark.needs("steerable_pbx")
def test_an_attempt_given_up_unanswered_is_cancelled_when_an_answer_comes(call):
    call.server_goes_away()
    call.dials()
    call.is_given_up_unanswered()
    call.is_cancelled_once_the_server_hears()
    call.keeps_to_the_rules()


@feature("far-hang-up", "application-log")
@keys
def test_a_far_hang_up_frees_the_handset(call):
    call.established("incoming")
    call.is_hung_up_by_the_peer()
    call.handset_can_go_idle()
    call.stays_over()
    call.judge("CALL-BYE")
    call.judge("CALL-RELEASE")
    call.judge("RTP-STOP")
    call.keeps_to_the_rules()
    call.keeps_to_the_rules_of_media()


@feature("hangup")
@keys
def test_a_near_hang_up_ends_the_dialog(call):
    call.established("incoming")
    call.is_hung_up_by_the_handset()
    call.handset_can_go_idle()
    call.stays_over()
    call.judge("CALL-BYE")
    call.judge("CALL-RELEASE")
    call.judge("RTP-STOP")
    call.keeps_to_the_rules()
    call.keeps_to_the_rules_of_media()


@feature("reject")
@keys
@rule("CAL-8")
def test_rejecting_answers_with_the_configured_status_line(call, rule):
    call.arrives()
    call.rings()
    call.is_rejected_by_the_handset()
    call.judge(rule)
    call.keeps_to_the_rules()


@feature("dnd")
@settings
@rule("CAL-8")
def test_do_not_disturb_answers_with_the_configured_status_line(call, base, rule):
    base.change("user_dnd", "on", idx=call.identity)
    call.arrives()
    call.is_refused_by_the_base()
    call.judge(rule)
    call.keeps_to_the_rules()
