"""Calls that the handset answers by itself: on request of the caller (intercom), and with auto connect."""

import pytest

from harness.plugin.marks import rule

feature = pytest.mark.feature
settings = pytest.mark.stimulus("settings")
pytestmark = [pytest.mark.stimulus("far_end", "server")]
audio = pytest.mark.needs("audio")
FORMS = ("Answer-Mode", "Call-Info", "Alert-Info")


@feature("auto-answer")
@rule("CAL-11")
@settings
@pytest.mark.parametrize("form", FORMS)
def test_a_call_that_asks_for_it_rings_where_it_is_not_allowed(call, base, form, rule):
    base.change("allow_intercom_calls", "off", idx=call.identity)
    call.invite.ask_for_auto_answer(form)
    call.peer.call()
    call.expect.rings()
    call.stay_over()
    call.judge(rule)
    call.peer.give_up()
    call.expect.cancel_answered()


@feature("auto-answer")
@rule("CAL-11")
@audio
@pytest.mark.parametrize("form", FORMS)
def test_a_call_that_asks_for_it_is_answered_by_itself(call, form, rule):
    call.invite.ask_for_auto_answer(form)
    call.peer.call()
    call.expect.answered_by_itself()
    call.judge(rule)
    with call.both_talking():
        call.media.expect_both_ways()
    call.peer.hang_up()
    call.expect.released_by("peer")
    call.handset.go_idle()
    call.screen.is_idle()


@feature("auto-answer")
@audio
def test_a_tone_warns_that_the_handset_has_answered_by_itself(call):
    call.invite.ask_for_auto_answer("Alert-Info")
    listening = call.handset.listen()
    call.peer.call()
    call.expect.answered_by_itself()
    call.expect.warned(listening)


@feature("auto-answer")
@rule("CAL-11")
def test_a_call_that_is_to_be_answered_later_rings_until_then(call, rule):
    call.invite.ask_for_auto_answer("Call-Info", seconds=2)
    call.peer.call()
    call.expect.rings()
    call.expect.answered_by_itself()
    call.judge(rule)


@feature("auto-answer", "dnd")
@rule("CAL-8")
@settings
def test_do_not_disturb_refuses_a_call_that_asks_to_be_answered(call, base, rule):
    base.change("user_dnd", "on", idx=call.identity)
    call.invite.ask_for_auto_answer("Answer-Mode")
    call.peer.call()
    call.expect.refused()
    call.judge(rule)


@feature("auto-answer", "call-waiting")
@rule("CAL-11")
@audio
@pytest.mark.stimulus("keys")
def test_nobody_is_put_through_into_a_call_that_talks(calls, rule):
    first = calls.establish(handset=1, peer=1)
    second = calls.to_peer(handset=1, peer=2)
    second.invite.ask_for_auto_answer("Alert-Info")
    second.peer.call()
    second.expect.knocks()
    second.stay_over()
    second.judge(rule)
    first.expect.goes_on()
    with first.both_talking():
        first.media.expect_both_ways()


@feature("auto-connect")
@rule("CAL-11")
@audio
@settings
def test_with_auto_connect_every_call_is_answered_by_itself(call, base, rule):
    base.change("user_auto_connect", "on", idx=call.identity)
    listening = call.handset.listen()
    call.peer.call()
    call.expect.answered_by_itself()
    call.expect.warned(listening)
    call.judge(rule)
    with call.both_talking():
        call.media.expect_both_ways()


@feature("auto-connect")
@rule("CAL-11")
@settings
@pytest.mark.needs(handsets=2, identities=2)
def test_auto_connect_of_one_identity_leaves_the_others_alone(calls, base, rule):
    ringing = calls.to_peer(handset=1, peer=1)
    base.change("user_auto_connect", "on", idx=calls.seen_from(handset=2).identity)
    ringing.peer.call()
    ringing.expect.rings()
    taken = calls.to_peer(handset=2, peer=2)
    taken.peer.call()
    taken.expect.answered_by_itself()
    taken.judge(rule)
    ringing.peer.give_up()
    ringing.expect.cancel_answered()


@feature("auto-connect")
@settings
def test_auto_connect_that_is_off_again_lets_calls_ring(call, base):
    base.change("user_auto_connect", "on", idx=call.identity)
    call.peer.call()
    call.expect.answered_by_itself()
    call.peer.hang_up()
    call.expect.released_by("peer")
    base.change("user_auto_connect", "off", idx=call.identity)
    call.peer.call()
    call.expect.rings()
    call.peer.give_up()
    call.expect.cancel_answered()
