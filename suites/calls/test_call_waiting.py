"""A second call while one talks: its tone, and taking, refusing or ignoring it."""

import pytest

from harness.plugin.marks import rule

feature = pytest.mark.feature
settings = pytest.mark.stimulus("settings")
pytestmark = [pytest.mark.stimulus("keys", "far_end", "server")]
audio = pytest.mark.needs("audio")


@feature("call-waiting-tone")
@pytest.mark.needs("audio", handsets=2)
def test_the_waiting_tone_is_at_the_ear_of_the_talking_handset_alone(calls):
    talking, bystander = calls.establish(handset=1, peer=1), calls.establish(handset=2, peer=3)
    talking.waiting.require_quiet(talking)
    second = calls.incoming(handset=1, peer=2)
    second.expect.knocks()
    second.waiting.expect_tone(talking, bystander)


@feature("call-waiting-tone", "call-waiting")
@audio
def test_the_waiting_tone_ends_when_the_caller_gives_up(calls):
    talking = calls.establish(handset=1, peer=1)
    second = calls.incoming(handset=1, peer=2)
    second.expect.knocks()
    second.peer.give_up()
    second.expect.cancel_answered()
    talking.waiting.expect_no_tone(talking)
    talking.expect.goes_on()
    with talking.both_talking():
        talking.media.expect_both_ways()


@feature("call-waiting-tone")
@audio
def test_a_call_that_comes_while_the_only_one_is_held_is_heard(calls):
    first = calls.establish(handset=1, peer=1)
    first.handset.hold()
    second = calls.incoming(handset=1, peer=2)
    second.expect.knocks()
    second.peer.give_up()
    second.expect.cancel_answered()


@feature("call-waiting")
def test_a_waiting_call_is_shown_with_its_caller(calls):
    calls.establish(handset=1, peer=1)
    second = calls.incoming(handset=1, peer=2)
    second.expect.knocks()
    second.screen.shows_that_a_call_waits()
    second.peer.give_up()
    second.expect.cancel_answered()


@feature("call-waiting", "hold")
@rule("HLD-1")
@audio
def test_a_waiting_call_is_taken_and_the_first_is_held(calls, rule):
    first = calls.establish(handset=1, peer=1)
    second = calls.incoming(handset=1, peer=2)
    second.expect.knocks()
    second.handset.answer_waiting(first.state)
    first.judge(rule)
    second.judge("CALL-ANSWER")
    with second.both_talking():
        second.media.expect_both_ways()
    first.expect.goes_on()
    first.judge_signalling()
    second.judge_signalling()


@feature("call-waiting", "resume")
@rule("HLD-5")
@audio
def test_the_first_call_is_resumed_when_the_second_is_over(calls, rule):
    first = calls.establish(handset=1, peer=1)
    second = calls.incoming(handset=1, peer=2)
    second.expect.knocks()
    second.handset.answer_waiting(first.state)
    second.peer.hang_up()
    second.expect.released_by("peer")
    first.handset.resume()
    first.judge(rule)
    with first.both_talking():
        first.media.expect_both_ways()


@feature("call-waiting", "reject")
@rule("CAL-8")
@audio
def test_a_waiting_call_is_refused_with_a_key_and_the_first_goes_on(calls, rule):
    first = calls.establish(handset=1, peer=1)
    second = calls.incoming(handset=1, peer=2)
    second.expect.knocks()
    second.waiting.reject()
    second.expect.refused()
    second.judge(rule)
    first.expect.goes_on()
    with first.both_talking():
        first.media.expect_both_ways()


@feature("call-waiting", "call-list-missed")
def test_a_waiting_call_that_is_ignored_was_missed(calls, first_handset):
    first_handset.lists.look_at("missed")
    first = calls.establish(handset=1, peer=1)
    second = calls.incoming(handset=1, peer=2)
    second.expect.knocks()
    second.peer.give_up()
    second.expect.cancel_answered()
    first.handset.hang_up()
    first.expect.released_by("base")
    first_handset.lists.look_at("missed")
    first_handset.lists.expect_newest("missed", second.peer.number)


@feature("call-waiting")
@rule("CAL-8")
@audio
def test_a_third_call_is_busy_while_two_stand(calls, rule):
    first = calls.establish(handset=1, peer=1)
    second = calls.incoming(handset=1, peer=2)
    second.expect.knocks()
    second.handset.answer_waiting(first.state)
    third = calls.incoming(handset=1, peer=3)
    third.expect.refused_with(486)
    third.judge(rule)
    with second.both_talking():
        second.media.expect_both_ways()
    first.expect.goes_on()
