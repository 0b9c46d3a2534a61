"""What a base asks for by HTTP, on paper: the first file, Host, User-Agent, how often, and the files of a list."""

from __future__ import annotations

import pytest

from harness.rules.findings import Result
from suites.selftest.rules.paper_network import BASE, DIGITS, RIG, Segment, addresses

HELD, BROKEN = Result.HELD, Result.BROKEN
IDLE, UNSAID = Result.NOT_EXERCISED, Result.CANNOT_BE_SAID
DEFAULT = f"/snom-m9-{DIGITS}.xml"
FILES = b'<setting-files><file uri="http://198.18.9.1/one.xml" /><file url="two.xml" /></setting-files>'

FIRST: list[tuple[str, str, str, str, Result]] = [
    # option 66, option 67, the request, its Host, what is said
    ("http://198.18.9.1/a/", "", f"/a{DEFAULT}", RIG, HELD),
    ("http://198.18.9.1/a/", "", "/a/", RIG, BROKEN),
    ("http://198.18.9.1", "", DEFAULT, RIG, HELD),
    ("http://198.18.9.1/a", "b/c.xml", "/a/b/c.xml", RIG, HELD),
    ("http://198.18.9.1/a", "b/c.xml", f"/a{DEFAULT}", RIG, BROKEN),
    ("http://198.18.9.1/{mac}.xml", "", f"/{DIGITS}.xml", RIG, HELD),
    ("http://198.18.9.1/%7Bmac%7D.xml", "", f"/{DIGITS.lower()}.xml", RIG, HELD),
    ("http://198.18.9.1/{mac}.xml", "", "/{mac}.xml", RIG, BROKEN),
    ("http://198.18.9.1/{mac}/x?u={mac}", "", f"/{DIGITS}/x?u={{mac}}", RIG, BROKEN),
    ("http://198.18.9.1/x.php?key=1", "", "/x.php?key=1", RIG, HELD),
    ("http://198.18.9.1/x.php?key=1", "", "/x.php", RIG, BROKEN),
    ("http://198.18.9.1/a/", "http://other.test/b.xml", "/b.xml", "other.test", HELD),
    ("http://198.18.9.1/a/", "http://other.test/b.xml", "/b.xml", RIG, BROKEN),
    ("198.18.9.1", "", DEFAULT, RIG, IDLE),
    ("tftp://198.18.9.1/a.xml", "", "/a.xml", RIG, IDLE),
]


@pytest.mark.parametrize(("server", "file", "uri", "host", "result"), FIRST)
def test_the_first_file_is_the_one_that_dhcp_names(server: str, file: str, uri: str, host: str, result: Result) -> None:
    segment = Segment().boots(o66=server.encode(), o67=file.encode()).gets(uri, host=host)
    assert segment.result("PRV-FILE") is result


def test_a_base_that_fetches_nothing_is_found_when_its_time_is_over() -> None:
    segment = Segment().boots(o66=b"http://198.18.9.1/a.xml").passes(5)
    assert segment.result("PRV-FILE") is IDLE
    assert "no GET" in segment.passes(60).says_of("PRV-FILE").broken[0].seen


def test_a_base_that_loses_power_before_it_fetches_owes_nothing() -> None:
    segment = Segment().boots(o66=b"http://198.18.9.1/a.xml").act("power-off").passes(60)
    assert segment.result("PRV-FILE") is IDLE


def test_the_setting_server_of_the_network_page_comes_before_dhcp() -> None:
    segment = Segment().setting("setting_server", "http://198.18.9.1/own.xml").boots(o66=b"http://198.18.9.1/a.xml")
    assert segment.gets("/own.xml").result("PRV-FILE") is HELD
    ignored = Segment().setting("setting_server", "http://198.18.9.1/own.xml").boots()
    assert ignored.passes(60).result("PRV-FILE") is BROKEN


def test_a_trace_without_acts_does_not_tell_whether_a_page_names_a_server() -> None:
    segment = Segment(known=False).boots(o66=b"http://198.18.9.1/a.xml").gets("/b.xml")
    assert segment.result("PRV-FILE") is UNSAID
    assert Segment(known=False).boots(o66=b"http://198.18.9.1/a.xml").gets("/a.xml").result("PRV-FILE") is HELD


HOSTS: list[tuple[str | None, Result]] = [
    (RIG, HELD), (f"{RIG}:80", HELD), (None, BROKEN), (BASE, BROKEN), ("", BROKEN), ("settings.test", HELD),
    ("unknown.test", UNSAID),
]  # fmt: skip


@pytest.mark.parametrize(("host", "result"), HOSTS)
def test_host_names_the_server_that_is_asked(host: str | None, result: Result) -> None:
    segment = Segment().asks_name("settings.test").told("settings.test").gets("/a.xml", host=host)
    assert segment.result("HTTP-HOST") is result


def test_user_agent_has_the_version_of_the_status_page_with_its_letter_or_without() -> None:
    for agent in ("snom m9 9.2.45-a", "snom m9 9.2.45"):
        segment = Segment().gets("/a.xml", agent=f"Mozilla/4.0 (compatible; {agent})")
        assert segment.result("PRV-AGENT") is HELD
        assert segment.shows("version", "9.2.45-a").result("PRV-AGENT") is HELD
    assert segment.shows("version", "9.2.46-a").result("PRV-AGENT") is BROKEN
    desk = Segment().gets("/a.xml", agent="Mozilla/4.0 (compatible; snom370-SIP 8.4.35)")
    assert desk.result("PRV-AGENT") is BROKEN
    assert Segment().result("PRV-AGENT") is IDLE


def test_a_file_that_is_asked_for_twice_in_a_row_is_found() -> None:
    assert Segment().gets("/a.xml").gets("/b.xml").result("PRV-ONCE") is HELD
    assert Segment().gets("/a.xml").gets("/a.xml").result("PRV-ONCE") is BROKEN
    assert Segment().gets("/a.xml").passes(2).gets("/a.xml").result("PRV-ONCE") is HELD
    assert Segment().gets("/a.xml").boots().gets("/a.xml").result("PRV-ONCE") is HELD
    assert Segment().gets("/a.xml", status=401).gets("/a.xml").result("PRV-ONCE") is HELD


LISTS: list[tuple[tuple[str, ...], Result]] = [
    (("/one.xml", "/two.xml"), HELD), (("/two.xml", "/one.xml"), BROKEN), (("/one.xml",), BROKEN), ((), BROKEN),
    (("/one.xml", "/other.xml", "/two.xml"), HELD),
]  # fmt: skip


@pytest.mark.parametrize(("files", "result"), LISTS)
def test_the_files_of_a_list_are_fetched_in_its_order(files: tuple[str, ...], result: Result) -> None:
    segment = Segment().boots().gets("/list.xml", body=FILES)
    for file in files:
        segment.gets(file)
    assert segment.passes(30).result("PRV-LIST") is result


def test_a_list_that_comes_again_is_followed_again() -> None:
    segment = Segment().boots().gets("/list.xml", body=FILES).gets("/one.xml").gets("/two.xml").passes(20)
    segment.gets("/list.xml", body=FILES).passes(30)
    found = segment.says_of("PRV-LIST")
    assert (found.held, found.broken_count) == (1, 1)


def test_a_list_that_is_cut_or_no_list_is_no_occasion() -> None:
    assert Segment().gets("/list.xml", body=FILES[:60]).passes(30).result("PRV-LIST") is IDLE
    assert Segment().gets("/list.xml", body=FILES, status=404).passes(30).result("PRV-LIST") is IDLE
    hostile = b'<!DOCTYPE x [<!ENTITY a "b">]>' + FILES
    assert Segment().gets("/list.xml", body=hostile).passes(30).result("PRV-LIST") is IDLE


def test_the_placeholder_in_a_list_is_the_mac() -> None:
    body = b'<setting-files><file uri="/{mac}.xml" /></setting-files>'
    segment = Segment().boots(o6=addresses(RIG)).gets("/list.xml", body=body)
    assert segment.gets(f"/{DIGITS}.xml").result("PRV-LIST") is HELD
