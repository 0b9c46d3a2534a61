"""SIP over TLS with a server that the base trusts: registration, calls, one connection for all of it."""

import pytest

from harness.plugin.marks import rule

feature = pytest.mark.feature
settings = pytest.mark.stimulus("settings")
pytestmark = [pytest.mark.needs("tls_pbx", "dhcp", "power", "certificates"), pytest.mark.reboots]


@feature("sip-tls")
@settings
@rule("REG-1")
def test_an_outbound_proxy_with_tls_is_reached_over_tls(security, registration, rule):
    security.trust_the_harness()
    registration.base.register(identity=1, transport="tls")
    registration.expect.bound()
    registration.judge(rule, "SIP-TRANSPORT", "TLS-ONLY", "TLS-CONTACT", "TLS-REUSE")


@feature("custom-ca")
@settings
@rule("TLS-ONLY")
def test_a_root_that_the_base_was_given_makes_its_servers_trusted(security, registration, rule):
    security.trust_the_harness()
    registration.base.register(identity=1, transport="tls")
    registration.expect.bound()
    security.judge(rule)


@feature("ca-overview")
@settings
def test_the_status_page_lists_the_root_that_the_base_was_given(security):
    security.trust_the_harness()
    security.expect_root_shown()


@feature("sip-tls")
@settings
@pytest.mark.stimulus("keys")
@rule("TLS-ONLY")
def test_a_call_to_a_far_end_stays_on_the_connection(security, registration, call, rule):
    security.trust_the_harness()
    registration.base.register(identity=call.identity, transport="tls")
    registration.expect.bound()
    call.establish("outgoing")
    call.handset.hang_up()
    call.expect.released_by("base")
    security.judge(rule, "TLS-CONTACT", "TLS-REUSE")


@feature("sip-tls")
@settings
@pytest.mark.stimulus("keys", "far_end")
@rule("TLS-CONTACT")
def test_a_call_from_a_far_end_is_answered_and_ended_over_tls(security, registration, call, rule):
    security.trust_the_harness()
    registration.base.register(identity=call.identity, transport="tls")
    registration.expect.bound()
    call.establish("incoming")
    call.handset.hang_up()
    call.expect.released_by("base")
    security.judge(rule, "TLS-ONLY", "TLS-REUSE")
