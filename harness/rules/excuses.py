"""No verdict rests on a gap of the capture or a stall of the host: a broken occasion beside one cannot be said."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from harness.core.stall import worst_between
from harness.rules.findings import Finding, Result
from harness.rules.reactions import LOST

if TYPE_CHECKING:
    from harness.rules.evidence import Evidence
    from harness.rules.registry import RuleFunction

GAP_BEFORE_S, GAP_AFTER_S = 32.0, 1.0
"""A missing packet may have been the cause of what follows for as long as a transaction lasts (RFC 3261: 64*T1)."""
STALL_BEFORE_S, STALL_AFTER_S = 1.0, 5.0
"""Seconds around the occasions of a finding in which a stall of the host may have caused it."""


def findings_of(function: RuleFunction, subject: Any, expect: Any, evidence: Evidence) -> Iterator[Finding]:
    """The findings of a function in a subject.

    What one packet shows by itself rests on no other; only a function that is `timed` rests on the host.
    """
    for finding in function.findings(subject, expect):
        if finding.result is Result.BROKEN and function.timed:
            finding = beside_a_stall(finding, evidence)
        if finding.result is Result.BROKEN and not function.of_one_packet:
            finding = beside_a_gap(finding, evidence)
        yield finding


def beside_a_stall(finding: Finding, evidence: Evidence) -> Finding:
    """A broken finding; around a stall of the host it cannot be said."""
    begins, ends = (finding.begins or finding.at) - STALL_BEFORE_S, finding.at + STALL_AFTER_S
    stall = worst_between(evidence.sight.stalls, begins, ends)
    return finding if stall is None else replace(_unsaid(finding, f"the host stalled: {stall}"), stalled=True)


def beside_a_gap(finding: Finding, evidence: Evidence) -> Finding:
    """A broken finding; in a call, or in a transaction's time, in which the capture lost packets it cannot be said."""
    lost = evidence.has_lost(_since(finding, evidence), finding.at + GAP_AFTER_S)
    return _unsaid(finding, LOST) if lost else finding


def _unsaid(finding: Finding, why: str) -> Finding:
    first, *_ = finding.seen.splitlines() or [""]
    return replace(finding, result=Result.CANNOT_BE_SAID, expected="", seen=f"{why}; seen was {first}")


def _since(finding: Finding, evidence: Evidence) -> float:
    """From when on a missing packet may be why the rule looks broken: within a call, from its beginning on."""
    calls = [call.began_at for call in evidence.calls if call.call_id == finding.call_id] if finding.call_id else []
    return min([finding.at, *calls]) if calls else finding.at - GAP_BEFORE_S
