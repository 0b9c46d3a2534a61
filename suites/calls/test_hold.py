"""Hold and resume from each side (RFC 3264 §8.4)."""

import pytest

from harness.plugin.marks import rule

feature = pytest.mark.feature
pytestmark = [pytest.mark.stimulus("keys", "far_end", "server"), pytest.mark.needs("audio")]


@feature("hold")
@rule("HLD-1")
def test_held_party_is_offered_what_the_platform_wants(call, rule):
    call.established("incoming")
    call.is_held_by_the_handset()
    call.judge(rule)
    call.keeps_to_the_rules()


@feature("hold")
@rule("HLD-4")
def test_nothing_of_the_room_is_heard_while_on_hold(call, rule):
    call.established("incoming")
    call.carries_audio_to_the_peer()
    call.is_held_by_the_handset()
    call.is_silent_towards_the_peer()
    call.judge(rule)


@feature("hold")
@rule("HLD-1")
def test_an_offer_of_the_far_end_does_not_lift_the_hold(call, rule):
    call.established("incoming")
    call.carries_audio_to_the_peer()
    call.is_held_by_the_handset()
    call.is_offered("sendrecv")
    call.judge(rule)
    call.is_silent_towards_the_peer()
    call.judge("HLD-4")
    call.keeps_to_the_rules()


@feature("resume")
@rule("HLD-5")
def test_a_resumed_call_is_offered_sendrecv_and_heard_again(call, rule):
    call.peer_offers("PCMA")
    call.established("incoming")
    call.carries_steady_audio()
    call.is_held_by_the_handset()
    call.is_resumed_by_the_handset()
    call.judge(rule)
    call.carries_steady_audio()
    call.shows_how_long_it_lasts()
    call.goes_on_as_before()
    call.judge("AFTER-DURATION")
    call.keeps_to_the_rules()
    call.keeps_to_the_rules_of_media()


@feature("hold-version")
@rule("HLD-5")
def test_each_change_of_the_session_raises_the_version_by_one(call, rule):
    call.established("incoming")
    call.is_held_by_the_handset()
    call.is_resumed_by_the_handset()
    call.judge(rule)
    call.keeps_to_the_rules()


@feature("remote-hold")
@rule("HLD-2")
def test_a_hold_of_the_far_end_is_answered_in_kind(call, rule):
    call.established("incoming")
    call.is_held_by_the_peer()
    call.judge(rule)
    call.keeps_to_the_rules()


@feature("remote-hold-media")
@rule("HLD-2")
def test_nothing_is_sent_to_a_far_end_that_holds(call, rule):
    call.established("incoming")
    call.carries_audio_to_the_peer()
    call.is_held_by_the_peer()
    call.talks_while_held()
    call.judge(rule)
    call.judge("RTP-STOP")


@feature("remote-hold", "resume")
def test_a_call_resumed_by_the_far_end_is_heard_again(call):
    call.established("outgoing")
    call.carries_steady_audio()
    call.is_held_by_the_peer()
    call.is_resumed_by_the_peer()
    call.carries_steady_audio()
    call.goes_on_as_before("AFTER-SOURCE", "AFTER-NUMBERS", "AFTER-LEVEL")
    call.keeps_to_the_rules()
    call.keeps_to_the_rules_of_media()


@feature("remote-hold")
@rule("HLD-2")
@pytest.mark.parametrize("direction", ["sendonly", "recvonly", "inactive", "sendrecv"])
def test_each_direction_of_an_offer_has_an_answer_that_fits(call, direction):
    call.established("incoming")
    call.is_offered(direction)
    call.judge("SDP-DIRECTION")
    call.keeps_to_the_rules()


@feature("remote-hold", "remote-hold-media")
@rule("HLD-3")
def test_the_old_form_of_hold_is_taken_as_hold(call, rule):
    call.established("incoming")
    call.carries_audio_to_the_peer()
    call.is_held_by_the_old_form()
    call.talks_while_held()
    call.judge(rule)
    call.is_resumed_from_the_old_form()
    call.carries_audio_both_ways()


@feature("hold", "resume", "remote-hold")
@rule("HLD-5")
def test_a_call_that_both_hold_stays_on_hold_until_both_have_resumed(call, rule):
    call.established("incoming")
    call.carries_audio_to_the_peer()
    call.is_held_by_the_handset()
    call.is_held_by_the_peer()
    call.is_resumed_by_the_peer()
    call.is_silent_towards_the_peer()
    call.is_resumed_by_the_handset()
    call.judge(rule)
    call.carries_audio_both_ways()
    call.keeps_to_the_rules()


@feature("resume", "remote-hold", "remote-hold-media")
@rule("HLD-5")
def test_a_call_resumed_here_first_waits_for_the_far_end(call, rule):
    call.established("incoming")
    call.carries_audio_to_the_peer()
    call.is_held_by_the_peer()
    call.is_held_by_the_handset()
    call.is_resumed_by_the_handset()
    call.judge(rule)
    call.talks_while_held()
    call.judge("RTP-STOP")
    call.is_resumed_by_the_peer()
    call.carries_audio_both_ways()
    call.keeps_to_the_rules()


@feature("music-on-hold")
def test_what_a_holding_far_end_plays_is_heard(call):
    call.established("incoming")
    call.is_held_by_the_peer()
    call.carries_audio_to_the_handset()
