"""While the host stands still no rule that rests on time breaks; one that rests on words does."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import replace

import pytest

from harness.capture.sight import Sight
from harness.core.errors import RigFault
from harness.core.stall import Stall
from harness.procedures.judging import raise_if_broken
from harness.rules import all_rules
from harness.rules.evidence import Evidence
from harness.rules.findings import Result
from harness.rules.judge import judge
from suites.selftest.rules.healthy_call import BASE, messages
from suites.selftest.rules.judging import with_header

RESTS_ON_TIME = re.compile(r"_(s|ms|within_share)$")


def _judged(sip, row: str, *stalls: Stall):
    sight = replace(Sight.whole(sip), ends=sip[-1].at + 60, stalls=stalls)
    (found,) = judge(Evidence([BASE], sip=sip, acts=[], sight=sight), "asterisk", [row])
    return found


@pytest.fixture
def late():
    """A base that does not acknowledge an answer."""
    sip = [m for m in messages() if m.method != "ACK"]
    assert _judged(sip, "SIP-ACK").result is Result.BROKEN
    return sip


def test_a_rule_that_rests_on_time_is_not_judged_while_the_host_stands_still(late) -> None:
    at = _judged(late, "SIP-ACK").broken[0].at
    found = _judged(late, "SIP-ACK", Stall(at + 0.1, at + 0.6, 0.45, "rigs.standin"))
    assert found.result is Result.CANNOT_BE_SAID
    assert "the host stalled: rigs.standin stood still for 450 ms" in found.unsaid[0].seen
    with pytest.raises(RigFault, match="SIP-ACK rests on time and is not judged") as fault:
        raise_if_broken(_Context(), [found])
    assert fault.value.part == "host"
    assert fault.value.remedy


def test_a_stall_at_another_time_excuses_nothing(late) -> None:
    at = _judged(late, "SIP-ACK").broken[0].at
    found = _judged(late, "SIP-ACK", Stall(at + 50, at + 51, 0.45, "rigs.standin"))
    assert found.result is Result.BROKEN


def test_a_rule_that_rests_on_words_breaks_under_load_too() -> None:
    sip = [with_header("Max-Forwards", "0")(m) if m.method == "BYE" and m.src == BASE else m for m in messages()]
    at = _judged(sip, "SIP-MAX-FORWARDS").broken[0].at
    assert _judged(sip, "SIP-MAX-FORWARDS", Stall(at - 1, at + 1, 0.9, "rigs.standin")).result is Result.BROKEN


class _Context:
    profile = type("Profile", (), {"name": "asterisk"})
    wire = type("Wire", (), {"before": staticmethod(lambda: "")})


def test_every_rule_with_a_time_among_its_parameters_says_that_it_rests_on_time() -> None:
    silent = [
        (row, function.name)
        for row, functions in all_rules.functions().items()
        for function in functions
        if function.expect is not None and not function.timed and _times(function.expect.model_fields)
    ]
    assert silent == []


def _times(fields: Collection[str]) -> list[str]:
    return [name for name in fields if RESTS_ON_TIME.search(name)]
