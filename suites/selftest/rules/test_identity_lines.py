"""The line= that tells the base which identity a call is for, on paper."""

from __future__ import annotations

from harness.rules.findings import Result
from suites.selftest.rules.registrations import Room

OTHER = ("From: <sip:42@198.18.9.11>;tag=other", "To: <sip:42@198.18.9.11>", "Call-ID: r2@snom")
CLAIM = "the line= of a call is that of one identity"


def room(other: str = "other", *, line: str = "qx3k1d") -> Room:
    """Two accounts, the second one with another line unless told so, and a call for the first."""
    found = Room(line=line)
    found.binds()
    found.asks(*OTHER, f"Contact: <sip:42@198.18.9.50:5060;transport=udp;line={other}>;reg-id=1")
    found.grants(3600)
    found.passes(10).is_asked("INVITE")
    return found


def claims(found: Room) -> list[str]:
    """What broke REG-4 in the call."""
    return [one.claim for one in found.says_of("REG-4").broken if one.call_id == "INVITE-1"]


def held_in_the_call(found: Room) -> int:
    """How often REG-4 held in the call."""
    return found.says_of("REG-4").held_in.get("INVITE-1", 0)


def test_a_line_of_one_account_holds() -> None:
    assert (held_in_the_call(room()), claims(room())) == (1, [])


def test_a_line_that_two_accounts_have_is_broken_and_both_are_named() -> None:
    found = room("qx3k1d")
    assert claims(found) == [CLAIM]
    (broken,) = (one for one in found.says_of("REG-4").broken if one.call_id == "INVITE-1")
    assert broken.seen.startswith("41 and 42")


def test_a_call_without_a_line_or_with_an_unknown_one_is_no_occasion() -> None:
    for line in ("", "unknown"):
        found = Room()
        found.binds()
        found.line = line
        found.passes(10).is_asked("INVITE")
        assert held_in_the_call(found) == 0
        assert claims(found) == []
    assert Room().says_of("REG-4").result is Result.NOT_EXERCISED


def test_only_the_last_registration_of_an_account_counts() -> None:
    found = room("qx3k1d")
    found.asks(*OTHER, "Contact: <sip:42@198.18.9.50:5060;transport=udp;line=newer>;reg-id=1")
    found.grants(3600)
    found.passes(10).is_asked("INVITE", number=2)
    assert [one.call_id for one in found.says_of("REG-4").broken if one.claim == CLAIM] == ["INVITE-1"]
    assert found.says_of("REG-4").held_in.get("INVITE-2") == 1
