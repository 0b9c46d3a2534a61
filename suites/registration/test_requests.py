"""What the server asks of a registered identity outside calls: pings, notices of the mailbox, a new fetch."""

import pytest

from harness.plugin.marks import rule

feature = pytest.mark.feature
pytestmark = [pytest.mark.stimulus("server"), pytest.mark.profile_sensitive]


@feature("options-ping")
@rule("REG-9")
def test_a_ping_of_the_server_is_answered_at_once(registration, rule):
    registration.server.pings(identity=1)
    registration.answers_the_ping(within=rule.expect["within"])


@feature("message-waiting")
def test_an_unasked_notice_of_the_mailbox_reaches_the_handset(registration):
    registration.server.tells_of_messages(identity=1, new=2)
    registration.takes_the_notice(handset=1, messages=True)
    registration.server.tells_of_messages(identity=1, new=0)
    registration.takes_the_notice(handset=1, messages=False)


@feature("check-sync")
def test_check_sync_is_not_obeyed_unless_it_is_allowed(registration):
    registration.server.asks_for_a_new_fetch(identity=1)
    registration.fetches_nothing()


@feature("check-sync")
@pytest.mark.stimulus("settings")
def test_check_sync_is_obeyed_where_it_is_allowed(registration, base):
    base.change("allow_check_sync", "on", reboot=False)
    registration.server.asks_for_a_new_fetch(identity=1)
    registration.fetches_on_request()
