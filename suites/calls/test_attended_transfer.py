"""Attended transfer from the handset: the far ends of its two calls are joined (RFC 5589 §7, RFC 3891)."""

import pytest

from harness.plugin.marks import rule

feature = pytest.mark.feature
audio = pytest.mark.needs("audio")
settings = pytest.mark.stimulus("settings")
SUBSCRIBED_S = 6.4
"""After this time without NOTIFY a subscription has failed: 64 times a T1 of 100 ms (RFC 6665 §4.1.2.4, timer N)."""
pytestmark = [pytest.mark.stimulus("keys", "far_end", "server")]


@feature("attended-transfer")
@rule("XFR-2")
def test_a_held_call_is_joined_with_a_consultation(attended, rule):
    attended.consult()
    attended.join()
    attended.held.judge(rule)
    attended.require_success()
    attended.require_far_ends_talk()


@feature("attended-transfer")
@rule("XFR-2")
def test_a_held_call_is_joined_with_one_that_came_in_meanwhile(attended, rule):
    attended.take_a_second_call()
    attended.join()
    attended.held.judge(rule)
    attended.require_success()
    attended.require_far_ends_talk()


@feature("attended-transfer")
@rule("XFR-3")
def test_the_handset_is_free_when_both_far_ends_talk(attended, rule):
    attended.consult()
    attended.join()
    attended.require_success()
    attended.expect_over()
    attended.held.judge(rule)
    attended.held.stay_over()
    for call in attended.both:
        call.judge("CALL-RELEASE")
    attended.held.judge("XFR-5")


@feature("attended-transfer")
@rule("XFR-3")
def test_the_base_ends_the_other_call_where_its_far_end_does_not(attended, rule):
    attended.consult()
    attended.other.server.lose_hanging_up()
    attended.join()
    attended.require_success()
    attended.other.expect.released_by("base")
    attended.held.judge(rule)
    attended.held.screen.is_transferred()


@feature("attended-transfer")
@rule("XFR-2")
def test_the_call_that_is_held_last_is_the_one_that_is_sent(attended, rule):
    attended.consult()
    attended.swap()
    attended.join()
    attended.held.judge(rule)
    attended.require_success()
    attended.require_far_ends_talk()


@feature("attended-transfer")
@rule("XFR-5")
@audio
@pytest.mark.parametrize("status", [486, 603])
def test_both_calls_are_there_when_the_target_refuses(attended, rule, status):
    attended.consult()
    attended.held.server.refuse_calls_of_far_ends(status)
    attended.join()
    attended.held.require.news_of_the_transfer(status)
    attended.held.screen.is_transfer_failed()
    attended.held.stay_over()
    attended.held.judge(rule)
    attended.expect_both_calls()


@feature("attended-transfer")
@rule("XFR-5")
@audio
@pytest.mark.parametrize("status", [403, 501, 603])
def test_both_calls_are_there_when_the_held_far_end_refuses_to_go(attended, rule, status):
    attended.consult()
    attended.held.transferee.refuse(status)
    attended.join()
    attended.held.screen.is_transfer_failed()
    attended.held.stay_over()
    attended.held.judge(rule)
    attended.expect_both_calls()


@feature("attended-transfer")
@settings
def test_a_transfer_of_which_nothing_is_told_has_failed(attended, base):
    base.change("retry_t1", "100")
    attended.consult()
    attended.held.server.lose_news_of_transfers()
    attended.join()
    attended.held.screen.is_transferring()
    attended.held.screen.is_transfer_failed(within=SUBSCRIBED_S)
    attended.held.expect.goes_on()


@feature("attended-transfer")
@rule("XFR-3")
def test_a_consultation_that_only_rings_is_given_up_and_its_number_called(attended, rule):
    attended.begin_to_consult()
    attended.other.peer.ring()
    attended.join()
    attended.held.judge(rule)
    attended.target.expect_call()
    attended.target.answer()
    attended.require_success()
    attended.held.expect.released_by_either()
    attended.held.screen.is_transferred()


@feature("attended-transfer")
@rule("XFR-3")
def test_who_hangs_up_while_two_are_joined_is_free_and_they_are_joined(attended, rule):
    attended.consult()
    attended.held.server.lose_news_of_transfers()
    attended.join()
    attended.hang_up()
    attended.held.server.lose_news_of_transfers(lost=False)
    attended.require_success()
    attended.require_far_ends_talk()
    for call in attended.both:
        call.expect.released_by_either()
    attended.held.screen.is_idle()
    attended.held.judge(rule)


@feature("transfer-on-hangup")
@rule("XFR-6")
def test_hanging_up_joins_the_two_calls(attended, rule):
    attended.consult()
    attended.join_by_hanging_up()
    attended.other.judge(rule)
    attended.held.judge("XFR-2")
    attended.require_success()
    attended.require_far_ends_talk()
    attended.expect_over()
    attended.held.judge("XFR-3")


@feature("transfer-on-hangup")
@rule("XFR-6")
@settings
def test_hanging_up_ends_one_call_where_the_setting_is_off(attended, base, rule):
    attended.consult()
    attended.join_by_hanging_up()
    attended.other.judge(rule)
    attended.require_success()
    attended.expect_over()
    base.change("user_transfer_on_hangup", "off", idx=attended.held.identity)
    attended.consult()
    attended.other.handset.hang_up()
    attended.other.expect.released_by("base")
    attended.held.stay_over()
    attended.other.judge(rule)
    attended.held.expect.goes_on()
    attended.expect_the_held_call_back()


@feature("transfer-on-hangup")
def test_hanging_up_gives_up_a_consultation_that_only_rings(attended):
    attended.begin_to_consult()
    attended.other.peer.ring()
    attended.other.handset.hang_up()
    attended.other.expect.cancelled()
    attended.held.expect.goes_on()
    attended.expect_the_held_call_back()


@feature("transfer-on-hangup")
@rule("XFR-6")
@audio
def test_the_held_call_comes_back_when_hanging_up_joins_nobody(attended, rule):
    attended.consult()
    attended.held.transferee.refuse(603)
    attended.join_by_hanging_up()
    attended.held.screen.is_transfer_failed()
    attended.other.expect.released_by("base")
    attended.held.stay_over()
    attended.held.judge(rule)
    attended.other.judge(rule)
    attended.held.judge("XFR-5")
    attended.expect_the_held_call_back()
