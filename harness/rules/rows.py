"""Joins the rows of a profile with the functions that judge them; a mismatch is an error at load."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from harness.core import overrides
from harness.core.errors import UsageError
from harness.profiles import model
from harness.profiles.model import Profile, Rule
from harness.rules import all_rules
from harness.rules.evidence import Evidence
from harness.rules.excuses import findings_of
from harness.rules.findings import Finding
from harness.rules.registry import RuleFunction

STANDARDS, BASELINE = "standards", "baseline"
"""The rows that every profile inherits; a foreign trace can be judged by them alone."""


@dataclass(frozen=True)
class Row:
    """One row of a profile with its functions, each with the parameters that it reads."""

    rule: Rule
    functions: tuple[tuple[RuleFunction, Any], ...]

    @property
    def id(self) -> str:
        """The row's id, e.g. HLD-1."""
        return self.rule.id

    @property
    def reads(self) -> frozenset[str]:
        """The protocols that its functions look at."""
        return frozenset().union(*(function.reads for function, _ in self.functions))

    def findings(self, evidence: Evidence) -> Iterator[Finding]:
        """The findings of all its functions, in no particular order."""
        for function, expect in self.functions:
            for subject in function.subjects(evidence):
                yield from findings_of(function, subject, expect, evidence)


@overrides.cached
def rows_of(name: str) -> dict[str, Row]:
    """The rows of a profile by id.

    Raises UsageError for a function whose row no profile has, a row that no function judges, one that covers a row that
    is not there, and a parameter that no function reads or that is missing.
    """
    profile = model.load(name)
    known = all_rules.functions()
    without_row = sorted(set(known) - set(profile.rules if name != STANDARDS else model.load(BASELINE).rules))
    if without_row:
        where = ", ".join(f"{row} ({known[row][0].name})" for row in without_row)
        remedy = "add the row to standards.yaml or baseline.yaml"
        raise UsageError(f"profile {name}: rules without a row: {where}", remedy=remedy)
    unjudged = sorted(set(profile.rules) - set(known))
    if unjudged:
        remedy = "write the function in harness/rules; a new module of it is added to all_rules.py"
        raise UsageError(f"profile {name}: rows that no function judges: {', '.join(unjudged)}", remedy=remedy)
    for rule in profile.rules.values():
        if strange := sorted(set(rule.covers) - set(profile.rules)):
            text = f"profile {name}: {rule.id}: covers {', '.join(strange)}: no such row"
            raise UsageError(text, remedy="name rows of this profile")
    return {row: Row(rule, tuple(_bound(profile, rule, known.get(row, [])))) for row, rule in profile.rules.items()}


def _bound(profile: Profile, rule: Rule, functions: list[RuleFunction]) -> Iterator[tuple[RuleFunction, Any]]:
    read = {field for function in functions if function.expect for field in function.expect.model_fields}
    unread = sorted(set(rule.expect) - read)
    if unread:
        text = f"profile {profile.name}: {rule.id}: expect.{', expect.'.join(unread)}: no rule reads it"
        raise UsageError(text, remedy=f"the rules of {rule.id} read {', '.join(sorted(read)) or 'no parameter'}")
    for function in functions:
        if function.expect is None:
            yield function, None
            continue
        fields = {name: rule.expect[name] for name in function.expect.model_fields if name in rule.expect}
        try:
            yield function, function.expect.model_validate(fields)
        except ValidationError as error:
            lines = "; ".join(f"expect.{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
            raise UsageError(
                f"profile {profile.name}: {rule.id}: {lines}",
                remedy="compare with the parameters of its functions in harness/rules",
            ) from None
