"""INVITEs with Replaces: the status that is due, and the end of the call that was replaced."""

from __future__ import annotations

import pytest

from harness.rules.findings import Result
from suites.selftest.rules.paper_call import PaperCall, beside

MEANT = "paper;to-tag=base;from-tag=peer"


def replacing(old: PaperCall, *finals: str, value: str = MEANT, at: float = 12.0) -> PaperCall:
    """Another far end sends an INVITE with Replaces at 12.0; the base answers with these."""
    new = PaperCall(call_id="second", ends=30.0)
    new.says(at, "INVITE", "1 INVITE", ours=False, tagged=False, replaces=value, far="third")
    for number, final in enumerate(finals):
        new.says(at + 0.1 + number, final, "1 INVITE", ours=True, far="third")
    return beside(new, old)


def talking() -> PaperCall:
    return PaperCall().answered(10.0)


def ringing(*, to_base: bool) -> PaperCall:
    old = PaperCall(to_base=to_base)
    old.says(10.0, "INVITE", "1 INVITE", ours=not to_base, tagged=False)
    old.says(10.1, "180 Ringing", "1 INVITE", ours=to_base)
    return old


def test_a_call_is_taken_over_at_once_and_the_old_far_end_hung_up():
    call = replacing(talking().hung_up(12.2), "200 OK")
    assert (call.result("XFR-4"), call.broken("XFR-4")) == (Result.HELD, [])
    by_the_far_end = replacing(talking().hung_up(12.2, ours=False), "200 OK")
    assert by_the_far_end.broken("XFR-4") == []


def test_ringing_first_and_an_old_far_end_that_stays_are_named():
    claim = "an INVITE with Replaces takes over its call at once"
    assert replacing(talking().hung_up(13.5), "180 Ringing", "200 OK").broken("XFR-4") == [claim]
    assert replacing(talking(), "200 OK").broken("XFR-4") == ["a call that was replaced is ended"]


@pytest.mark.parametrize("value", [f"x{MEANT}", "paper;to-tag=x;from-tag=peer", "paper;to-tag=base;from-tag=x"])
def test_a_dialog_that_is_not_known_is_481(value):
    assert replacing(talking(), "481 x", value=value).broken("XFR-4") == []
    wrong = replacing(talking(), "200 OK", value=value)
    assert wrong.broken("XFR-4") == ["an INVITE that replaces a call which is not known is refused"]
    assert wrong.result("XFR-4", acts=False) is Result.CANNOT_BE_SAID


def test_two_dialogs_are_400():
    both = f"{MEANT}, {MEANT}"
    assert replacing(talking(), "400 Bad Request", value=both).broken("XFR-4") == []
    assert replacing(talking(), "481 x", value=both).broken("XFR-4") == ["an INVITE with two Replaces is refused"]


def test_early_only_does_not_take_a_call_that_talks():
    assert replacing(talking(), "486 Busy Here", value=f"{MEANT};early-only").broken("XFR-4") == []
    taken = replacing(talking().hung_up(12.2), "200 OK", value=f"{MEANT};early-only")
    assert taken.broken("XFR-4") == ["an INVITE that replaces early calls only is refused by one that talks"]


def test_a_call_that_has_ended_is_603_and_later_unknown():
    over = talking().hung_up(11.0)
    assert replacing(over, "603 Decline").broken("XFR-4") == []
    claim = "an INVITE that replaces a call which has ended is declined"
    assert replacing(talking().hung_up(11.0), "481 x").broken("XFR-4") == [claim]
    assert replacing(talking().hung_up(11.0), "481 x", at=50.0).broken("XFR-4") == []


def test_only_its_own_call_is_taken_over_while_it_rings():
    claim = "an INVITE that replaces a call which rings at the base is refused"
    assert replacing(ringing(to_base=True), "481 x").broken("XFR-4") == []
    assert claim in replacing(ringing(to_base=True), "200 OK").broken("XFR-4")
    own = ringing(to_base=False)
    own.says(12.2, "CANCEL", "1 CANCEL", ours=True, tagged=False)
    assert replacing(own, "200 OK").broken("XFR-4") == []
