"""How an identity proves who it is: digest, its nonces and counts, logins, and a password that is refused."""

import pytest

from harness.plugin.marks import rule

feature = pytest.mark.feature
pytestmark = [pytest.mark.stimulus("settings"), pytest.mark.profile_sensitive]


@feature("digest")
@rule("REG-2")
def test_a_challenge_is_answered_once_and_correctly(registration, rule):
    registration.anew(identity=1)
    registration.met_a_challenge()
    registration.is_bound()
    registration.judge(rule, "SIP-DIGEST", "SIP-DIGEST-RESPONSE", "REG-CSEQ")


@feature("digest")
@rule("REG-2")
@pytest.mark.needs("steerable_pbx")
def test_a_challenge_that_can_be_answered_is_found_and_its_opaque_returned(registration, rule):
    registration.server.challenges_strangely()
    registration.anew(identity=1)
    registration.met_a_strange_challenge()
    registration.is_bound()
    registration.judge(rule, "SIP-DIGEST", "SIP-DIGEST-RESPONSE")


@feature("stale-nonce")
@rule("REG-2")
@pytest.mark.needs("steerable_pbx")
def test_a_stale_nonce_means_one_more_try(registration, rule):
    registration.is_switched_off(identity=1)
    registration.unbinds()
    registration.server.makes_nonces_stale()
    registration.is_switched_on(identity=1)
    registration.was_told_of_a_stale_nonce()
    registration.is_bound()
    registration.judge(rule, "REG-CSEQ")


@feature("credentials-reuse")
@rule("REG-2")
@pytest.mark.needs("steerable_pbx")
def test_a_refresh_is_signed_without_being_challenged_again(registration, rule):
    registration.server.grants(6)
    registration.anew(identity=1)
    registration.met_a_challenge()
    registration.is_refreshed()
    registration.judge(rule, "SIP-CREDENTIALS-KEPT", "SIP-DIGEST-RESPONSE")


@feature("digest-count")
@rule("REG-2")
@pytest.mark.needs("steerable_pbx")
def test_the_uses_of_a_protected_nonce_are_counted(registration, rule):
    registration.server.protects_its_nonces()
    registration.server.grants(6)
    registration.anew(identity=1)
    registration.met_a_challenge("qop=")
    registration.is_refreshed()
    registration.judge(rule, "SIP-NONCE-COUNT", "SIP-DIGEST", "SIP-DIGEST-RESPONSE")


@feature("digest-count")
@rule("REG-2")
@pytest.mark.needs("steerable_pbx")
@pytest.mark.slow
def test_a_nonce_serves_for_more_than_ten_uses(registration, rule):
    registration.server.protects_its_nonces()
    registration.server.grants(3)
    registration.anew(identity=1)
    registration.met_a_challenge("qop=")
    registration.goes_on_with_the_nonce(uses=11)
    registration.judge(rule, "SIP-NONCE-COUNT")


@feature("authentication-name")
@rule("REG-2")
@pytest.mark.needs("steerable_pbx")
def test_the_authentication_name_is_the_login(registration, rule):
    registration.server.knows_the_login(identity=1, login="door-4711")
    registration.anew(identity=1, user_authname="door-4711")
    registration.met_a_challenge()
    registration.is_bound()
    registration.judge(rule, "REG-3", "SIP-DIGEST-RESPONSE")


@feature("wrong-password")
@rule("REG-REFUSED-PASSWORD")
@pytest.mark.needs("steerable_pbx")
def test_a_wrong_password_is_not_tried_for_ever(registration, rule):
    registration.anew(identity=1, user_pass="no-such-password")
    registration.was_refused_its_password()
    registration.time_passes(6)
    registration.looks_at_the_binding(identity=1)
    registration.judge(rule, "REG-SHOWN")
