"""The subscription of an identity to its mailbox (RFC 3842), and what the lamp makes of it."""

import pytest

from harness.plugin.marks import rule

feature = pytest.mark.feature
pytestmark = [pytest.mark.stimulus("server", "settings"), pytest.mark.needs("steerable_pbx")]


@pytest.fixture
def mailbox(registration, rule):
    """The mailbox of identity 1, on a unit that subscribes to it."""
    registration.mailbox.require_subscriptions(made=rule.expect["subscribes"])
    return registration.mailbox


@feature("message-waiting")
@rule("MWI-1")
def test_a_mailbox_that_is_set_is_subscribed_to_and_its_messages_are_shown(registration, mailbox, rule):
    mailbox.set_up()
    mailbox.expect_subscribed()
    mailbox.fill(new=2)
    mailbox.expect_told()
    registration.read.messages(handset=1, waiting=True)
    registration.judge(rule, "MWI-SHOWN")
    mailbox.fill(new=0, old=2)
    registration.read.messages(handset=1, waiting=False)
    registration.judge(rule, "MWI-SHOWN")


@feature("message-waiting")
@rule("MWI-1")
@pytest.mark.parametrize("status", [489, 403])
def test_a_server_that_refuses_the_subscription_is_left_alone(registration, mailbox, rule, status):
    mailbox.refuse(status)
    mailbox.set_up()
    refused = mailbox.expect_refused(status)
    mailbox.wait_quietly(refused, rule.expect["quiet_s"])
    registration.judge(rule)


@feature("message-waiting")
@rule("MWI-1")
def test_a_subscription_is_refreshed_and_made_anew_when_the_server_has_lost_it(registration, mailbox, rule):
    mailbox.grant(10)
    mailbox.set_up()
    first = mailbox.expect_subscribed()
    mailbox.lose_subscription()
    mailbox.expect_anew(first, within=10)
    lost = mailbox.expect_refused(481)
    mailbox.expect_anew(lost, within=rule.expect["within_s"])
    registration.judge(rule)


@feature("message-waiting")
@rule("MWI-1")
@pytest.mark.needs("power")
@pytest.mark.reboots
@pytest.mark.parametrize(("before", "after"), [(0, 1), (1, 0)])
def test_after_a_restart_the_lamp_tells_what_is_in_the_box(registration, mailbox, boot, rule, before, after):
    mailbox.set_up()
    mailbox.expect_subscribed()
    mailbox.fill(new=before)
    registration.read.messages(handset=1, waiting=bool(before))
    boot.power_off()
    mailbox.fill(new=after)
    boot.power_on()
    boot.expect.ready()
    mailbox.expect_told()
    registration.read.messages(handset=1, waiting=bool(after))
    registration.judge(rule, "MWI-SHOWN")
