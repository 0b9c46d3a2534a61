"""How an identity registers: the shape of the request, the names in it, and the way it takes."""

import pytest

from harness.plugin.marks import rule

feature = pytest.mark.feature
sensitive = pytest.mark.profile_sensitive
settings = pytest.mark.stimulus("settings")


@feature("registration", "registration-shape", "identity-lines", "instance-id")
@settings
@pytest.mark.smoke
@rule("REG-4")
def test_the_contact_names_line_instance_and_reg_id(registration, rule):
    registration.base.register(identity=1)
    registration.expect.bound()
    registration.judge(rule)


@feature("registration-shape")
@settings
@rule("REG-6")
def test_supported_tags_are_harmless_and_nothing_is_required(registration, rule):
    registration.base.register(identity=1)
    registration.judge(rule)


@feature("registration-shape")
@settings
@rule("REG-3")
def test_from_and_to_name_the_account_and_what_the_platform_wants(registration, rule):
    registration.base.register(identity=1)
    registration.expect.bound()
    registration.judge(rule)


@feature("registration-shape")
@settings
@rule("REG-7")
def test_the_request_has_the_event_that_the_platform_wants(registration, rule):
    registration.base.register(identity=1)
    registration.judge(rule)


@feature("gruu")
@settings
@pytest.mark.stimulus("keys")
@rule("REG-5")
def test_no_gruu_is_used_that_the_server_did_not_give(registration, call, rule):
    registration.base.register(identity=1)
    registration.require.no_gruu()
    call.handset.dial()
    call.peer.expect_call()
    registration.judge(rule)


@sensitive
@feature("registration-shape", "registration", "instance-id", "retransmission")
@settings
@rule("REG-4")
def test_each_request_is_formed_as_the_rfc_has_it(registration, rule):
    registration.base.register(identity=1)
    registration.expect.bound()
    registration.judge(
        rule, "REG-REQUEST", "REG-ADDRESS", "SIP-INSTANCE", "SIP-BRANCH", "SIP-VIA", "SIP-TAGS", "SIP-MAX-FORWARDS"
    )


@feature("user-agent")
@settings
@rule("SIP-USER-AGENT")
def test_the_request_names_product_and_version(registration, rule):
    registration.base.register(identity=1)
    registration.read.version()
    registration.judge(rule)


@feature("display-name")
@pytest.mark.stimulus("keys")
@rule("SIP-DISPLAY-NAME")
def test_the_display_name_stands_in_from(registration, call, rule):
    registration.read.display_name(call.identity)
    call.handset.dial()
    call.peer.expect_call()
    registration.judge(rule)


@sensitive
@feature("display-name")
@settings
@rule("SIP-DISPLAY-NAME")
def test_a_display_name_of_any_letters_arrives_whole(registration, rule):
    registration.base.register(identity=1, user_realname='Jörg, "R&D"')
    registration.expect.bound()
    registration.judge(rule)


@feature("display-name")
@settings
@pytest.mark.stimulus("keys")
@rule("SIP-DISPLAY-NAME")
def test_a_long_display_name_is_told_whole_in_a_call(registration, call, rule):
    registration.base.register(identity=1, user_realname="Annegret Schulze-Hohenlinden")
    registration.expect.bound()
    call.handset.dial()
    call.peer.expect_call()
    registration.judge(rule)


@feature("rport")
@settings
@rule("REG-1")
def test_requests_ask_for_replies_to_their_source_port(registration, rule):
    registration.base.register(identity=1)
    registration.judge(rule)


@sensitive
@feature("sip-tcp")
@settings
@rule("REG-1")
@pytest.mark.needs("steerable_pbx")
def test_an_outbound_proxy_with_tcp_is_reached_over_tcp(registration, rule):
    registration.base.register(identity=1, transport="tcp")
    registration.expect.bound()
    registration.judge(rule, "SIP-TRANSPORT")


@sensitive
@feature("outbound-proxy")
@settings
@rule("REG-DOMAIN")
@pytest.mark.needs("steerable_pbx")
def test_requests_go_to_the_outbound_proxy_and_not_to_the_registrar(registration, rule):
    registration.base.register(identity=1, user_host="m9.example", transport="udp")
    registration.expect.bound()
    registration.judge(rule, "REG-1")


@feature("dns-srv")
@settings
@rule("SIP-SRV")
@pytest.mark.needs("dhcp")
@pytest.mark.needs("steerable_pbx")
def test_a_server_is_found_by_its_srv_record(registration, boot, rule):
    boot.names.add_services("udp", "pbx4.m9.test:5060")
    registration.base.register(identity=1, user_outbound=f"sip:{boot.names.service_domain}")
    registration.expect.bound()
    registration.judge(rule)


@feature("dns-srv")
@settings
@rule("SIP-SRV-ORDER")
@pytest.mark.needs("dhcp")
@pytest.mark.needs("steerable_pbx")
def test_the_preferred_server_of_a_set_is_asked_first(registration, boot, rule):
    boot.names.add_services("udp", "pbx4.m9.test:5060", "harness.m9.test:5060", domain=boot.names.backed_up_domain)
    registration.base.register(identity=1, user_outbound=f"sip:{boot.names.backed_up_domain}")
    registration.expect.bound()
    registration.judge(rule, "SIP-SRV")


@feature("registration-failover", "dns-srv")
@settings
@rule("REG-SIGN-IN")
@pytest.mark.needs("dhcp")
@pytest.mark.needs("steerable_pbx")
def test_the_next_server_of_a_set_is_tried(registration, boot, rule):
    boot.names.add_services("tcp", "harness.m9.test:5099", "pbx4.m9.test:5060")
    registration.base.register(identity=1, user_outbound=f"sip:{boot.names.service_domain};transport=tcp")
    registration.expect.bound()
    registration.judge(rule, "SIP-SRV")


@feature("ipv6")
@settings
@rule("REG-ADDRESS")
@pytest.mark.needs("ipv6")
@pytest.mark.needs("steerable_pbx")
def test_a_server_with_an_ipv6_address_is_reached_over_ipv6(registration, rule):
    registration.base.register(identity=1, family="ipv6")
    registration.expect.bound()
    registration.judge(rule, "REG-1")


@feature("ipv6")
@settings
@pytest.mark.stimulus("keys")
@pytest.mark.needs("ipv6")
@pytest.mark.needs("steerable_pbx")
def test_a_call_over_ipv6_is_described_with_ipv6_addresses(registration, call):
    registration.base.register(identity=1, family="ipv6")
    registration.expect.bound()
    call.handset.dial()
    call.judge("SDP-FAMILY")
    call.judge_signalling()


@feature("nine-identities")
@pytest.mark.needs("power", identities=9)
@pytest.mark.reboots
@rule("REG-4")
def test_nine_identities_register_with_nine_lines(registration, boot, rule):
    boot.power_cycle()
    boot.expect.ready()
    registration.expect.all_bound()
    registration.judge(rule)


@feature("instance-id")
@settings
@pytest.mark.needs("power")
@pytest.mark.reboots
@rule("REG-4")
def test_the_instance_is_the_same_after_a_power_cut(registration, boot, rule):
    registration.base.register(identity=1)
    boot.power_cycle()
    boot.expect.ready()
    registration.expect.request(identity=1)
    registration.judge(rule, "SIP-INSTANCE", "REG-CSEQ")
