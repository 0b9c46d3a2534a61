"""How often each rule of a profile was exercised: the table of the release sheet and of the Allure report."""

from __future__ import annotations

from dataclasses import dataclass

from harness.capture.messages import clock_text
from harness.profiles import model as profiles
from harness.profiles.model import Rule
from harness.rules.findings import Result
from harness.rules.tally import Tallies, Tally
from harness.signoff import pages

_KINDS = {
    Result.BROKEN: ("fail", "✗"),
    Result.CANNOT_BE_SAID: ("invalid", "?"),
    Result.NOT_EXERCISED: ("none", "–"),
    Result.HELD: ("pass", "✓"),
}


@dataclass(frozen=True)
class Line:
    """One rule with its counts; `rule` is None if this version of the harness does not have it."""

    id: str
    rule: Rule | None
    tally: Tally

    @property
    def result(self) -> Result:
        """Broken, else held, else not judged."""
        return self.tally.result

    @property
    def kind(self) -> str:
        """The style of its row: fail, pass, invalid or none."""
        return _KINDS[self.result][0]

    @property
    def mark(self) -> str:
        """The sign in front of its name."""
        return _KINDS[self.result][1]

    @property
    def note(self) -> str:
        """The first packet that broke it and its test, or why it could not be judged."""
        tally, first = self.tally, self.tally.first
        told = []
        if first is not None:
            found = first.finding
            packet = f"packet {found.frames[-1]}" if found.frames else "no packet"
            told.append(f"{clock_text(found.at)} {packet} in {first.test.removeprefix('suites/')}")
            told.append(f"expected {found.expected}, seen {found.seen.partition(chr(10))[0]}")
        told += [f"{count} × {reason}" for reason, count in tally.reasons.items()]
        told += [f"{tally.provoked} × broken on purpose by a test"] if tally.provoked else []
        told += [f"{count} × broken, reported as {rule}" for rule, count in tally.covered.items()]
        told += [f"the rule failed: {tally.fault}"] if tally.fault else []
        return "\n".join(told)


def lines(profile: str, tallies: Tallies) -> list[Line]:
    """The rules of a profile in its order; rules that only the record has come last."""
    found = tallies.get(profile, {})
    known = profiles.load(profile).rules if profile in profiles.names() else {}
    rest = [rule for rule in found if rule not in known]
    return [Line(rule, known.get(rule), found.get(rule, Tally())) for rule in (*known, *rest)]


def note(profile: str) -> str:
    """How far the results of a profile reach; empty for one without a limit, or without a file."""
    return profiles.load(profile).note if profile in profiles.names() else ""


def sums(found: list[Line]) -> str:
    """The numbers of rules by result, in one line."""
    counts = {result: sum(line.result is result for line in found) for result in _KINDS}
    told = [f"{counts[result]} {result.value}" for result in (Result.HELD, *_KINDS) if counts[result]]
    times = sum(line.tally.held + line.tally.broken for line in found)
    return f"{len(found)} rules: {', '.join(dict.fromkeys(told))}; {times} occasions"


def page(tallies: Tallies) -> str:
    """A complete page for the report of a run."""
    return pages.draw("rules.html.j2", tallies=tallies, lines=lines, sums=sums, note=note)
