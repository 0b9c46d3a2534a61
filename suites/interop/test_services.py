"""Rows MWI and FEA: mailbox, presence, and what a server asks of a phone outside calls."""

import pytest

from harness.plugin.marks import rule

feature = pytest.mark.feature
settings = pytest.mark.stimulus("settings")
pytestmark = [pytest.mark.interop, pytest.mark.stimulus("server"), pytest.mark.needs("steerable_pbx")]


@feature("presence")
@settings
@rule("FEA-1")
def test_presence_is_published_only_to_a_platform_that_knows_it(registration, rule):
    registration.presence.switch_on()
    registration.presence.expect_online_where_known(known=rule.expect["publishes"])
    registration.judge(rule)


@feature("message-waiting", "mwi-unsolicited")
@rule("MWI-2")
def test_a_notice_of_the_mailbox_is_taken_in_the_form_of_the_platform(registration, rule):
    registration.server.tell_in_the_form_of(rule.stimulus, identity=1)
    registration.notify.expect_answer("NOTIFY")
    registration.read.messages(handset=1, waiting=True)
    registration.judge(rule)
    registration.server.tell(1, "Messages-Waiting: no")
    registration.notify.expect_answer("NOTIFY")
    registration.read.messages(handset=1, waiting=False)
    registration.judge(rule)


@feature("sip-robustness")
@rule("FEA-3")
def test_a_batched_notice_is_answered_only_where_no_platform_forbids_it(registration, rule):
    registration.server.notify_in_a_batch(identity=1)
    registration.notify.expect_answer_if_wanted("BENOTIFY", wanted=bool(rule.expect["answered"]))
    registration.judge(rule)


@feature("check-sync")
@settings
@rule("FEA-7")
def test_the_server_may_ask_for_new_settings_only_where_it_is_allowed(registration, base, rule):
    registration.server.ask_for_a_new_fetch(1, rule.stimulus["event"])
    registration.notify.expect_answer("NOTIFY")
    registration.wait_after_notice(3.5)
    registration.judge(rule)
    base.change("allow_check_sync", "on", reboot=False)
    registration.server.ask_for_a_new_fetch(1, "check-sync;reboot=false")
    registration.notify.expect_answer("NOTIFY")
    registration.notify.expect_fetch()
    registration.judge(rule)


@feature("sip-robustness")
@rule("FEA-8")
def test_what_only_the_platform_knows_is_refused_and_the_base_lives_on(registration, rule):
    registration.server.ask_what_only_a_platform_asks(rule.stimulus, identity=1)
    registration.notify.expect_answer(rule.stimulus["method"])
    registration.judge(rule)
    registration.server.ping(identity=1)
    registration.notify.expect_answer("OPTIONS")
    registration.judge(rule, "REG-9")


@feature("voicemail-key")
@settings
@pytest.mark.stimulus("keys", "far_end")
@rule("MWI-3")
def test_the_message_key_calls_the_mailbox_that_is_set(call, registration, base, rule):
    base.change("user_mailbox", call.peer.number, idx=call.identity)
    registration.server.tell_in_the_form_of(rule.stimulus, identity=1)
    registration.notify.expect_answer("NOTIFY")
    call.shortcuts.call_mailbox()
    call.peer.expect_call()
    call.judge(rule)
    registration.server.tell(1, "Messages-Waiting: no")
    registration.notify.expect_answer("NOTIFY")
