"""How an identity proves who it is: digest, its nonces and counts, logins, and a password that is refused."""

import pytest

from harness.plugin.marks import rule

feature = pytest.mark.feature
sensitive = pytest.mark.profile_sensitive
pytestmark = [pytest.mark.stimulus("settings")]


@feature("digest")
@rule("REG-2")
def test_a_challenge_is_answered_once_and_correctly(registration, rule):
    registration.base.register(identity=1)
    registration.require.challenge()
    registration.expect.bound()
    registration.judge(rule, "SIP-DIGEST", "SIP-DIGEST-RESPONSE", "REG-CSEQ")


@feature("digest")
@rule("REG-2")
@pytest.mark.needs("steerable_pbx")
def test_a_challenge_that_can_be_answered_is_found_and_its_opaque_returned(registration, rule):
    registration.server.challenge_strangely()
    registration.base.register(identity=1)
    registration.require.strange_challenge()
    registration.expect.bound()
    registration.judge(rule, "SIP-DIGEST", "SIP-DIGEST-RESPONSE")


@sensitive
@feature("stale-nonce")
@rule("REG-2")
@pytest.mark.needs("steerable_pbx")
def test_a_stale_nonce_means_one_more_try(registration, rule):
    registration.base.switch_off(identity=1)
    registration.expect.unbound()
    registration.server.make_nonces_stale()
    registration.base.switch_on(identity=1)
    registration.require.stale_nonce()
    registration.expect.bound()
    registration.judge(rule, "REG-CSEQ")


@sensitive
@feature("credentials-reuse")
@rule("REG-2")
@pytest.mark.needs("steerable_pbx")
def test_a_refresh_is_signed_without_being_challenged_again(registration, rule):
    registration.server.grant(6)
    registration.base.register(identity=1)
    registration.require.challenge()
    registration.expect.refreshed()
    registration.judge(rule, "SIP-CREDENTIALS-KEPT", "SIP-DIGEST-RESPONSE")


@feature("digest-count")
@rule("REG-2")
@pytest.mark.needs("steerable_pbx")
def test_the_uses_of_a_protected_nonce_are_counted(registration, rule):
    registration.server.protect_nonces()
    registration.server.grant(6)
    registration.base.register(identity=1)
    registration.require.challenge("qop=")
    registration.expect.refreshed()
    registration.judge(rule, "SIP-NONCE-COUNT", "SIP-DIGEST", "SIP-DIGEST-RESPONSE")


@feature("digest-count")
@rule("REG-2")
@pytest.mark.needs("steerable_pbx")
@pytest.mark.slow
def test_a_nonce_serves_for_more_than_ten_uses(registration, rule):
    registration.server.protect_nonces()
    registration.server.grant(3)
    registration.base.register(identity=1)
    registration.require.challenge("qop=")
    registration.require.uses_of_a_nonce(uses=11)
    registration.judge(rule, "SIP-NONCE-COUNT")


@sensitive
@feature("authentication-name")
@rule("REG-2")
@pytest.mark.needs("steerable_pbx")
def test_the_authentication_name_is_the_login(registration, rule):
    registration.server.set_login(identity=1, login="door-4711")
    registration.base.register(identity=1, user_authname="door-4711")
    registration.require.challenge()
    registration.expect.bound()
    registration.judge(rule, "REG-3", "SIP-DIGEST-RESPONSE")


@feature("wrong-password")
@rule("REG-REFUSED-PASSWORD")
@pytest.mark.needs("steerable_pbx")
def test_a_wrong_password_is_not_tried_for_ever(registration, rule):
    registration.base.register(identity=1, user_pass="no-such-password")
    registration.require.refused_password()
    registration.wait(6)
    registration.read.binding(identity=1)
    registration.judge(rule, "REG-SHOWN")
