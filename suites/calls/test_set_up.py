"""Setting a call up and taking it down, from both sides."""

import pytest

feature = pytest.mark.feature
pytestmark = [pytest.mark.stimulus("keys", "far_end", "server"), pytest.mark.needs("audio")]


@feature("call-in")
@pytest.mark.smoke
def test_an_incoming_call_is_answered_and_carries_audio_both_ways(call):
    call.arrives()
    call.rings()
    call.is_answered_by_the_handset()
    call.carries_audio_both_ways()
    call.is_hung_up_by_the_peer()


@feature("call-out")
@pytest.mark.smoke
def test_a_dialled_call_is_answered_and_carries_audio_both_ways(call):
    call.is_dialled()
    call.is_answered_by_the_peer()
    call.carries_audio_both_ways()
    call.is_hung_up_by_the_handset()


@feature("two-way-audio")
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
def test_an_incoming_call_rings_the_handset_and_shows_the_caller(call):
    call.arrives()
    call.rings()
    call.shows_the_caller()
    call.is_answered_by_the_handset()


@feature("early-media")
def test_early_media_of_the_far_end_reaches_the_ear(call):
    call.is_dialled()
    call.gets_early_media_from_the_peer()
    call.carries_audio_to_the_handset()
    call.is_answered_by_the_peer()


@feature("ring-back")
def test_a_ringing_far_end_is_heard_and_shown(call):
    call.is_dialled()
    call.rings_at_the_peer()
    call.shows_ringing()
    call.gives_ring_back_tone()
    call.is_answered_by_the_peer()


@feature("busy")
def test_a_busy_far_end_ends_the_call(call):
    call.is_dialled()
    call.is_refused_by_the_peer(486)
    call.shows_busy()


@feature("far-reject")
def test_a_declining_far_end_ends_the_call(call):
    call.is_dialled()
    call.is_refused_by_the_peer(603)
    call.handset_can_go_idle()


@feature("no-answer")
def test_a_caller_who_gives_up_stops_the_ringing(call):
    call.arrives()
    call.rings()
    call.is_given_up_by_the_peer()
    call.stops_ringing()


@feature("cancel")
def test_hanging_up_before_the_answer_cancels_the_call(call):
    call.is_dialled()
    call.rings_at_the_peer()
    call.is_cancelled_by_the_handset()


@feature("far-hang-up")
def test_a_far_hang_up_frees_the_handset(call):
    call.established("incoming")
    call.is_hung_up_by_the_peer()
    call.handset_can_go_idle()


@feature("hangup")
def test_a_near_hang_up_ends_the_dialog(call):
    call.established("incoming")
    call.is_hung_up_by_the_handset()
    call.handset_can_go_idle()


@feature("reject")
def test_rejecting_answers_with_the_configured_status_line(call, base):
    call.arrives()
    call.rings()
    call.is_rejected_by_the_handset(status=486, reason="Busy Here")


@feature("dnd")
def test_do_not_disturb_answers_with_the_configured_status_line(call, base):
    base.change("user_dnd", "on", idx=call.identity)
    call.arrives()
    call.is_refused_by_the_base(status=480, reason="Do Not Disturb")
