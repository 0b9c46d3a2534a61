"""Rows XFR: a call is transferred from the handset, and the platform reports how it goes."""

import pytest

from harness.plugin.marks import rule

feature = pytest.mark.feature
pytestmark = [
    pytest.mark.interop,
    pytest.mark.stimulus("keys", "far_end", "server"),
    pytest.mark.needs("audio"),
]


@feature("blind-transfer")
@rule("XFR-1", "XFR-3", "XFR-5")
def test_a_call_is_transferred_blindly(call, third, rule):
    call.establish("outgoing")
    call.handset.transfer_to(third.number)
    third.expect_call()
    third.ring()
    third.answer()
    call.require.news_of_the_transfer(200)
    call.expect.released_by_either()
    call.judge(rule)


@feature("attended-transfer")
@rule("XFR-2")
def test_two_calls_are_joined_after_a_consultation(attended, rule):
    attended.consult()
    attended.join()
    attended.require_success()
    attended.require_far_ends_talk()
    attended.held.judge(rule)


@feature("transferred")
@rule("XFR-4")
def test_another_far_end_takes_the_call_over(call, successor, rule):
    call.establish("incoming")
    successor.invite.take_over(call.state)
    successor.peer.call()
    successor.expect.answered_by_itself()
    with successor.both_talking():
        successor.media.expect_both_ways()
    successor.judge(rule)
