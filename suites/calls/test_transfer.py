"""Blind transfer from the handset (RFC 3515, RFC 5589 §6)."""

import pytest

from harness.plugin.marks import rule

feature = pytest.mark.feature
pytestmark = [pytest.mark.stimulus("keys", "far_end", "server")]


@feature("blind-transfer")
@rule("XFR-1")
@pytest.mark.parametrize("direction", ["incoming", "outgoing"])
def test_a_transfer_sends_the_far_end_to_the_number(call, third, rule, direction):
    call.establish(direction)
    call.handset.transfer_to(third.number)
    call.judge(rule)
    third.expect_call()
    call.judge_signalling()


@feature("blind-transfer")
@rule("XFR-1")
def test_the_soft_key_transfers_too(call, third, rule):
    call.establish("incoming")
    call.handset.transfer_to(third.number, by="soft_key")
    call.judge(rule)
    third.expect_call()


@feature("blind-transfer")
@rule("HLD-1")
def test_the_far_end_is_on_hold_before_it_is_sent_elsewhere(call, third, rule):
    call.establish("incoming")
    call.handset.transfer_to(third.number)
    call.judge(rule)


@feature("blind-transfer")
@rule("XFR-1")
def test_a_call_that_is_on_hold_can_be_transferred(call, third, rule):
    call.establish("incoming")
    call.handset.hold()
    call.handset.transfer_to(third.number)
    call.judge(rule)
    third.expect_call()


@feature("blind-transfer")
@rule("XFR-3")
def test_the_handset_is_free_when_the_transfer_has_succeeded(call, third, rule):
    call.establish("incoming")
    call.handset.transfer_to(third.number)
    third.expect_call()
    third.answer()
    call.require.news_of_the_transfer(200)
    call.expect.released_by_either()
    call.judge(rule)
    call.screen.is_idle()
    call.stay_over()
    call.judge("CALL-RELEASE")
    call.judge("XFR-5")


@feature("blind-transfer")
@rule("XFR-3")
def test_the_call_is_kept_while_the_third_party_rings(call, third, rule):
    call.establish("incoming")
    call.handset.transfer_to(third.number)
    third.expect_call()
    third.ring()
    call.require.transfer_under_way()
    call.screen.is_transferring()
    call.expect.goes_on()
    third.answer()
    call.require.news_of_the_transfer(200)
    call.expect.released_by_either()
    call.judge(rule)


@feature("blind-transfer")
@rule("XFR-5")
@pytest.mark.needs("audio")
@pytest.mark.parametrize("status", [404, 486, 603])
def test_the_held_call_comes_back_when_the_third_party_refuses(call, third, rule, status):
    call.establish("incoming")
    call.handset.transfer_to(third.number)
    third.expect_call()
    third.refuse(status)
    call.require.news_of_the_transfer(status)
    _expect_the_call_back(call)
    call.judge(rule)


@feature("blind-transfer")
@rule("XFR-5")
@pytest.mark.needs("audio")
@pytest.mark.parametrize("status", [403, 501, 603])
def test_the_held_call_comes_back_when_the_far_end_refuses_to_go(call, third, rule, status):
    call.establish("incoming")
    call.transferee.refuse(status)
    call.handset.transfer_to(third.number)
    _expect_the_call_back(call)
    call.judge(rule)


@feature("blind-transfer")
def test_the_handset_is_free_when_the_far_end_leaves_by_itself(call, third):
    call.establish("incoming")
    call.handset.transfer_to(third.number)
    third.expect_call()
    call.peer.hang_up()
    call.expect.released_by("peer")
    call.screen.is_transferred()
    call.handset.go_idle()
    call.screen.is_idle()
    call.judge_end()


@feature("blind-transfer")
@rule("XFR-5")
def test_who_hangs_up_during_a_transfer_is_free_and_the_transfer_goes_on(call, third, rule):
    call.establish("incoming")
    call.handset.transfer_to(third.number)
    third.expect_call()
    call.require.transfer_under_way()
    call.handset.hang_up()
    call.expect.released_by("base")
    call.screen.is_idle()
    third.answer()
    call.require.news_of_the_transfer(200)
    call.judge(rule)


def _expect_the_call_back(call):
    """The display tells that the transfer failed; the held call is resumed, talks, and goes on."""
    call.screen.is_transfer_failed()
    call.handset.resume()
    with call.both_talking():
        call.media.expect_both_ways()
    call.stay_over()
