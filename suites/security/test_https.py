"""Provisioning over HTTPS: from a server that the base trusts, and from one that it must not trust."""

import pytest

from harness.plugin.marks import rule

feature = pytest.mark.feature
pytestmark = [
    pytest.mark.stimulus("settings"),
    pytest.mark.needs("tls_pbx", "dhcp", "power", "certificates"),
    pytest.mark.reboots,
]


@feature("https-provisioning")
@rule("PRV-GIVEN")
def test_settings_are_fetched_over_https_and_obeyed(security, boot, stored, rule):
    security.trust_the_harness()
    security.serve_over_https(("asset_id", "by HTTPS"))
    boot.power_cycle()
    boot.expect.ready()
    stored.expect_shown(asset_id="by HTTPS")
    boot.judge(rule)


@feature("server-verification")
@rule("TLS-VERIFY")
@pytest.mark.parametrize(
    "fault", ["expired", "not yet valid", "wrong host", "unknown authority", "self-signed", "wrong purpose"]
)
def test_settings_of_a_server_with_a_wrong_certificate_are_not_fetched(security, boot, fault, rule):
    security.trust_the_harness()
    security.show_certificate(fault)
    security.serve_over_https(("asset_id", "of a stranger"))
    boot.power_cycle()
    security.handshakes.require_the_certificate()
    security.judge(rule)
