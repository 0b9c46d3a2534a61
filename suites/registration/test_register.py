"""How an identity registers: the shape of the request, the names in it, and the way it takes."""

import pytest

from harness.plugin.marks import rule

feature = pytest.mark.feature
pytestmark = [pytest.mark.profile_sensitive]
settings = pytest.mark.stimulus("settings")


@feature("registration")
@settings
@pytest.mark.smoke
@rule("REG-4")
def test_the_contact_names_line_instance_and_reg_id(registration, rule):
    request = registration.anew(identity=1)
    registration.contact_has(request, rule.expect["uri_parameters"], rule.expect["header_parameters"])
    registration.is_bound()


@feature("registration-shape")
@settings
@rule("REG-6")
def test_supported_tags_are_harmless_and_nothing_is_required(registration, rule):
    request = registration.anew(identity=1)
    registration.header_is(request, "Supported", rule.expect["supported"])
    registration.header_is_absent(request, "Require")


@feature("registration-shape")
@settings
@rule("REG-3")
def test_from_and_to_name_the_account_and_nothing_else(registration, rule):
    request = registration.anew(identity=1)
    registration.names_nothing_but_the_account(request, rule.expect["from_parameters"])
    registration.is_bound()


@feature("registration-shape")
@settings
@rule("REG-7")
def test_the_request_is_about_no_event(registration, rule):
    request = registration.anew(identity=1)
    for name in rule.expect["absent"]:
        registration.header_is_absent(request, name)


@feature("gruu")
@settings
@pytest.mark.stimulus("keys")
@rule("REG-5")
def test_no_gruu_is_used_that_the_server_did_not_give(registration, call, rule):
    request = registration.anew(identity=1)
    registration.was_given_no_gruu()
    registration.contact_is_without(request, rule.expect["contact_without"])
    registration.contact_is_without(call.is_dialled(), rule.expect["contact_without"])


@feature("registration-shape", "registration", "instance-id", "retransmission")
@settings
@rule("REG-4")
def test_each_request_is_formed_as_the_rfc_has_it(registration):
    request = registration.anew(identity=1)
    registration.is_well_formed(request)
    registration.is_bound()
    registration.branches_differ()


@feature("user-agent")
@settings
def test_the_request_names_product_and_version(registration):
    request = registration.anew(identity=1)
    registration.names_the_product(request)


@feature("display-name")
@pytest.mark.stimulus("keys")
def test_the_display_name_stands_in_from(registration, call):
    request = call.is_dialled()
    registration.shows_its_name(request, identity=1)


@feature("display-name")
@settings
def test_a_display_name_of_any_letters_arrives_whole(registration):
    request = registration.anew(identity=1, user_realname='Jörg, "R&D"')
    registration.is_called(request, 'Jörg, "R&D"')
    registration.is_bound()


@feature("display-name")
@settings
@pytest.mark.stimulus("keys")
def test_a_long_display_name_is_told_whole_in_a_call(registration, call):
    registration.anew(identity=1, user_realname="Annegret Schulze-Hohenlinden")
    registration.is_bound()
    registration.is_called(call.is_dialled(), "Annegret Schulze-Hohenlinden")


@feature("rport")
@settings
def test_requests_ask_for_replies_to_their_source_port(registration):
    request = registration.anew(identity=1)
    registration.via_has_rport(request)


@feature("sip-tcp")
@settings
@rule("REG-1")
@pytest.mark.needs("own_pbx")
def test_an_outbound_proxy_with_tcp_is_reached_over_tcp(registration):
    request = registration.anew(identity=1, transport="tcp")
    registration.went_over(request, "TCP")
    registration.is_bound()


@feature("outbound-proxy")
@settings
@pytest.mark.needs("own_pbx")
def test_requests_go_to_the_outbound_proxy_and_not_to_the_registrar(registration):
    request = registration.anew(identity=1, user_host="m9.example", transport="udp")
    registration.is_for(request, "m9.example")
    registration.went_to(request, registration.server.address)
    registration.is_bound()


@feature("dns-srv")
@settings
@pytest.mark.needs("dhcp")
@pytest.mark.needs("own_pbx")
def test_a_server_is_found_by_its_srv_record(registration, boot):
    boot.has_services("udp", "pbx4.m9.test:5060")
    request = registration.anew(identity=1, user_outbound=f"sip:{boot.service_domain}")
    registration.asked_for_the_service(boot.service_domain)
    registration.went_to(request, registration.server.address)
    registration.is_bound()


@feature("dns-srv")
@settings
@pytest.mark.needs("dhcp")
@pytest.mark.needs("own_pbx")
def test_the_preferred_server_of_a_set_is_asked_first(registration, boot):
    boot.has_services("udp", "pbx4.m9.test:5060", "harness.m9.test:5060", domain=boot.backed_up_domain)
    request = registration.anew(identity=1, user_outbound=f"sip:{boot.backed_up_domain}")
    registration.went_to(request, registration.server.address)
    registration.is_bound()


@feature("registration-failover", "dns-srv")
@settings
@pytest.mark.needs("dhcp")
@pytest.mark.needs("own_pbx")
def test_the_next_server_of_a_set_is_tried(registration, boot):
    boot.has_services("tcp", "harness.m9.test:5099", "pbx4.m9.test:5060")
    registration.anew(identity=1, user_outbound=f"sip:{boot.service_domain};transport=tcp")
    registration.asked_for_the_service(boot.service_domain)
    registration.is_bound()


@feature("ipv6")
@settings
@pytest.mark.needs("ipv6")
@pytest.mark.needs("own_pbx")
def test_a_server_with_an_ipv6_address_is_reached_over_ipv6(registration):
    request = registration.anew(identity=1, family="ipv6")
    registration.carries_ipv6_addresses(request)
    registration.is_bound()


@feature("ipv6")
@settings
@pytest.mark.stimulus("keys")
@pytest.mark.needs("ipv6")
@pytest.mark.needs("own_pbx")
def test_a_call_over_ipv6_is_described_with_ipv6_addresses(registration, call):
    registration.anew(identity=1, family="ipv6")
    registration.is_bound()
    offer = call.dials()
    call.describes_ipv6_addresses(offer)
    call.keeps_to_the_rules()


@feature("nine-identities")
@pytest.mark.needs("power", identities=9)
@pytest.mark.reboots
@rule("REG-4")
def test_nine_identities_register_with_nine_lines(registration, boot):
    boot.power_cycle()
    registration.all_are_bound()
    registration.lines_differ()


@feature("instance-id")
@settings
@pytest.mark.needs("power")
@pytest.mark.reboots
@rule("REG-4")
def test_the_instance_is_the_same_after_a_power_cut(registration, boot):
    before = registration.anew(identity=1)
    boot.power_cycle()
    after = registration.next_request(identity=1)
    registration.same_instance(before, after)
