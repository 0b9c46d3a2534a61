"""How long a binding lives: the time asked for and granted, refresh, refusals, loss and end."""

import pytest

from harness.plugin.marks import rule

feature = pytest.mark.feature
pytestmark = [pytest.mark.stimulus("settings"), pytest.mark.profile_sensitive]


@feature("min-expires")
@rule("REG-8")
@pytest.mark.needs("own_pbx")
def test_the_shortest_time_of_the_server_is_obeyed(registration):
    registration.server.wants_at_least(600)
    registration.anew(identity=1, user_expiry="60")
    registration.asked_again_with_at_least(600)


@feature("registration-expiry")
@rule("REG-8")
@pytest.mark.needs("own_pbx")
def test_the_time_that_was_set_is_asked_for_and_the_granted_one_obeyed(registration):
    registration.server.grants(6)
    request = registration.anew(identity=1, user_expiry="180")
    registration.asks_for(request, 180)
    registration.is_refreshed()


@feature("registration-expiry")
@rule("REG-8")
@pytest.mark.needs("own_pbx")
def test_the_time_of_the_own_binding_counts_and_not_that_of_another(registration):
    registration.server.grants(6)
    registration.server.lists_another_phone_first()
    registration.anew(identity=1)
    registration.is_one_of_two_bindings()
    registration.is_refreshed()


@feature("registration-refresh")
@rule("REG-8")
@pytest.mark.needs("own_pbx")
def test_a_binding_is_refreshed_before_it_ends(registration):
    registration.server.grants(5)
    first = registration.anew(identity=1)
    registration.is_refreshed_as_it_was(first, times=2)


@feature("de-register")
@rule("REG-8")
def test_switching_an_identity_off_removes_its_binding(registration):
    registration.anew(identity=1)
    registration.is_bound()
    registration.is_switched_off(identity=1)
    registration.unbinds()


@feature("de-register")
@rule("REG-8")
@pytest.mark.needs("own_pbx")
def test_an_identity_that_is_switched_off_stays_away(registration):
    registration.server.grants(4)
    registration.anew(identity=1)
    registration.is_bound()
    registration.is_switched_off(identity=1)
    registration.unbinds()
    registration.stays_away(5)


@feature("retry-after")
@rule("REG-10")
@pytest.mark.needs("own_pbx")
def test_a_server_that_asks_for_a_pause_gets_it(registration):
    registration.is_switched_off(identity=1)
    registration.unbinds()
    registration.server.is_out_of_service(pause=5)
    registration.is_switched_on(identity=1)
    registration.was_refused()
    registration.server.is_back()
    registration.waits(5)
    registration.is_bound()


@feature("registration-recovery")
@pytest.mark.needs("own_pbx")
def test_a_server_that_comes_back_is_registered_with_again(registration):
    registration.is_switched_off(identity=1)
    registration.unbinds()
    registration.server.is_out_of_service()
    registration.is_switched_on(identity=1)
    registration.was_refused()
    registration.does_not_insist(at_most=5, during=2)
    registration.server.is_back()
    registration.is_bound(within=75)


@feature("registration-recovery")
@pytest.mark.reboots
@pytest.mark.needs("own_pbx")
def test_a_server_that_was_silent_is_registered_with_again(registration, base):
    base.change("retry_t1", "100")
    registration.is_switched_off(identity=1)
    registration.unbinds()
    registration.server.goes_away()
    registration.is_switched_on(identity=1)
    registration.gave_up_waiting(t1=0.1)
    registration.server.is_back()
    registration.is_bound(within=75)


@feature("registration-recovery", "wrong-password")
@pytest.mark.needs("own_pbx")
def test_an_identity_that_is_forbidden_does_not_insist(registration):
    registration.is_switched_off(identity=1)
    registration.unbinds()
    registration.server.forbids()
    registration.is_switched_on(identity=1)
    registration.was_refused(403)
    registration.does_not_insist(at_most=2, during=5)
    registration.server.is_back()
    registration.anew(identity=1)
    registration.is_bound()


@feature("retransmission")
@pytest.mark.needs("own_pbx")
def test_an_unanswered_request_is_repeated_at_doubling_intervals(registration):
    registration.is_switched_off(identity=1)
    registration.unbinds()
    registration.server.goes_away()
    registration.is_switched_on(identity=1)
    registration.repeats_at_doubling_intervals(2)
    registration.server.is_back()
    registration.is_bound()


@feature("retransmission")
@pytest.mark.reboots
@pytest.mark.needs("own_pbx")
def test_the_first_interval_is_the_one_that_was_set(registration, base):
    base.change("retry_t1", "200")
    registration.is_switched_off(identity=1)
    registration.unbinds()
    registration.server.goes_away()
    registration.is_switched_on(identity=1)
    registration.repeats_at_doubling_intervals(2, t1=0.2)
    registration.server.is_back()
    registration.is_bound()


@feature("retransmission")
def test_an_answered_request_is_not_sent_again(registration):
    registration.anew(identity=1)
    registration.sent_nothing_twice()
