"""Judges evidence by the rules of a profile: one result for each rule."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field

from harness.core.errors import Expectation
from harness.profiles.model import Rule
from harness.rules.evidence import Evidence
from harness.rules.findings import Finding, Result
from harness.rules.rows import Row, rows_of

Provoked = Callable[[str, float], bool]
_MOST_FINDINGS = 200
"""At most this many broken occasions of a rule are kept; the count goes on."""


@dataclass(frozen=True)
class Judgement:
    """The result of one rule: how often it held, the findings that broke it in order of time, what cannot be said."""

    rule: Rule
    held: int = 0
    broken: tuple[Finding, ...] = ()
    unsaid: tuple[Finding, ...] = ()
    broken_count: int = 0
    held_in: Mapping[str, int] = field(default_factory=dict)
    """How often it held in each call."""
    unsaid_count: int = 0
    provoked: int = 0
    """How often it was broken because a test made the base break it."""

    @property
    def result(self) -> Result:
        """Broken before held before cannot be said."""
        if self.broken:
            return Result.BROKEN
        if self.held:
            return Result.HELD
        return Result.CANNOT_BE_SAID if self.unsaid else Result.NOT_EXERCISED

    def of_call(self, call_id: str) -> Judgement:
        """The result in one call."""
        broken = tuple(found for found in self.broken if found.call_id == call_id)
        unsaid = tuple(found for found in self.unsaid if found.call_id == call_id)
        held = self.held_in.get(call_id, 0)
        return Judgement(self.rule, held, broken, unsaid, len(broken), self.held_in, len(unsaid))

    @property
    def occasions(self) -> int:
        """How often the rule was exercised: held or broken."""
        return self.held + self.broken_count

    @property
    def expectations(self) -> list[Expectation]:
        """The broken occasions, as texts of a failure."""
        row = self.rule
        return [found.expectation(row.id, row.claim, row.source, row.level) for found in self.broken]


def judge(
    evidence: Evidence,
    profile: str,
    only: Collection[str] = (),
    since: float = 0.0,
    until: float = float("inf"),
    provoked: Provoked | None = None,
) -> list[Judgement]:
    """Judge all evidence by every rule of a profile, or `only` these; findings before `since` are left out.

    `provoked` says of a rule's id and a moment whether the base was made to break the rule then.
    """
    rows = rows_of(profile)
    chosen = [rows[name] for name in (only or rows)]
    return [_judgement(row, (f for f in row.findings(evidence) if since <= f.at <= until), provoked) for row in chosen]


def _judgement(row: Row, findings: Iterable[Finding], provoked: Provoked | None) -> Judgement:
    held = on_purpose = 0
    held_in: Counter[str] = Counter()
    broken: list[Finding] = []
    unsaid: list[Finding] = []
    for finding in findings:
        if finding.result is Result.HELD:
            held += 1
            held_in[finding.call_id] += 1
        elif finding.result is Result.BROKEN:
            if provoked is not None and provoked(row.id, finding.at):
                on_purpose += 1
            else:
                broken.append(finding)
        else:
            unsaid.append(finding)
    broken.sort(key=lambda finding: finding.at)
    first_broken, first_unsaid = tuple(broken[:_MOST_FINDINGS]), tuple(unsaid[:_MOST_FINDINGS])
    return Judgement(row.rule, held, first_broken, first_unsaid, len(broken), held_in, len(unsaid), on_purpose)
