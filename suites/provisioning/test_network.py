"""What a base takes from the network it is plugged into: its lease, its name servers, both families of addresses."""

import pytest

from harness.plugin.marks import rule

feature = pytest.mark.feature
pytestmark = [pytest.mark.needs("dhcp", "power"), pytest.mark.reboots]


@feature("dhcp-options")
@rule("NET-OPTIONS")
def test_base_asks_for_the_network_it_is_in(boot, rule):
    boot.power_cycle()
    boot.expect.ready()
    boot.judge(rule)


@feature("dhcp-options", "status-page")
@rule("NET-SHOWN")
def test_router_names_and_domain_of_the_lease_are_taken(boot, rule):
    boot.names.add("settings.branch.test")
    boot.dhcp.offer_network(domain="branch.test")
    boot.dhcp.offer(option66=boot.documents.url("by-name/settings.xml", host="settings"))
    boot.power_cycle()
    boot.expect.ready()
    boot.read_status()
    boot.judge(rule, "PRV-FILE", "NET-NAME-SERVERS", times=1)


@feature("dhcp-renewal", "dhcp-options")
@rule("NET-LEASE")
def test_a_lease_is_renewed_by_its_holder(boot, rule):
    boot.dhcp.renew_leases_after(3)
    boot.power_cycle()
    boot.expect.ready()
    boot.judge(rule, times=2)


@feature("fixed-address", "status-address-source")
@pytest.mark.stimulus("web", "settings")
@rule("NET-FIXED-ADDRESS")
def test_a_base_with_a_fixed_address_asks_nobody_for_one(boot, rule):
    boot.fix_address()
    boot.power_off()
    boot.power_on()
    boot.expect.ready_without_dhcp()
    boot.read_status()
    boot.judge(rule)


@feature("dns-servers")
@rule("NET-NAME-SERVERS")
def test_the_second_name_server_is_asked_when_the_first_is_dead(boot, rule):
    boot.names.add("settings.m9.test")
    boot.dhcp.offer_dead_name_server_first()
    boot.dhcp.offer(option66=boot.documents.url("by-name/settings.xml", host="settings.m9.test"))
    boot.power_cycle()
    boot.expect.ready()
    boot.dhcp.require_dead_name_server_offered()
    boot.judge(rule, "PRV-FILE", times=1)


@feature("ipv6-provisioning", "ipv6-dns")
@pytest.mark.needs("ipv6")
@pytest.mark.stimulus("settings")
@rule("DNS-FAMILIES")
def test_a_server_with_an_ipv6_address_only_provisions_the_base(boot, rule):
    boot.documents.serve_over_ipv6([("user_realname", "Six", 1)], host="settings6.m9.test")
    boot.power_cycle()
    boot.expect.ready()
    boot.judge(rule, times=2)
    boot.judge("PRV-FILE", "PRV-GIVEN", times=1)


@feature("ipv6-dual-stack", "ipv6-router-discovery")
@pytest.mark.needs("ipv6")
def test_a_base_with_an_ipv4_lease_answers_over_ipv6_too(boot):
    boot.power_cycle()
    boot.expect.ready()
    boot.expect.answer_over_ipv6()
