"""Calls between handsets of the base without a PBX, by star code and number of the handset."""

import pytest

feature = pytest.mark.feature
settings = pytest.mark.stimulus("settings")
pytestmark = [pytest.mark.stimulus("keys"), pytest.mark.needs(handsets=2), feature("intercom")]
audio = pytest.mark.needs("audio", handsets=2)


@audio
def test_a_handset_calls_another_and_both_hear_each_other(intercom):
    intercom.dial()
    intercom.expect_ringing()
    intercom.answer()
    intercom.expect_shown("talking", intercom.caller, intercom.called)
    with intercom.both_talking():
        intercom.expect_both_ways()


def test_no_server_is_asked_for_a_call_between_handsets(intercom):
    intercom.establish()
    intercom.judge_no_server_was_asked()


def test_both_displays_show_who_calls_whom(intercom):
    intercom.dial()
    intercom.expect_shown("ringing", intercom.caller)
    intercom.expect_shown("incoming", intercom.called)
    intercom.expect_number_shown()


@audio
def test_the_caller_hears_that_the_other_handset_rings(intercom):
    intercom.dial()
    intercom.expect_ringing()
    intercom.expect_ring_back()


@audio
@pytest.mark.needs("steerable_pbx", handsets=2)
def test_handsets_call_each_other_while_no_server_answers(intercom, call):
    call.server.go_away()
    intercom.establish()
    with intercom.both_talking():
        intercom.expect_both_ways()
    intercom.judge_no_server_was_asked()


@pytest.mark.parametrize("who", ["caller", "called"])
def test_hanging_up_at_either_end_frees_both(intercom, who):
    intercom.establish()
    intercom.hang_up(getattr(intercom, who))
    intercom.expect_over(intercom.caller, intercom.called)
    intercom.expect_idle(intercom.caller, intercom.called)
    intercom.dial()
    intercom.expect_ringing()


def test_a_caller_who_gives_up_ends_the_ringing(intercom):
    intercom.dial()
    intercom.expect_ringing()
    intercom.hang_up(intercom.caller)
    intercom.expect_ringing_end()
    intercom.expect_shown("missed", intercom.called)


def test_a_handset_that_does_not_want_the_call_is_told_to_the_caller(intercom):
    intercom.dial()
    intercom.expect_ringing()
    intercom.hang_up(intercom.called)
    intercom.expect_shown("rejected")


@audio
@pytest.mark.stimulus("far_end", "server")
def test_a_handset_in_a_call_is_busy_for_the_others(intercom, calls):
    outside = calls.establish(handset=2, peer=1)
    intercom.dial()
    intercom.expect_shown("busy")
    with outside.both_talking():
        outside.media.expect_both_ways()


@audio
@pytest.mark.stimulus("far_end", "server")
def test_a_call_from_outside_knocks_at_a_handset_that_talks_to_another(intercom, calls):
    intercom.establish()
    outside = calls.incoming(handset=2, peer=1)
    outside.expect.knocks()
    with intercom.both_talking():
        intercom.expect_both_ways()


def test_a_handset_that_is_off_cannot_be_reached(intercom):
    intercom.switch_called_off()
    intercom.dial()
    intercom.expect_not_reachable()


@settings
def test_a_handset_that_is_not_to_be_disturbed_does_not_ring(intercom, calls):
    calls.do_not_disturb(handset=2, on=True)
    intercom.dial()
    intercom.expect_shown("busy")
    intercom.expect_no_ringing()


@settings
def test_the_star_code_is_the_one_that_is_set(intercom):
    intercom.change_star_code("*77")
    intercom.dial()
    intercom.expect_ringing()
    intercom.judge_no_server_was_asked()


@pytest.mark.needs("audio", handsets=3)
def test_nobody_else_hears_two_handsets_that_talk(intercom, context):
    intercom.establish()
    with intercom.both_talking():
        intercom.expect_both_ways()
        intercom.expect_not_heard(context.handset(3))
