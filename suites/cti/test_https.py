"""Action URLs over HTTPS: told over TLS, to a server that the base trusts and to no other."""

import pytest

from harness.plugin.marks import rule

feature = pytest.mark.feature
stimulus = pytest.mark.stimulus
calls_in = stimulus("far_end", "server")
pytestmark = [
    stimulus("settings"),
    pytest.mark.needs("tls_pbx", "dhcp", "power", "certificates"),
    pytest.mark.reboots,
]
QUERY = "who=$remote&me=$local&call=$call-id&name=$display_remote&end=1"
STEPS = ("incoming", "off hook", "connected", "disconnected", "on hook")


@feature("action-url-https", "action-url-onhook")
@calls_in
@stimulus("keys")
def test_a_call_is_told_step_by_step_over_tls(security, secure_cti, call):
    security.trust_the_harness()
    secure_cti.set_on_page()
    call.establish("incoming")
    call.peer.hang_up()
    call.handset.go_idle()
    secure_cti.expect(*STEPS)
    secure_cti.judge("ACT-HTTPS", "ACT-TOLD", "ACT-ONLY")


@feature("action-url-https")
@calls_in
@pytest.mark.parametrize("name", ["Ann & Bob #1 = 100% +x"])
def test_variables_go_over_tls_as_they_go_in_clear(security, secure_cti, call, name):
    security.trust_the_harness()
    secure_cti.set_on_page("incoming", "missed", query=QUERY)
    call.is_missed(name)
    secure_cti.expect("incoming", "missed")
    secure_cti.judge("ACT-HTTPS", "ACT-VALUES", "ACT-TOLD")


@feature("action-url-https")
@rule("TLS-VERIFY")
@pytest.mark.parametrize(
    "fault", ["expired", "not yet valid", "wrong host", "unknown authority", "self-signed", "wrong purpose"]
)
def test_a_server_with_a_wrong_certificate_is_told_nothing(security, secure_cti, base, call, fault, rule):
    security.trust_the_harness()
    secure_cti.set_on_page("dnd on")
    security.show_certificate(fault)
    secure_cti.server_is_trusted(trusted=False)
    security.watch_https()
    base.change("user_dnd", "on", idx=call.identity)
    security.handshakes.require_the_certificate()
    security.judge(rule)


@feature("action-url-https")
@calls_in
@stimulus("keys")
def test_a_server_that_is_not_trusted_takes_nothing_from_the_others(security, secure_cti, cti, call):
    security.trust_the_harness()
    secure_cti.set_on_page("incoming", "off hook")
    cti.set_on_page("connected", "disconnected")
    security.show_certificate("unknown authority")
    secure_cti.server_is_trusted(trusted=False)
    security.watch_https()
    call.establish("incoming")
    call.peer.hang_up()
    call.handset.go_idle()
    security.handshakes.require_the_certificate()
    cti.expect_behind_another("connected", "disconnected")
    cti.judge("ACT-TOLD")


@feature("action-url-https")
@calls_in
def test_a_server_whose_certificate_was_renewed_is_told_of_the_next_call(security, secure_cti, call):
    security.trust_the_harness()
    secure_cti.set_on_page("incoming", "missed")
    security.show_certificate("expired")
    secure_cti.server_is_trusted(trusted=False)
    security.watch_https()
    call.is_missed()
    security.handshakes.require_the_certificate()
    security.show_certificate("")
    secure_cti.server_is_trusted(trusted=True)
    call.is_missed()
    secure_cti.expect("incoming", "missed")
    secure_cti.judge("ACT-HTTPS")


@feature("action-url-https")
@calls_in
def test_a_server_that_was_away_is_told_of_the_next_call_over_tls(security, secure_cti, call):
    security.trust_the_harness()
    secure_cti.set_on_page("incoming", "missed")
    secure_cti.server_goes_away()
    call.is_missed()
    secure_cti.server_comes_back()
    call.is_missed()
    secure_cti.expect("incoming", "missed")
    secure_cti.judge("ACT-HTTPS", "ACT-TOLD", "ACT-ONLY")
