"""Who the far end is, as the display shows it after it has changed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.rules.findings import Result
from suites.selftest.rules.paper_call import PaperCall, description

NAMED, ANEW, NAMELESS = '"Anna Weber" <sip:301@pbx>', '"Berta Klein" <sip:302@pbx>', "<sip:302@pbx>"
BEFORE, AFTER = "Talking\nAnna Weber\n301", "Talking\nBerta Klein\n302"
RULE = "CID-2"


def talking(header: str = "p_asserted_identity", *, incoming: bool = True) -> PaperCall:
    """A call that the server presents as Anna Weber's, answered at 0 s; the display is read."""
    call = PaperCall(to_base=incoming)
    register = call.says(-9.0, "REGISTER", "1 REGISTER", ours=True, branch="r")
    call.sip[0] = replace(register, call_id="registration")
    call.did("called" if incoming else "dial", -3.0)
    if incoming:
        call.says(-3.0, "INVITE", "1 INVITE", ours=False, tagged=False, body=description(False), **{header: NAMED})
        call.says(0.0, "200 OK", "1 INVITE", ours=True, body=description(True))
    return call.showed("display", -1.0, BEFORE)


def renamed(by: str = "UPDATE", to: str = ANEW, header: str = "p_asserted_identity") -> PaperCall:
    """At 1 s the far end tells that it is another."""
    call = talking(header)
    body = description(False) if by == "INVITE" else ""
    call.says(1.0, by, f"2 {by}", ours=False, body=body, **{header: to})
    call.says(1.1, "200 OK", f"2 {by}", ours=True)
    return call


@pytest.mark.parametrize("by", ["UPDATE", "INVITE"])
@pytest.mark.parametrize("header", ["p_asserted_identity", "remote_party_id"])
def test_a_new_name_is_shown_in_place_of_the_old(by: str, header: str) -> None:
    call = renamed(by, header=header)
    assert call.showed("display", 1.5, AFTER).result(RULE) is Result.HELD


@pytest.mark.parametrize("shown", [BEFORE, "Talking\nAnna Weber\n302", "Talking\nBerta\n301"])
def test_the_old_name_that_stays_is_reported(shown: str) -> None:
    assert renamed().showed("display", 1.2, BEFORE).showed("display", 4.0, shown).broken(RULE)


def test_the_address_book_may_have_another_name_for_the_new_number() -> None:
    assert renamed().showed("display", 1.5, "Talking\nMother\n302").result(RULE) is Result.HELD


def test_a_name_that_comes_late_is_reported() -> None:
    assert renamed().showed("display", 6.0, AFTER).broken(RULE)


def test_without_a_name_the_number_is_shown() -> None:
    assert renamed(to=NAMELESS).showed("display", 2.0, "Talking\n302").result(RULE) is Result.HELD
    assert renamed(to=NAMELESS).showed("display", 4.0, "Talking\n").broken(RULE)


def test_a_long_name_may_be_cut() -> None:
    long = '"Berta Klein-Oberhuber of the Board" <sip:302@pbx>'
    assert renamed(to=long).showed("display", 2.0, "Talking\nBerta Klein-Obe…\n302").result(RULE) is Result.HELD
    assert renamed(to=long).showed("display", 4.0, "Talking\nBerta W\n301").broken(RULE)


def test_who_answers_is_shown_in_place_of_who_was_called() -> None:
    call = talking(incoming=False)
    call.says(-2.0, "INVITE", "1 INVITE", ours=True, tagged=False, body=description(True))
    call.says(0.0, "200 OK", "1 INVITE", ours=False, body=description(False), p_asserted_identity=ANEW)
    assert call.showed("display", 1.0, AFTER).result(RULE) is Result.HELD
    call.shown[-1] = replace(call.shown[-1], at=3.0, value="Talking\n301")
    assert call.broken(RULE)


@pytest.mark.parametrize("to", [NAMED, f"{ANEW};privacy=full"])
def test_the_same_name_and_a_hidden_one_are_no_occasion(to: str) -> None:
    call = renamed(to=to).showed("display", 4.0, BEFORE)
    assert call.result(RULE) is Result.NOT_EXERCISED


def test_the_far_end_is_believed_only_behind_its_server() -> None:
    call = renamed().showed("display", 4.0, BEFORE)
    call.sip = [replace(m, src="203.0.113.9") if m.method == "UPDATE" else m for m in call.sip]
    assert call.result(RULE) is Result.NOT_EXERCISED


def test_what_was_not_looked_at_can_not_be_said() -> None:
    assert renamed().result(RULE) is Result.CANNOT_BE_SAID
    assert renamed().result(RULE, acts=False) is Result.CANNOT_BE_SAID
    pressed = renamed().did("key", 1.2, key="TRANSFER").showed("display", 4.0, "Transfer to:")
    assert pressed.result(RULE) is Result.CANNOT_BE_SAID
