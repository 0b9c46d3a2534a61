"""How an identity registers: the shape of the request, the answer to a challenge, expiry and loss."""

import pytest

from harness.plugin.marks import rule

feature = pytest.mark.feature
pytestmark = [pytest.mark.stimulus("settings"), pytest.mark.profile_sensitive]


@feature("registration")
@pytest.mark.smoke
@rule("REG-4")
def test_the_contact_names_line_instance_and_reg_id(registration, rule):
    request = registration.anew(identity=1)
    registration.contact_has(request, rule.expect["uri_parameters"], rule.expect["header_parameters"])
    registration.is_bound_at_the_server()


@feature("registration-shape")
@rule("REG-6")
def test_supported_tags_are_harmless_and_nothing_is_required(registration, rule):
    request = registration.anew(identity=1)
    registration.header_is(request, "Supported", rule.expect["supported"])
    registration.header_is_absent(request, "Require")


@feature("user-agent")
def test_the_request_names_product_and_version(registration):
    request = registration.anew(identity=1)
    registration.names_the_product(request)


@feature("digest")
@rule("REG-2")
def test_a_challenge_is_answered_once_and_correctly(registration, rule):
    registration.anew(identity=1)
    registration.answered_the_challenge(scheme=rule.expect["scheme"])
    registration.raised_cseq_by_one()


@feature("stale-nonce")
@rule("REG-2")
def test_a_stale_nonce_means_one_more_try(registration, pbx):
    registration.server_makes_nonces_stale()
    registration.anew(identity=1)
    registration.is_bound_at_the_server()


@feature("min-expires")
@rule("REG-8")
def test_the_shortest_time_of_the_server_is_obeyed(registration):
    registration.server_wants_at_least(600)
    registration.anew(identity=1, expires=60)
    registration.asked_again_with_at_least(600)


@feature("registration-refresh")
@rule("REG-8")
def test_a_binding_is_refreshed_before_it_ends(registration):
    registration.server_grants(12)
    registration.anew(identity=1)
    registration.is_refreshed_before(12)


@feature("de-register")
@rule("REG-8")
def test_switching_an_identity_off_removes_its_binding(registration):
    registration.anew(identity=1)
    registration.switch_off(identity=1)
    registration.unbinds(identity=1)


@feature("nine-identities")
@rule("REG-4")
def test_nine_identities_register_with_nine_lines(registration):
    registration.all_nine()
    registration.lines_differ()


@feature("instance-id")
@pytest.mark.reboots
@pytest.mark.needs("power")
@rule("REG-4")
def test_the_instance_is_the_same_after_a_power_cut(registration, boot):
    before = registration.anew(identity=1)
    boot.power_cycle()
    after = registration.next_request(identity=1)
    registration.same_instance(before, after)


@feature("sip-tcp")
@rule("REG-1")
def test_an_outbound_proxy_with_tcp_is_reached_over_tcp(registration):
    request = registration.anew(identity=1, transport="tcp")
    registration.went_over(request, "TCP")
    registration.is_bound_at_the_server()


@feature("ipv6")
@pytest.mark.needs("ipv6")
def test_a_server_with_an_ipv6_address_is_reached_over_ipv6(registration):
    request = registration.anew(identity=1, family="ipv6")
    registration.carries_ipv6_addresses(request)
    registration.is_bound_at_the_server()


@feature("wrong-password")
def test_a_wrong_password_is_not_tried_for_ever(registration):
    registration.with_wrong_password(identity=1)
    registration.gives_up_after_few(identity=1, at_most=4)
    registration.page_shows_failure(identity=1)


@feature("registration-recovery")
def test_a_server_that_comes_back_is_registered_with_again(registration):
    registration.server_goes_away()
    registration.asks_in_vain(identity=1)
    registration.server_comes_back()
    registration.is_bound_at_the_server()


@feature("options-ping")
@pytest.mark.stimulus("server")
@rule("REG-9")
def test_a_ping_of_the_server_is_answered_at_once(registration, rule):
    registration.server_pings(identity=1)
    registration.base_answers_ping(within=rule.expect["within"])


@feature("rport")
def test_requests_ask_for_replies_to_their_source_port(registration):
    request = registration.anew(identity=1)
    registration.via_has_rport(request)


@feature("retransmission")
def test_an_answered_request_is_not_sent_again(registration):
    registration.anew(identity=1)
    registration.sent_nothing_twice()
