"""What a base has kept over a restart, on paper, as its registrations show it."""

from __future__ import annotations

import pytest

from harness.rules.findings import Result
from suites.selftest.rules.paper_network import Segment

HELD, BROKEN = Result.HELD, Result.BROKEN
IDLE, UNSAID = Result.NOT_EXERCISED, Result.CANNOT_BE_SAID
PATH = "/settings.xml"


def named(name: str, *, registers: bool = True) -> Segment:
    """A base with one account that got a name by a document."""
    body = f'<settings><phone-settings><user_realname idx="1">{name}</user_realname></phone-settings></settings>'
    segment = Segment().setting("user_name", "101", 1).passes(5).boots().gets(PATH, body=body.encode())
    return segment.registers("101", name).passes(5) if registers else segment


def again(segment: Segment) -> Segment:
    """Power goes and comes, and the server has no document any more."""
    return segment.act("power-off").passes(1).boots().gets(PATH, status=404)


@pytest.mark.parametrize(("shown", "result"), [("First", HELD), ("", BROKEN), ("Other", BROKEN)])
def test_a_name_of_the_last_document_is_kept(shown: str, result: Result) -> None:
    assert again(named("First")).registers("101", shown).result("PRV-KEPT") is result


@pytest.mark.parametrize(("shown", "result"), [("Saved", HELD), ("First", BROKEN)])
def test_a_name_saved_on_a_page_after_the_document_is_kept(shown: str, result: Result) -> None:
    segment = again(named("First").setting("user_realname", "Saved", 1))
    assert segment.registers("101", shown).result("PRV-KEPT") is result


def test_a_document_of_this_start_or_a_page_written_since_is_no_matter_of_keeping() -> None:
    other = b'<settings><phone-settings><user_realname idx="1">New</user_realname></phone-settings></settings>'
    given = named("First").act("power-off").boots().gets(PATH, body=other).registers("101", "New")
    assert given.result("PRV-KEPT") is IDLE
    written = again(named("First")).setting("user_realname", "Mine", 1).registers("101", "Mine")
    assert written.result("PRV-KEPT") is IDLE


@pytest.mark.parametrize(("shown", "result"), [("First", HELD), ("New", HELD), ("Half", BROKEN)])
def test_power_that_goes_right_after_the_document_leaves_the_old_or_the_new(shown: str, result: Result) -> None:
    other = b'<settings><phone-settings><user_realname idx="1">New</user_realname></phone-settings></settings>'
    segment = named("First").act("power-off").boots().gets(PATH, body=other)
    assert again(segment).registers("101", shown).result("PRV-KEPT") is result


def test_what_is_not_known_before_the_restart_is_not_judged() -> None:
    unknown = named("First").setting("user_realname", "", 1, channel="unknown")
    assert again(unknown).registers("101", "Other").result("PRV-KEPT") is IDLE
    hidden = named("First").gets("/other.xml", length=5000).passes(5)
    assert again(hidden).registers("101", "Other").result("PRV-KEPT") is IDLE
    assert again(named("First", registers=False)).registers("101", "Other").result("PRV-KEPT") is IDLE
    assert named("First").result("PRV-KEPT") is IDLE


def test_the_time_asked_for_is_kept_too() -> None:
    segment = named("First").setting("user_expiry", "900", 1)
    assert again(segment).registers("101", "First", expires=900).says_of("PRV-KEPT").held == 2
    found = again(named("First").setting("user_expiry", "900", 1)).registers("101", "First").says_of("PRV-KEPT")
    assert [one.claim for one in found.broken] == ["user_expiry of identity 1 is kept over a restart"]
