"""Rows REG: how the base registers at a platform, stays there, and is found there."""

import pytest

from harness.plugin.marks import rule

feature = pytest.mark.feature
steered = pytest.mark.needs("steerable_pbx")
pytestmark = [pytest.mark.interop, pytest.mark.stimulus("settings")]


@feature("registration-shape", "registration")
@rule("REG-1", "REG-2", "REG-3", "REG-4", "REG-6", "REG-7")
def test_the_registration_has_the_form_of_the_platform(registration, rule):
    registration.base.register(identity=1)
    registration.expect.bound()
    registration.judge(rule)


@feature("gruu")
@pytest.mark.stimulus("keys")
@rule("REG-5")
def test_calls_name_a_gruu_only_where_the_server_gave_one(registration, call, rule):
    registration.base.register(identity=1)
    registration.require.no_gruu()
    call.handset.dial()
    call.peer.expect_call()
    registration.judge(rule)


@feature("min-expires", "registration-expiry")
@steered
@rule("REG-8")
def test_a_longer_time_is_asked_for_where_the_server_wants_it_and_a_shorter_one_obeyed(registration, rule):
    registration.server.require_at_least(600)
    registration.base.register(identity=1, user_expiry="60")
    registration.require.refusal(423)
    registration.expect.another_request()
    registration.expect.bound()
    registration.judge(rule)
    registration.server.require_at_least(0)
    registration.server.grant(5)
    registration.base.register(identity=1)
    registration.expect.refreshed()
    registration.judge(rule)


@feature("options-ping")
@pytest.mark.stimulus("server")
@steered
@rule("REG-9")
def test_the_server_finds_the_base_alive(registration, rule):
    registration.server.ping(identity=1)
    registration.notify.expect_answer("OPTIONS", within=rule.expect["within"])
    registration.judge(rule)


@feature("retry-after")
@steered
@rule("REG-10")
def test_an_overloaded_server_is_given_time(registration, rule):
    registration.base.switch_off(identity=1)
    registration.expect.unbound()
    registration.server.refuse_service(pause=3)
    registration.base.switch_on(identity=1)
    registration.require.refusal()
    registration.server.come_back()
    registration.expect.another_request(timeout=25)
    registration.expect.bound()
    registration.judge(rule)


@feature("call-in", "identity-lines")
@pytest.mark.stimulus("far_end")
@pytest.mark.profile("asterisk")
@pytest.mark.needs("own_pbx")
@rule("REG-4")
def test_a_call_that_lost_its_line_finds_the_identity_by_its_user(call, rule):
    call.invite.lose_the_line()
    call.peer.call()
    call.expect.rings()
    call.judge(rule)
