"""What a base says to DHCP and DNS, on paper: its name, its options, its lease, its name servers, its cache."""

from __future__ import annotations

import pytest

from harness.rules.findings import Result
from suites.selftest.rules.paper_network import BASE, DEAD, RIG, Segment, addresses, seconds

HELD, BROKEN = Result.HELD, Result.BROKEN
IDLE, UNSAID = Result.NOT_EXERCISED, Result.CANNOT_BE_SAID
NAME = "settings.test"
BY_NAME = b"http://settings.test/a.xml"


def test_the_host_name_is_that_of_the_base() -> None:
    assert Segment().boots().result("NET-HOST-NAME") is HELD
    assert Segment().boots(name="desk").result("NET-HOST-NAME") is BROKEN
    renamed = Segment().setting("base_name", "snom-m9-gate-4")
    assert renamed.boots(name="snom-m9-gate-4").result("NET-HOST-NAME") is HELD
    assert renamed.passes(9).boots(name="snom-m9-gate").result("NET-HOST-NAME") is BROKEN
    unknown = Segment().setting("base_name", "", channel="unknown").boots(name="gate")
    assert unknown.result("NET-HOST-NAME") is UNSAID


def test_the_options_that_are_needed_are_asked_for() -> None:
    assert Segment().boots().result("NET-OPTIONS") is HELD
    found = Segment().boots(asks_for=(1, 3, 6)).says_of("NET-OPTIONS")
    assert "without [66, 67]" in found.broken[0].seen


def test_a_lease_is_renewed_when_t1_is_over_and_not_before_it_is_late() -> None:
    segment = Segment().boots(o58=seconds(10)).passes(10)
    assert segment.result("NET-LEASE") is IDLE
    assert segment.renews(o51=seconds(3600)).passes(600).result("NET-LEASE") is HELD
    assert Segment().boots(o58=seconds(10)).passes(30).result("NET-LEASE") is BROKEN


def test_the_second_renewal_is_due_as_the_first() -> None:
    segment = Segment().boots(o51=seconds(20)).passes(10).renews(o51=seconds(20)).passes(30)
    found = segment.says_of("NET-LEASE")
    assert (found.held, found.broken_count) == (1, 1)


def test_a_base_that_gives_its_lease_up_is_found_and_one_without_power_owes_nothing() -> None:
    assert Segment().boots(o58=seconds(10)).passes(5).renews("Release").passes(30).result("NET-LEASE") is BROKEN
    assert Segment().boots(o58=seconds(10)).passes(5).act("power-off").passes(30).result("NET-LEASE") is IDLE
    assert Segment().boots(o51=b"\xff" * 4).passes(3600).result("NET-LEASE") is IDLE


def test_a_settings_server_is_looked_up_though_the_first_name_server_is_dead() -> None:
    booted = Segment().boots(o6=addresses(DEAD, RIG), o66=BY_NAME)
    assert booted.result("NET-NAME-SERVERS") is IDLE
    assert booted.passes(2).asks_name(NAME).told(NAME).result("NET-NAME-SERVERS") is HELD
    silent = Segment().boots(o6=addresses(DEAD, RIG), o66=BY_NAME).passes(60)
    assert silent.result("NET-NAME-SERVERS") is BROKEN
    foreign = Segment().boots(o6=addresses(RIG), o66=BY_NAME).asks_name(NAME, server="192.0.2.53")
    assert foreign.result("NET-NAME-SERVERS") is BROKEN


def test_a_question_without_an_answer_goes_to_the_next_name_server() -> None:
    asked = Segment().boots(o6=addresses(DEAD, RIG)).asks_name(NAME, server=DEAD).passes(1)
    assert asked.result("NET-NAME-SERVERS") is IDLE
    assert asked.asks_name(NAME).told(NAME).result("NET-NAME-SERVERS") is HELD
    left = Segment().boots(o6=addresses(DEAD, RIG)).asks_name(NAME, server=DEAD).passes(30)
    assert left.result("NET-NAME-SERVERS") is BROKEN


@pytest.mark.parametrize(("after", "result"), [(5, BROKEN), (59.5, IDLE), (70, IDLE)])
def test_a_name_is_not_asked_for_while_its_answer_lives(after: float, result: Result) -> None:
    segment = Segment().asks_name(NAME).told(NAME).passes(after).asks_name(NAME)
    assert segment.result("DNS-CACHE") is result


def test_an_answer_that_serves_a_second_request_is_held() -> None:
    segment = Segment().asks_name(NAME).told(NAME).gets("/a.xml", host=NAME)
    assert segment.result("DNS-CACHE") is IDLE
    assert segment.passes(3).gets("/a.xml", host=NAME).result("DNS-CACHE") is HELD


def test_the_other_family_or_a_base_that_started_anew_asks_a_question_of_its_own() -> None:
    assert Segment().asks_name(NAME).told(NAME).asks_name(NAME, "AAAA").result("DNS-CACHE") is IDLE
    assert Segment().asks_name(NAME).told(NAME).boots().asks_name(NAME).result("DNS-CACHE") is IDLE


def test_an_answer_is_not_used_when_it_is_over() -> None:
    segment = Segment().asks_name(NAME).told(NAME, ttl=5).passes(2).gets("/a.xml", host=NAME)
    assert segment.result("DNS-TTL") is HELD
    assert segment.passes(10).gets("/a.xml", host=NAME).result("DNS-TTL") is BROKEN
    again = Segment().asks_name(NAME).told(NAME, ttl=5).passes(10).asks_name(NAME).gets("/a.xml", host=NAME)
    assert again.result("DNS-TTL") is HELD
    assert Segment().gets("/a.xml").result("DNS-TTL") is IDLE


def test_a_question_of_the_other_family_renews_no_answer() -> None:
    segment = Segment().asks_name(NAME).told(NAME, ttl=5).asks_name(NAME, "AAAA").passes(10).gets("/a.xml", host=NAME)
    assert segment.result("DNS-TTL") is BROKEN


def test_the_status_page_shows_what_dhcp_gave() -> None:
    given = {"o1": addresses("255.255.255.0"), "o3": addresses(DEAD), "o6": addresses(RIG, DEAD), "o15": b"branch.test"}
    rows = {
        "IP Address": f"{BASE} (DHCP)", "Netmask": "255.255.255.0", "IP Gateway": DEAD, "DNS Server": f"{RIG} {DEAD}",
        "DNS Domain": "branch.test",
    }  # fmt: skip
    assert Segment().boots(**given).passes(5).shows("status", "network", **rows).result("NET-SHOWN") is HELD
    for row in rows:
        spoiled = {**rows, row: "192.0.2.9"}
        segment = Segment().boots(**given).passes(5).shows("status", "network", **spoiled)
        assert row in segment.says_of("NET-SHOWN").broken[0].claim
    fixed = Segment().boots(**given).setting("dhcp", "false").passes(5).shows("status", "network", **spoiled)
    assert fixed.result("NET-SHOWN") is IDLE


SIX = "fd00:9::1"


def test_a_settings_server_is_looked_up_in_both_families() -> None:
    asked = Segment().boots(o66=BY_NAME).asks_name(NAME)
    assert asked.result("DNS-FAMILIES") is IDLE
    assert asked.asks_name(NAME, "AAAA").result("DNS-FAMILIES") is HELD
    assert Segment().boots(o66=BY_NAME).asks_name(NAME).passes(30).result("DNS-FAMILIES") is BROKEN
    assert Segment().boots(o66=b"http://198.18.9.1/a.xml").passes(30).result("DNS-FAMILIES") is IDLE


def test_a_server_that_has_an_ipv6_address_alone_is_asked_there() -> None:
    def looked_up() -> Segment:
        segment = Segment().boots(o66=BY_NAME).asks_name(NAME).told(NAME, "").asks_name(NAME, "AAAA")
        return segment.told(NAME, SIX, kind="AAAA")

    assert looked_up().gets("/a.xml", host=NAME, to=SIX).says_of("DNS-FAMILIES").held == 2
    unused = looked_up().passes(30).says_of("DNS-FAMILIES")
    assert (unused.held, unused.broken_count) == (1, 1)
    both = Segment().boots(o66=BY_NAME).asks_name(NAME).told(NAME).asks_name(NAME, "AAAA")
    both.told(NAME, SIX, kind="AAAA").gets("/a.xml", host=NAME)
    assert both.passes(30).says_of("DNS-FAMILIES").broken_count == 0
