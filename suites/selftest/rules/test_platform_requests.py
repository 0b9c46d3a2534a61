"""FEA-1, FEA-3, FEA-8, REG-4: what servers of one platform ask outside calls, on paper."""

from __future__ import annotations

import pytest

from harness.rules.findings import Result
from harness.rules.publications import PUBLISHES
from suites.selftest.rules.registrations import BASE, SERVER, Room

HELD, BROKEN, UNSAID, NOT_EXERCISED = Result.HELD, Result.BROKEN, Result.CANNOT_BE_SAID, Result.NOT_EXERCISED


def of(profile: str) -> Room:
    """A room whose base runs: it has registered."""
    return Room(profile=profile).binds()


def asked(profile: str, method: str, status: int, *lines: str) -> Room:
    room = of(profile)
    room.is_asked(method, *lines)
    if status:
        room.answers(status)
    return room.passes(6)


@pytest.mark.parametrize(
    ("profile", "status", "result"),
    [
        ("asterisk", 405, HELD),
        ("asterisk", 200, BROKEN),
        ("asterisk", 0, BROKEN),
        ("lync", 0, HELD),
        ("lync", 405, BROKEN),
        ("lync", 200, BROKEN),
    ],
)
def test_a_batched_notice_is_refused_but_at_the_platform_that_invented_it(profile, status, result):
    assert asked(profile, "BENOTIFY", status).says_of("FEA-3").result is result


def test_what_is_not_batched_says_nothing_of_batches():
    assert asked("lync", "NOTIFY", 489).says_of("FEA-3").result is NOT_EXERCISED


@pytest.mark.parametrize(
    ("method", "status", "result"),
    [
        ("MESSAGE", 415, HELD),
        ("MESSAGE", 200, HELD),
        ("SUBSCRIBE", 489, HELD),
        ("INFO", 481, HELD),
        ("SUBSCRIBE", 500, BROKEN),
        ("MESSAGE", 403, BROKEN),
        ("MESSAGE", 0, BROKEN),
    ],
)
def test_what_a_phone_does_not_know_is_refused_by_a_status_that_says_so(method, status, result):
    assert asked("snom_one", method, status).says_of("FEA-8").result is result


def test_requests_that_each_phone_knows_are_no_occasion():
    room = asked("avaya", "OPTIONS", 500)
    room.is_asked("NOTIFY", "Event: message-summary", number=2)
    room.answers(500)
    assert room.says_of("FEA-8").result is NOT_EXERCISED


def test_a_lost_answer_cannot_be_told_from_none():
    room = of("avaya")
    room.is_asked("NOTIFY", "Event: avaya-cm-feature-status")
    room.gaps.append((room.now, room.now + 1))
    assert room.passes(6).says_of("FEA-8").result is UNSAID


def publishing(profile: str, value: str = "on") -> Room:
    room = of(profile)
    room.setting(PUBLISHES, value)
    return room


def test_a_platform_that_knows_no_publish_gets_none_though_the_setting_asks_for_it():
    assert publishing("cisco").passes(3).says_of("FEA-1").result is HELD
    spoiled = publishing("cisco")
    spoiled.asks("CSeq: 20 PUBLISH", "Event: presence", first=f"PUBLISH sip:41@{SERVER} SIP/2.0")
    assert spoiled.passes(3).says_of("FEA-1").result is BROKEN


def test_where_nothing_asks_for_presence_or_the_time_is_short_nothing_is_said():
    assert publishing("cisco", "off").passes(3).says_of("FEA-1").result is NOT_EXERCISED
    assert publishing("cisco").passes(1).says_of("FEA-1").result is NOT_EXERCISED
    assert publishing("asterisk").passes(3).says_of("FEA-1").result is NOT_EXERCISED


def called(profile: str, status: int, *, user: str = "41", line: str = "") -> Room:
    """An INVITE without line=, or with one, and the base's answer."""
    room = of(profile)
    uri = f"sip:{user}@{BASE}:5060{line}"
    lines = {
        "Via": f"SIP/2.0/UDP {SERVER}:5060;branch=z9hG4bK-i",
        "From": f"<sip:301@{SERVER}>;tag=far",
        "To": f"<sip:{user}@{SERVER}>",
        "Call-ID": "lineless",
        "CSeq": "1 INVITE",
        "Content-Length": "0",
    }
    room.hears(f"INVITE {uri} SIP/2.0", lines)
    room.answers(status)
    return room


def test_only_a_platform_that_may_leave_the_line_out_wants_its_calls_found():
    claim = "a call without line= is for the identity of its user"
    said = called("asterisk", 404).says_of("REG-4")
    assert [found.claim for found in said.broken] == [claim]
    assert called("asterisk", 180).says_of("REG-4").result is HELD
    assert called("cisco", 404).says_of("REG-4").result is HELD
    assert called("asterisk", 404, user="99").says_of("REG-4").result is HELD
