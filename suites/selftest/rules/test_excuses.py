"""Where the capture stood still the base is not blamed for what was not seen: rules cannot say, and judge the rest."""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any

import pytest

from harness.capture.sight import Sight
from harness.rules.evidence import Evidence
from harness.rules.excuses import findings_of
from harness.rules.findings import Finding, Result, broken, held
from harness.rules.judge import judge
from suites.selftest.rules.healthy_call import BASE, messages
from suites.selftest.rules.judging import with_header
from suites.selftest.rules.paper_call import PaperCall

HANGS_UP = 20.0


@dataclass(frozen=True)
class _Seen:
    """An occasion."""

    at: float


def _finding(found: Finding) -> Any:
    """A function that finds this."""
    return SimpleNamespace(findings=lambda subject, expect: [found], timed=False, of_one_packet=False)


def silent() -> PaperCall:
    """The base hangs up, and nothing of it is on the wire."""
    return PaperCall(ends=60.0).answered(10.0).did("hang-up", HANGS_UP)


def judged(evidence: Evidence, *gaps: tuple[float, float]) -> Result:
    evidence.sight = replace(evidence.sight, gaps=gaps)
    (found,) = judge(evidence, "asterisk", ["CALL-BYE"])
    return found.result


@pytest.mark.parametrize("gap", [(19.9, 30.0), (5.0, 20.1), (21.0, 22.0)])
def test_what_may_have_come_in_a_gap_is_not_missed(gap: tuple[float, float]) -> None:
    assert judged(silent().evidence(), gap) is Result.CANNOT_BE_SAID


@pytest.mark.parametrize("gap", [(5.0, 8.0), (40.0, 50.0)])
def test_a_gap_at_another_time_is_no_excuse(gap: tuple[float, float]) -> None:
    assert judged(silent().evidence(), gap) is Result.BROKEN
    assert judged(silent().evidence()) is Result.BROKEN


def test_evidence_with_a_gap_has_not_seen_that_time() -> None:
    evidence = silent().evidence()
    evidence.sight = replace(evidence.sight, gaps=((12.0, 13.0),))
    assert not evidence.has_seen(11.0, 14.0)
    assert evidence.has_seen(14.0, 15.0)
    assert evidence.has_lost(12.5, 12.6)


def test_a_wrong_message_beside_a_gap_may_answer_what_is_missing() -> None:
    finding = broken(_Seen(20.0), expected="a", seen="b")
    for gap, result in (((19.0, 19.0), Result.CANNOT_BE_SAID), ((-15.0, -14.0), Result.BROKEN)):
        evidence = Evidence(("192.0.2.50",), sip=[], sight=Sight(0.0, 60.0, gaps=(gap,)))
        assert [one.result for one in findings_of(_finding(finding), None, None, evidence)] == [result]


def test_what_held_beside_a_gap_has_held() -> None:
    evidence = Evidence(("192.0.2.50",), sip=[], sight=Sight(0.0, 60.0, gaps=((19.0, 19.0),)))
    assert [one.result for one in findings_of(_finding(held(_Seen(20.0))), None, None, evidence)] == [Result.HELD]


@pytest.mark.parametrize(
    ("rule", "sip", "result"),
    [
        ("SIP-MAX-FORWARDS", [with_header("Max-Forwards", "0")(m) for m in messages()], Result.BROKEN),
        ("SIP-ACK", [m for m in messages() if m.method != "ACK"], Result.CANNOT_BE_SAID),
    ],
    ids=["seen in one packet", "missing"],
)
def test_what_one_packet_shows_by_itself_breaks_beside_lost_packets_too(rule: str, sip, result: Result) -> None:
    for lacks in ({"gaps": ((0.0, 60.0),)}, {"lost_packets": 3}):
        sight = replace(Sight.whole(sip), ends=sip[-1].at + 60, **lacks)
        (found,) = judge(Evidence([BASE], sip=sip, acts=[], sight=sight), "asterisk", [rule])
        assert found.result is result
