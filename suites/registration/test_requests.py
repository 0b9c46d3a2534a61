"""What the server asks of a registered identity outside calls: pings, notices of the mailbox, a new fetch."""

import pytest

from harness.plugin.marks import rule

feature = pytest.mark.feature
settings = pytest.mark.stimulus("settings")
sensitive = pytest.mark.profile_sensitive
pytestmark = [pytest.mark.stimulus("server")]


@feature("options-ping")
@rule("REG-9")
@pytest.mark.needs("steerable_pbx")
def test_a_ping_of_the_server_is_answered_at_once(registration, rule):
    registration.server.ping(identity=1)
    registration.notify.expect_answer("OPTIONS", within=rule.expect["within"])
    registration.judge(rule, "SIP-OPTIONS")


@feature("options-ping")
@pytest.mark.needs(identities=9)
@rule("REG-9")
@pytest.mark.needs("steerable_pbx")
def test_a_ping_of_the_ninth_identity_is_answered_too(registration, rule):
    registration.server.ping(identity=9)
    registration.notify.expect_answer("OPTIONS", within=rule.expect["within"])
    registration.judge(rule, "SIP-OPTIONS")


@feature("sip-robustness")
@rule("REG-9")
@pytest.mark.needs("steerable_pbx")
def test_what_is_no_sip_does_not_disturb_the_base(registration, rule):
    registration.server.send_garbage(identity=1)
    registration.server.ping(identity=1)
    registration.notify.expect_answer("OPTIONS", within=rule.expect["within"])
    registration.judge(rule, "SIP-OPTIONS")


@sensitive
@feature("sip-robustness")
@rule("SIP-UNKNOWN-EVENT")
@pytest.mark.needs("steerable_pbx")
def test_a_notice_of_an_unknown_event_is_refused(registration, rule):
    registration.server.tell_of_an_unknown_event(identity=1)
    registration.notify.expect_answer("NOTIFY")
    registration.judge(rule, "SIP-NOTIFY")


@feature("message-waiting", "mwi-unsolicited")
@rule("MWI-SHOWN")
@pytest.mark.needs("steerable_pbx")
def test_an_unasked_notice_of_the_mailbox_reaches_the_handset(registration, rule):
    registration.server.tell_of_messages(identity=1, new=2)
    registration.notify.expect_answer("NOTIFY")
    registration.read.messages(handset=1, waiting=True)
    registration.judge(rule, "MWI-UNSOLICITED")
    registration.server.tell_of_messages(identity=1, new=0)
    registration.notify.expect_answer("NOTIFY")
    registration.read.messages(handset=1, waiting=False)
    registration.judge(rule, "MWI-UNSOLICITED")


@sensitive
@feature("message-waiting", "mwi-unsolicited")
@rule("MWI-SHOWN")
@pytest.mark.needs(handsets=2, identities=2)
@pytest.mark.needs("steerable_pbx")
def test_a_notice_is_for_the_handset_of_its_identity(registration, rule):
    registration.server.tell_of_messages(identity=2, new=1)
    registration.notify.expect_answer("NOTIFY")
    registration.read.messages(handset=2, waiting=True)
    registration.read.messages(handset=1, waiting=False)
    registration.judge(rule)
    registration.server.tell_of_messages(identity=2, new=0, old=3)
    registration.notify.expect_answer("NOTIFY")
    registration.read.messages(handset=2, waiting=False)
    registration.judge(rule)


@feature("message-waiting", "mwi-unsolicited")
@settings
@rule("MWI-SHOWN")
@pytest.mark.needs(handsets=2, identities=2)
@pytest.mark.needs("steerable_pbx")
def test_a_handset_of_two_identities_shows_the_mailbox_of_the_second_too(registration, rule):
    registration.base.bind_to(identity=2, handset=1)
    registration.server.tell_of_messages(identity=2, new=1)
    registration.notify.expect_answer("NOTIFY")
    registration.read.messages(handset=1, waiting=True)
    registration.judge(rule)
    registration.server.tell_of_messages(identity=2, new=0)
    registration.notify.expect_answer("NOTIFY")
    registration.read.messages(handset=1, waiting=False)
    registration.judge(rule)


@feature("message-waiting", "mwi-unsolicited")
@rule("MWI-SHOWN")
@pytest.mark.needs("steerable_pbx")
def test_a_notice_without_counts_and_in_other_letters_is_understood(registration, rule):
    registration.server.tell(1, "Message-Account: sip:voicemail@m9.test", "messages-waiting: YES")
    registration.notify.expect_answer("NOTIFY")
    registration.read.messages(handset=1, waiting=True)
    registration.judge(rule)
    registration.server.tell(1, "MESSAGES-WAITING:no")
    registration.notify.expect_answer("NOTIFY")
    registration.read.messages(handset=1, waiting=False)
    registration.judge(rule)


@feature("check-sync")
@rule("CHECK-SYNC")
@pytest.mark.needs("steerable_pbx")
def test_check_sync_is_not_obeyed_unless_it_is_allowed(registration, rule):
    registration.server.ask_for_a_new_fetch(identity=1)
    registration.notify.expect_answer("NOTIFY")
    registration.wait_after_notice(4)
    registration.judge(rule)


@feature("check-sync")
@settings
@pytest.mark.parametrize("event", ["check-sync;reboot=false", "check-sync"])
@rule("CHECK-SYNC")
@pytest.mark.needs("steerable_pbx")
def test_check_sync_is_obeyed_where_it_is_allowed(registration, base, event, rule):
    base.change("allow_check_sync", "on", reboot=False)
    registration.server.ask_for_a_new_fetch(identity=1, event=event)
    registration.notify.expect_answer("NOTIFY")
    registration.notify.expect_fetch()
    registration.judge(rule)


@feature("check-sync")
@settings
@rule("CHECK-SYNC")
@pytest.mark.needs("steerable_pbx")
def test_check_sync_without_a_reboot_restarts_nothing(registration, base, rule):
    base.change("allow_check_sync", "on", reboot=False)
    registration.server.ask_for_a_new_fetch(identity=1, event="check-sync;reboot=false")
    registration.notify.expect_fetch()
    registration.wait_after_notice(8)
    registration.judge(rule)


@feature("check-sync")
@settings
@pytest.mark.stimulus("keys")
@rule("CHECK-SYNC")
@pytest.mark.needs("steerable_pbx", "audio", "dhcp")
@pytest.mark.reboots
def test_a_restart_that_the_server_asks_for_waits_for_the_end_of_a_call(registration, call, base, rule):
    base.change("allow_check_sync", "on", reboot=False)
    call.establish("incoming")
    registration.server.ask_for_a_new_fetch(identity=1, event="check-sync;reboot=true")
    registration.notify.expect_answer("NOTIFY")
    registration.wait_after_notice(3)
    with call.both_talking():
        call.media.expect_both_ways()
    call.handset.hang_up()
    call.expect.released_by("base")
    registration.notify.expect_restart()
    registration.judge(rule)
