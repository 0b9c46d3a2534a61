"""What documents say is obeyed and shown, on paper: settings of identities, pages, the refresh timer, firmware."""

from __future__ import annotations

import pytest

from harness.rules import documents
from harness.rules.documents import Document, Entry
from harness.rules.findings import Result
from suites.selftest.rules.paper_network import Segment

HELD, BROKEN = Result.HELD, Result.BROKEN
IDLE, UNSAID = Result.NOT_EXERCISED, Result.CANNOT_BE_SAID
PATH = "/settings.xml"


def settings(*entries: tuple[str, int, str]) -> bytes:
    """A settings document."""
    lines = "".join(f'<{name} idx="{idx}">{value}</{name}>' for name, idx, value in entries)
    return f"<settings><phone-settings>{lines}</phone-settings></settings>".encode()


def booted(*entries: tuple[str, int, str]) -> Segment:
    """A base with two accounts that fetched a document when it started."""
    segment = Segment()
    for identity in (1, 2):
        segment.setting("user_name", f"10{identity}", identity)
    return segment.passes(5).boots().gets(PATH, body=settings(*entries))


def firmware(version: str) -> bytes:
    """A document that names an image."""
    return f"<firmware-settings><firmware>http://198.18.9.1/m9-{version}.bin</firmware></firmware-settings>".encode()


# documents


def test_documents_are_read_by_their_kind() -> None:
    entry = '<user_realname idx="2">J&#246;rg &amp; Co</user_realname><x/>'
    body = f"<settings><phone-settings>{entry}</phone-settings></settings>".encode()
    assert documents.read(body) == Document((Entry("user_realname", 2, "J\u00f6rg & Co"), Entry("x", 0, "")))
    assert documents.read(b'<setting-files><file url="a"/><file uri="b" /></setting-files>') == Document(
        files=("a", "b")
    )
    assert documents.read(firmware("9.9.9-a")) == Document(firmware="http://198.18.9.1/m9-9.9.9-a.bin")


@pytest.mark.parametrize("body", [b"", b"<settings>", b"<html />", b"\xff\xfe", b"<!DOCTYPE settings><settings/>"])
def test_what_is_no_document_says_nothing(body: bytes) -> None:
    assert documents.read(body) is None


# settings in force


NAMES: list[tuple[str, str, Result]] = [
    ("First", "First", HELD), ("First", "Other", BROKEN), ("R&amp;D", "R&D", HELD), ("R&amp;D", "R&amp;D", BROKEN),
    ("", "", HELD), ("", "101", HELD), ("", " ", BROKEN), ("First", "", BROKEN),
]  # fmt: skip


@pytest.mark.parametrize(("given", "name", "result"), NAMES)
def test_the_first_register_has_the_name_of_the_document(given: str, name: str, result: Result) -> None:
    segment = booted(("user_realname", 1, given)).registers("101", name)
    assert segment.result("PRV-GIVEN") is result


def test_the_time_asked_for_is_that_of_the_document_and_each_identity_has_its_own() -> None:
    segment = booted(("user_expiry", 1, "601"), ("user_expiry", 2, "602"))
    assert segment.registers("101", expires=601).registers("102", expires=602).says_of("PRV-EXPIRY").held == 2
    found = booted(("user_expiry", 2, "602")).registers("101").registers("102").says_of("PRV-EXPIRY")
    assert "user_expiry of identity 2" in found.broken[0].claim


def test_a_document_that_says_a_setting_twice_may_mean_either() -> None:
    twice = (("user_expiry", 1, "700"), ("user_expiry", 1, "800"))
    for seconds in (700, 800):
        assert booted(*twice).registers("101", expires=seconds).result("PRV-EXPIRY") is HELD
    assert booted(*twice).registers("101", expires=600).result("PRV-EXPIRY") is BROKEN


def test_what_a_page_wrote_since_or_a_document_not_seen_whole_leaves_the_value_open() -> None:
    written = booted(("user_realname", 1, "First")).setting("user_realname", "Mine", 1).registers("101", "Mine")
    assert written.result("PRV-GIVEN") is IDLE
    hidden = booted(("user_realname", 1, "First"))
    hidden.gets("/other.xml", length=5000).registers("101", "Other")
    assert hidden.result("PRV-GIVEN") is IDLE


def test_a_document_too_long_for_its_packet_is_known_from_the_act_that_served_it() -> None:
    body = settings(("user_realname", 1, "First"), ("asset_id", 0, "x" * 2000))
    for served, result in ((body, BROKEN), (body + b" ", IDLE), (b"", IDLE)):
        segment = Segment().setting("user_name", "101", 1).passes(5)
        segment.act("document", path=PATH, text=served.decode()).boots().gets(PATH, length=len(body))
        assert segment.registers("101", "Other").result("PRV-GIVEN") is result


def test_only_the_first_register_after_a_start_is_judged_and_only_what_this_start_was_given() -> None:
    segment = booted(("user_realname", 1, "First")).registers("101", "First").passes(60).registers("101", "Other")
    assert segment.says_of("PRV-GIVEN").held == 1
    segment.boots().gets(PATH, status=404).registers("101", "Other")
    assert segment.says_of("PRV-GIVEN").broken_count == 0


@pytest.mark.parametrize(("word", "registers", "result"), [
    ("off", False, HELD), ("false", True, BROKEN), ("on", True, HELD), ("true", False, BROKEN),
])  # fmt: skip
def test_an_identity_registers_where_the_document_switched_it_on(word: str, registers: bool, result: Result) -> None:
    segment = booted(("user_active", 2, word)).registers("101")
    if registers:
        segment.registers("102")
    assert segment.passes(60).result("PRV-GIVEN") is result


# pages


def test_a_page_shows_what_the_document_said() -> None:
    segment = booted(("asset_id", 0, "R&amp;D")).passes(5)
    assert segment.shows("setting", "R&D", name="asset_id", identity="0").result("PRV-SHOWN") is HELD
    assert segment.shows("setting", "R&amp;D", name="asset_id", identity="0").result("PRV-SHOWN") is BROKEN
    other = booted(("asset_id", 0, "x")).passes(5).shows("setting", "y", name="base_name", identity="0")
    assert other.result("PRV-SHOWN") is IDLE


@pytest.mark.parametrize(("channel", "result"), [("web", IDLE), ("unknown", IDLE), ("document", BROKEN)])
def test_a_page_that_shows_what_somebody_else_wrote_is_no_fault(channel: str, result: Result) -> None:
    segment = booted(("asset_id", 0, "x")).passes(5).setting("asset_id", "y", channel=channel).passes(1)
    assert segment.shows("setting", "y", name="asset_id", identity="0").result("PRV-SHOWN") is result


def test_a_page_is_judged_once_the_base_has_read_the_document() -> None:
    soon = booted(("asset_id", 0, "x")).shows("setting", "y", name="asset_id", identity="0")
    assert soon.result("PRV-SHOWN") is IDLE
    registered = booted(("asset_id", 0, "x")).registers("101").shows("setting", "y", name="asset_id", identity="0")
    assert registered.result("PRV-SHOWN") is BROKEN
    later = booted(("asset_id", 0, "x")).passes(5).boots().gets(PATH, status=404).passes(5)
    assert later.shows("setting", "y", name="asset_id", identity="0").result("PRV-SHOWN") is IDLE


# the refresh timer


def refreshed(*after: float, timer: str = "10") -> Segment:
    """A base with a timer that fetches again so many seconds after the fetch before."""
    body = (("settings_refresh_timer", 0, timer),)
    segment = booted(*body)
    for seconds in after:
        segment.passes(seconds).gets(PATH, body=settings(*body))
    return segment


@pytest.mark.parametrize(("after", "result"), [(10, HELD), (13, HELD), (7, HELD), (6, BROKEN), (20, IDLE)])
def test_settings_are_fetched_again_when_the_timer_says_so(after: float, result: Result) -> None:
    assert refreshed(after).result("PRV-REFRESH") is result


def test_a_timer_that_is_off_is_late_twice_and_a_machine_that_stalled_once() -> None:
    assert refreshed(20, 20).result("PRV-REFRESH") is BROKEN
    assert refreshed(20).passes(60).says_of("PRV-REFRESH").broken_count == 2
    stalled = refreshed(20, 10).says_of("PRV-REFRESH")
    assert (stalled.held, stalled.broken_count, len(stalled.unsaid)) == (1, 0, 1)


def test_a_base_that_never_fetches_again_is_found_and_one_without_a_timer_owes_nothing() -> None:
    assert refreshed().passes(8).result("PRV-REFRESH") is IDLE
    assert refreshed().passes(60).result("PRV-REFRESH") is BROKEN
    assert refreshed(timer="0").passes(600).result("PRV-REFRESH") is IDLE
    assert refreshed().passes(5).act("power-off").passes(60).result("PRV-REFRESH") is IDLE


def test_another_timer_holds_from_the_document_that_brings_it() -> None:
    segment = refreshed().passes(10).gets(PATH, body=settings(("settings_refresh_timer", 0, "40")))
    assert segment.passes(10).gets(PATH).result("PRV-REFRESH") is BROKEN
    right = refreshed().passes(10).gets(PATH, body=settings(("settings_refresh_timer", 0, "40"))).passes(40)
    assert right.gets(PATH).says_of("PRV-REFRESH").held == 2


def test_after_a_bad_answer_the_next_fetch_may_come_sooner_and_not_never() -> None:
    for body, status in ((b"", 503), (b"<settings>", 200)):
        assert (
            refreshed(10)
            .passes(10)
            .gets(PATH, body=body, status=status)
            .passes(2)
            .gets(PATH)
            .says_of("PRV-REFRESH")
            .broken_count
            == 0
        )
        ended = refreshed(10).passes(10).gets(PATH, body=body, status=status).passes(60)
        assert ended.says_of("PRV-REFRESH").broken_count == 1


# firmware


@pytest.mark.parametrize(("version", "fetched", "result"), [
    ("9.9.99-z", True, HELD), ("9.9.99-z", False, BROKEN), ("9.2.45-a", False, HELD), ("9.2.45-a", True, BROKEN),
    ("9.2.45-b", False, UNSAID),
])  # fmt: skip
def test_firmware_is_fetched_when_it_is_another(version: str, fetched: bool, result: Result) -> None:
    segment = Segment().boots().gets("/offer.xml", body=firmware(version))
    if fetched:
        segment.gets(f"/m9-{version}.bin", status=404)
    assert segment.passes(30).result("PRV-FIRMWARE") is result
