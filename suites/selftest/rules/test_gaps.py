"""Where the capture stood still the base is not blamed for what was not seen: rules cannot say, and judge the rest."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.rules.evidence import Evidence
from harness.rules.findings import Result
from harness.rules.judge import judge
from suites.selftest.rules.paper_call import PaperCall

HANGS_UP = 20.0


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
