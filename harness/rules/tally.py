"""How often each rule of a profile was exercised in a session, and what broke it first, as a run's record keeps it.

Tallies of several workers or several runs add up.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from harness.rules.findings import Finding, Result

MOST_REASONS = 5
"""At most this many reasons why a rule cannot be said are kept."""
_NOT_STORED = ("result", "level")
"""Fields of the first finding that the record leaves out."""


@dataclass
class First:
    """The first finding that broke a rule, and the test in whose time it fell."""

    finding: Finding
    test: str
    folder: str = ""
    """The folder of its evidence, as a path inside the run's folder."""

    def as_json(self) -> dict[str, Any]:
        """For run.json; empty values are left out."""
        found = asdict(self.finding) | {"test": self.test, "folder": self.folder}
        return {key: value for key, value in found.items() if value and key not in _NOT_STORED}

    @classmethod
    def of_json(cls, found: Mapping[str, Any]) -> First:
        """The same from a record."""
        own = {key: found[key] for key in ("test", "folder") if key in found}
        words = {key: value for key, value in found.items() if key not in (*own, "frames")}
        return cls(Finding(Result.BROKEN, frames=tuple(found.get("frames", ())), **words), **own)


@dataclass
class Tally:
    """One rule in one session. `provoked` occasions were broken on purpose and are counted separately."""

    held: int = 0
    broken: int = 0
    unsaid: int = 0
    provoked: int = 0
    first: First | None = None
    tests: dict[str, int] = field(default_factory=dict)
    """Broken occasions by the test in whose time they fell."""
    reasons: dict[str, int] = field(default_factory=dict)
    """Why it cannot be said, with the number of times."""
    covered: dict[str, int] = field(default_factory=dict)
    """Broken occasions that are reported as those of this other rule."""
    fault: str = ""
    """The error of the rule itself: a fault of the harness."""
    features: tuple[str, ...] = ()
    stalled: int = 0
    """Occasions that are not judged, though they look broken, as the host stood still."""
    stall: str = ""
    """What is said of the first of these."""

    @property
    def result(self) -> Result:
        """Broken before held before cannot be said."""
        if self.broken or self.covered:
            return Result.BROKEN
        if self.held:
            return Result.HELD
        return Result.CANNOT_BE_SAID if self.unsaid else Result.NOT_EXERCISED

    @property
    def occasions(self) -> int:
        """How often the rule was exercised: held or broken."""
        return self.held + self.broken

    def take(self, finding: Finding, test: str, *, provoked: bool) -> None:
        """Count a finding that is not held; the first broken one is kept in full."""
        if finding.result is Result.CANNOT_BE_SAID:
            self.unsaid += 1
            self.stalled += finding.stalled
            self.stall = self.stall or (finding.seen if finding.stalled else "")
            self._give_reason(finding.seen, 1)
        elif provoked:
            self.provoked += 1
        else:
            self.broken += 1
            self.tests[test] = self.tests.get(test, 0) + 1
            if self.first is None or finding.at < self.first.finding.at:
                self.first = First(finding, test)

    def hand_over(self, rule: str, other: Tally) -> None:
        """Report the broken occasions as those of another rule, which then is about the features of both."""
        self.covered[rule] = self.covered.get(rule, 0) + self.broken
        self.broken, self.first, self.tests = 0, None, {}
        other.features = tuple(dict.fromkeys([*other.features, *self.features]))

    def add(self, other: Tally) -> None:
        """Add the counts of another worker or run for the same rule."""
        self.held += other.held
        self.broken += other.broken
        self.unsaid += other.unsaid
        self.provoked += other.provoked
        self.stalled += other.stalled
        self.stall = self.stall or other.stall
        for test, count in other.tests.items():
            self.tests[test] = self.tests.get(test, 0) + count
        for reason, count in other.reasons.items():
            self._give_reason(reason, count)
        for rule, count in other.covered.items():
            self.covered[rule] = self.covered.get(rule, 0) + count
        if other.first is not None and (self.first is None or other.first.finding.at < self.first.finding.at):
            self.first = other.first
        self.fault = self.fault or other.fault
        self.features = tuple(dict.fromkeys([*self.features, *other.features]))

    def as_json(self) -> dict[str, Any]:
        """For run.json; empty values are left out, except the counts."""
        counts = {"held": self.held, "broken": self.broken, "unsaid": self.unsaid}
        rest = {"provoked": self.provoked, "tests": self.tests, "reasons": self.reasons, "covered": self.covered}
        rest |= {"fault": self.fault, "stalled": self.stalled, "stall": self.stall}
        rest |= {"first": self.first.as_json() if self.first else None, "features": list(self.features)}
        return counts | {key: value for key, value in rest.items() if value}

    @classmethod
    def of_json(cls, found: Mapping[str, Any]) -> Tally:
        """The tally from a record; raises TypeError for other content."""
        rest = {key: value for key, value in found.items() if key not in ("first", "features")}
        first = found.get("first")
        return cls(**rest, first=First.of_json(first) if first else None, features=tuple(found.get("features", ())))

    def _give_reason(self, reason: str, count: int) -> None:
        known = reason if reason in self.reasons or len(self.reasons) < MOST_REASONS else "other reasons"
        self.reasons[known] = self.reasons.get(known, 0) + count


Tallies = dict[str, dict[str, Tally]]
"""By profile, then by rule."""


def read(record: Mapping[str, Any]) -> Tallies:
    """The tallies of a record's `rules`, by profile and rule."""
    return {
        profile: {rule: Tally.of_json(found) for rule, found in rules.items()}
        for profile, rules in (record.get("rules") or {}).items()
    }


def as_json(tallies: Tallies) -> dict[str, Any]:
    """The same for a record."""
    return {profile: {rule: one.as_json() for rule, one in rules.items()} for profile, rules in tallies.items()}


def total(several: Iterable[Tallies]) -> Tallies:
    """The sum of several tallies."""
    summed: Tallies = {}
    for tallies in several:
        for profile, rules in tallies.items():
            known = summed.setdefault(profile, {})
            for rule, tally in rules.items():
                known.setdefault(rule, Tally()).add(tally)
    return summed


def by_test(tallies: Tallies) -> dict[str, list[str]]:
    """The rules that broke in the time of each test."""
    found: dict[str, list[str]] = {}
    for rules in tallies.values():
        for rule, tally in rules.items():
            for test in tally.tests:
                found.setdefault(test, []).append(rule)
    return found
