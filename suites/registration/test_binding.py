"""How long a binding lives: the time asked for and granted, refresh, refusals, loss and end."""

import pytest

from harness.plugin.marks import rule

feature = pytest.mark.feature
sensitive = pytest.mark.profile_sensitive
pytestmark = [pytest.mark.stimulus("settings")]


@feature("min-expires")
@rule("REG-8")
@pytest.mark.needs("steerable_pbx")
def test_the_shortest_time_of_the_server_is_obeyed(registration, rule):
    registration.server.require_at_least(600)
    registration.base.register(identity=1, user_expiry="60")
    registration.require.refusal(423)
    registration.expect.another_request()
    registration.expect.bound()
    registration.judge(rule, "REG-CSEQ")


@feature("registration-expiry")
@rule("REG-8")
@pytest.mark.needs("steerable_pbx")
def test_the_time_that_was_set_is_asked_for_and_the_granted_one_obeyed(registration, rule):
    registration.server.grant(6)
    registration.base.register(identity=1, user_expiry="180")
    registration.expect.refreshed()
    registration.judge(rule)


@sensitive
@feature("registration-expiry")
@rule("REG-8")
@pytest.mark.needs("steerable_pbx")
def test_the_time_of_the_own_binding_counts_and_not_that_of_another(registration, rule):
    registration.server.grant(6)
    registration.server.list_another_phone_first()
    registration.base.register(identity=1)
    registration.require.two_bindings()
    registration.expect.refreshed()
    registration.judge(rule)


@sensitive
@feature("registration-refresh")
@rule("REG-8")
@pytest.mark.needs("steerable_pbx")
def test_a_binding_is_refreshed_before_it_ends(registration, rule):
    registration.server.grant(5)
    registration.base.register(identity=1)
    registration.expect.refreshed()
    registration.expect.refreshed()
    registration.judge(rule, "REG-CONTACT", "REG-CALL-ID", "REG-CSEQ", "REG-REFRESH")


@sensitive
@feature("de-register")
@rule("REG-SIGN-OUT")
def test_switching_an_identity_off_removes_its_binding(registration, rule):
    registration.base.register(identity=1)
    registration.expect.bound()
    registration.base.switch_off(identity=1)
    registration.expect.unbound()
    registration.judge(rule)


@feature("de-register")
@rule("REG-SIGN-OUT")
@pytest.mark.needs("steerable_pbx")
def test_an_identity_that_is_switched_off_stays_away(registration, rule):
    registration.server.grant(4)
    registration.base.register(identity=1)
    registration.expect.bound()
    registration.base.switch_off(identity=1)
    registration.expect.unbound()
    registration.wait(5)
    registration.judge(rule)


@feature("retry-after")
@rule("REG-10")
@pytest.mark.needs("steerable_pbx")
def test_a_server_that_asks_for_a_pause_gets_it(registration, rule):
    registration.base.switch_off(identity=1)
    registration.expect.unbound()
    registration.server.refuse_service(pause=5)
    registration.base.switch_on(identity=1)
    registration.require.refusal()
    registration.server.come_back()
    registration.expect.another_request(timeout=25)
    registration.expect.bound()
    registration.judge(rule, "REG-CSEQ")


@feature("registration-recovery")
@rule("REG-RECOVERY")
@pytest.mark.needs("steerable_pbx")
def test_a_server_that_comes_back_is_registered_with_again(registration, rule):
    registration.base.switch_off(identity=1)
    registration.expect.unbound()
    registration.server.refuse_service()
    registration.base.switch_on(identity=1)
    registration.require.refusal()
    registration.wait(2)
    registration.server.come_back()
    registration.expect.bound(within=75)
    registration.judge(rule, "REG-REFUSED", "REG-CSEQ", "REG-CALL-ID")


@feature("registration-recovery")
@rule("REG-RECOVERY")
@pytest.mark.reboots
@pytest.mark.needs("steerable_pbx")
def test_a_server_that_was_silent_is_registered_with_again(registration, base, rule):
    base.change("retry_t1", "100")
    registration.base.switch_off(identity=1)
    registration.expect.unbound()
    registration.server.go_away()
    registration.base.switch_on(identity=1)
    registration.wait_for_timeout(t1=0.1)
    registration.server.come_back()
    registration.expect.bound(within=75)
    registration.judge(rule, "SIP-RETRANSMISSION", "REG-CSEQ")


@feature("registration-recovery", "wrong-password")
@rule("REG-REFUSED")
@pytest.mark.needs("steerable_pbx")
def test_an_identity_that_is_forbidden_does_not_insist(registration, rule):
    registration.base.switch_off(identity=1)
    registration.expect.unbound()
    registration.server.forbid()
    registration.base.switch_on(identity=1)
    registration.require.refusal(403)
    registration.wait(6)
    registration.judge(rule)
    registration.server.come_back()
    registration.base.register(identity=1)
    registration.expect.bound()


def leave_unanswered(registration, identity, repetitions):
    """The identity registers at a server that answers only after this many repetitions."""
    registration.base.switch_off(identity)
    registration.expect.unbound()
    registration.server.go_away()
    registration.base.switch_on(identity)
    registration.expect.repetitions(repetitions)
    registration.server.come_back()
    registration.expect.bound()


@feature("retransmission")
@rule("SIP-RETRANSMISSION")
@pytest.mark.needs("steerable_pbx")
def test_an_unanswered_request_is_repeated_at_doubling_intervals(registration, rule):
    leave_unanswered(registration, identity=1, repetitions=2)
    registration.judge(rule)


@feature("retransmission")
@rule("SIP-RETRANSMISSION")
@pytest.mark.reboots
@pytest.mark.needs("steerable_pbx")
def test_the_first_interval_is_the_one_that_was_set(registration, base, rule):
    base.change("retry_t1", "200")
    leave_unanswered(registration, identity=1, repetitions=2)
    registration.judge(rule)


@feature("retransmission")
@rule("SIP-RETRANSMISSION")
def test_an_answered_request_is_not_sent_again(registration, rule):
    registration.base.register(identity=1)
    registration.expect.bound()
    registration.judge(rule)
