"""One line for each rule: how often it held, what broke it and in which call, and why it could not be judged."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from harness.rules.covering import covered
from harness.trace_report.model import Fault, RuleLine, Unsaid

if TYPE_CHECKING:
    from harness.rules.call_evidence import CallEvidence
    from harness.rules.findings import Finding
    from harness.rules.judge import Judgement

TestAt = Callable[[float], str]
"""The test in whose time a moment is."""
_MOST_REASONS = 5


class CallNumbers:
    """Finds the call that a finding belongs to: by Call-ID, and by packets where two calls share one."""

    def __init__(self, calls: Sequence[CallEvidence]) -> None:
        self._by_id: dict[str, list[tuple[int, CallEvidence]]] = {}
        self._frames: dict[int, frozenset[int]] = {}
        for number, call in enumerate(calls, 1):
            self._by_id.setdefault(call.call_id, []).append((number, call))

    def of(self, finding: Finding) -> int:
        """The number, 0 for what belongs to no call; packets of media are in no call's messages, so time decides."""
        found = self._by_id.get(finding.call_id, []) if finding.call_id else []
        if len(found) < 2:
            return found[0][0] if found else 0
        by_packet = (n for n, call in found if not self._frames_of(n, call).isdisjoint(finding.frames))
        by_time = (n for n, call in found if call.began_at <= finding.at <= call.last_at)
        return next(by_packet, 0) or next(by_time, 0)

    def _frames_of(self, number: int, call: CallEvidence) -> frozenset[int]:
        if number not in self._frames:
            self._frames[number] = frozenset(m.frame for m in call.messages)
        return self._frames[number]


def line(judgement: Judgement, numbers: CallNumbers, test_at: TestAt) -> RuleLine:
    """What is said of one rule."""
    rule = judgement.rule
    return RuleLine(
        id=rule.id,
        claim=rule.claim,
        level=_level(judgement),
        source=rule.source,
        means=rule.means,
        look=rule.look,
        result=judgement.result.value,
        held=judgement.held,
        broken=judgement.broken_count,
        unsaid=judgement.unsaid_count,
        provoked=judgement.provoked,
        faults=tuple(_fault(judgement, finding, numbers.of(finding), test_at) for finding in judgement.broken),
        reasons=tuple(_reasons(judgement.unsaid, numbers)),
    )


def _level(judgement: Judgement) -> str:
    """How sure it is: inferred where all that broke it is."""
    inferred = bool(judgement.broken) and all(found.level == "inferred" for found in judgement.broken)
    return "inferred" if inferred else judgement.rule.level


def told_once(lines: Sequence[RuleLine], covers: Mapping[str, Sequence[str]]) -> list[RuleLine]:
    """The same, where the platform's rule tells all faults of a general rule that it covers: one fault, one card."""
    known = {one.id: one for one in lines}
    whole = {rule: [general for general in covers[rule] if _has_all_faults(known[general])] for rule in covers}
    for general, rule in covered(whole, lambda rule: [(fault.call, fault.at) for fault in known[rule].faults]):
        known[general] = replace(known[general], told_as=rule)
    return list(known.values())


def _has_all_faults(line: RuleLine) -> bool:
    """Whether each of its broken occasions is kept: of many only the first are."""
    return line.broken == len(line.faults)


def _fault(judgement: Judgement, finding: Finding, call: int, test_at: TestAt) -> Fault:
    seen, *occasions = finding.seen.split("\n")
    rule = judgement.rule
    return Fault(
        rule=rule.id,
        claim=finding.claim or rule.claim,
        level=finding.level or rule.level,
        call=call,
        at=finding.at,
        frame=finding.frames[-1] if finding.frames else 0,
        frames=finding.frames,
        expected=finding.expected,
        seen=seen,
        occasions=tuple(text.strip() for text in occasions if text.strip()),
        source=finding.source or rule.source,
        test=test_at(finding.at),
    )


def _reasons(unsaid: Sequence[Finding], numbers: CallNumbers) -> list[Unsaid]:
    """Each reason once, the most frequent first."""
    found: dict[str, list[Finding]] = {}
    for finding in unsaid:
        found.setdefault(finding.seen, []).append(finding)
    ordered = sorted(found.items(), key=lambda item: -len(item[1]))[:_MOST_REASONS]
    return [Unsaid(why, len(all_), numbers.of(all_[0]), all_[0].at, _frame(all_[0])) for why, all_ in ordered]


def _frame(finding: Finding) -> int:
    return finding.frames[-1] if finding.frames else 0
