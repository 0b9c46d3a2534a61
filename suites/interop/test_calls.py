"""Rows CAL and CID: calls are set up, changed, refused and forwarded as the platform does it, and name their caller."""

import pytest

from harness.plugin.marks import rule

feature = pytest.mark.feature
keys = pytest.mark.stimulus("keys")
settings = pytest.mark.stimulus("settings")
audio = pytest.mark.needs("audio")
pytestmark = [pytest.mark.interop, pytest.mark.stimulus("far_end", "server")]


@feature("call-out", "dial")
@keys
@rule("CAL-1")
def test_a_dialled_number_is_written_as_the_platform_reads_it(call, rule):
    call.handset.dial()
    call.peer.expect_call()
    call.judge(rule)


@feature("dial")
@keys
@pytest.mark.needs("own_pbx")
@rule("CAL-1")
def test_a_star_code_is_sent_as_it_was_dialled(call, rule):
    call.handset.dial("*43")
    call.judge(rule)


@feature("late-offer")
@keys
@audio
@rule("CAL-2")
def test_a_call_that_comes_without_an_offer_gets_one(call, rule):
    call.invite.offer_nothing()
    call.establish("incoming")
    with call.both_talking():
        call.media.expect_both_ways()
    call.judge(rule)


@feature("late-offer")
@keys
@audio
@rule("CAL-2")
def test_media_are_moved_by_an_offer_that_the_base_makes(call, rule):
    call.establish("incoming")
    call.peer.offer_nothing()
    call.judge(rule)
    with call.both_talking():
        call.media.expect_both_ways()


@feature("early-media", "prack")
@keys
@audio
@rule("CAL-3")
def test_reliable_ringing_is_confirmed_and_an_announcement_heard(call, rule):
    call.peer.insist_on_reliable_ringing()
    call.require.reliable_ringing(known=rule.expect["prack"])
    call.handset.dial()
    call.peer.expect_call(needs="Supported: 100rel")
    call.peer.ring_reliably()
    call.signalling.expect_prack()
    call.peer.announce()
    with call.peer.talking():
        call.media.expect_the_peer_alone()
    call.judge(rule)


@feature("forking")
@keys
@audio
@pytest.mark.needs("steerable_pbx")
@rule("CAL-4")
def test_of_several_that_ring_the_one_that_answers_is_talked_to(forked_call, rule):
    forked_call.handset.dial()
    forked_call.far_ends.ring()
    forked_call.far_ends.answer("second")
    with forked_call.both_talking():
        forked_call.media.expect_both_ways()
    forked_call.judge(rule)


@feature("session-timer")
@keys
@rule("CAL-5")
def test_the_session_timer_of_the_platform_is_granted(call, rule):
    call.invite.want_session_timer(**rule.stimulus)
    call.establish("incoming")
    call.judge(rule)


@feature("update")
@keys
@rule("CAL-6")
def test_an_update_is_accepted(call, rule):
    call.establish("incoming")
    call.peer.update()
    call.signalling.expect_answer_to("UPDATE")
    call.judge(rule)


@feature("sip-robustness")
@rule("CAL-7")
def test_what_the_platform_adds_to_an_invite_is_passed_over(call, rule):
    call.invite.add_headers(rule.stimulus["headers"])
    call.peer.call()
    call.expect.rings()
    call.judge(rule)


@feature("reject")
@keys
@rule("CAL-8")
def test_a_rejected_call_is_busy(call, rule):
    call.peer.call()
    call.expect.rings()
    call.handset.hang_up()
    call.expect.refused()
    call.judge(rule)


@feature("dnd")
@settings
@rule("CAL-8")
def test_who_is_not_to_be_disturbed_is_not_available(call, base, rule):
    base.change("user_dnd", "on", idx=call.identity)
    call.peer.call()
    call.expect.refused()
    call.judge(rule)


@feature("forward-always")
@settings
@rule("CAL-9")
def test_a_call_that_the_phone_forwards_is_sent_on_as_the_platform_follows_it(call, rule):
    call.forwarding.set_on_page("always", call.forwarding.number_of_peer(2))
    call.peer.call()
    call.expect.forwarded()
    call.judge(rule)


@feature("answered-elsewhere-network")
@keys
@rule("CAL-10")
def test_a_call_that_another_phone_took_is_not_missed(call, rule):
    before = call.handset.missed_calls()
    call.peer.call()
    call.expect.rings()
    call.peer.give_up(answered_elsewhere=True)
    call.expect.cancel_answered()
    call.screen.shows_no_missed_call()
    call.expect.not_missed(before, now=call.handset.missed_calls())
    call.judge(rule)


@feature("auto-answer")
@settings
@rule("CAL-11")
def test_a_call_answers_itself_only_where_the_identity_allows_it(call, base, rule):
    call.invite.ask_for_auto_answer(rule.stimulus["form"])
    base.change("allow_intercom_calls", "off", idx=call.identity)
    call.peer.call()
    call.expect.rings()
    call.stay_over()
    call.peer.give_up()
    call.expect.cancel_answered()
    call.judge(rule)
    base.change("allow_intercom_calls", "on", idx=call.identity)
    call.peer.call()
    call.expect.answered_by_itself()
    call.judge(rule)


@feature("ringing")
@rule("CAL-12")
def test_a_call_whose_ring_the_server_names_rings(call, rule):
    call.invite.add_headers(rule.stimulus["headers"])
    call.peer.call()
    call.expect.rings()
    call.judge(rule)


@feature("caller-id")
@pytest.mark.needs("steerable_pbx")
@rule("CID-1")
def test_the_handset_shows_whom_the_platform_asserts(call, rule):
    call.invite.name_caller_by(rule.stimulus["header"], "Anna Weber", "4711")
    call.peer.call()
    call.expect.rings()
    call.screen.shows("4711")
    call.judge(rule)


@feature("call-in")
@rule("CID-4")
def test_a_call_that_was_for_another_first_rings(call, rule):
    call.invite.add_headers(rule.stimulus["headers"])
    call.peer.call()
    call.expect.rings()
    call.judge(rule)


@feature("auto-answer")
@audio
@pytest.mark.profile("broadsoft", "snom_one")
@rule("CAL-13")
def test_the_server_has_a_call_answered_by_notify(call, rule):
    call.peer.call()
    call.expect.rings()
    call.peer.press_by_notify("talk")
    call.expect.answered_by_itself()
    with call.both_talking():
        call.media.expect_both_ways()
    call.judge(rule)


@feature("auto-answer")
@keys
@audio
@pytest.mark.profile("asterisk", "avaya", "cisco", "lync", "metaswitch", "netpbx", "telepo")
@rule("CAL-13")
def test_remote_control_that_the_platform_does_not_have_harms_no_call(call, rule):
    call.peer.call()
    call.expect.rings()
    call.peer.press_by_notify("talk")
    call.signalling.expect_answer_to("NOTIFY")
    call.stay_over()
    call.judge(rule)
    call.handset.answer()
    with call.both_talking():
        call.media.expect_both_ways()
