"""The rows of the matrix of platforms by profile: tested, watched, not applicable or untested, with the reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from harness.core.verdict import Verdict
from harness.profiles import matrix as platforms
from harness.profiles.matrix import Evidence
from harness.rules.tally import Tallies
from harness.signoff.results import Result

State = Literal["tested", "watched", "not applicable", "untested"]
STATES: tuple[State, ...] = ("tested", "watched", "not applicable", "untested")
MARKS: dict[State, str] = {"tested": "✓", "watched": "·", "not applicable": "–", "untested": "○"}
NOT_RUN = "no test of the row ran"
_JUDGED = (Verdict.PASSED, Verdict.WARNING, Verdict.PRODUCT_FAILURE)


@dataclass(frozen=True)
class Requirement:
    """One row under one profile."""

    row: str
    profile: str
    state: State
    reason: str
    """Why it is not applicable or untested; of one that is tested, what its tests leave out."""
    evidence: Evidence
    failed: bool = False

    @property
    def mark(self) -> str:
        """The sign in its cell."""
        return "✗" if self.failed else MARKS[self.state]

    @property
    def letter(self) -> str:
        """D documented, R default of the RFC, I inferred."""
        return {"documented": "D", "inferred": "I"}.get(self.evidence, "R")


@dataclass(frozen=True)
class Line:
    """One row with its cells, in the order of the profiles."""

    id: str
    title: str
    area: str
    core: bool
    cells: tuple[Requirement, ...]

    @property
    def reasons(self) -> dict[str, list[str]]:
        """Each reason with the profiles that it is about; none of cells that are tested without one."""
        found: dict[str, list[str]] = {}
        for cell in self.cells:
            if cell.reason:
                about = f"partly: {cell.reason}" if cell.state in ("tested", "watched") else cell.reason
                found.setdefault(about, []).append(cell.profile)
        return found


def lines(columns: Sequence[str], results: Iterable[Result], tallies: Tallies) -> list[Line]:
    """The rows under these profiles; a column that is no platform's has none."""
    known = platforms.load()
    profiles = [column for column in columns if column in known.platforms]
    own: dict[tuple[str, str], list[Result]] = {}
    for result in results:
        own.setdefault((result.rule_judged or result.rule, result.profile), []).append(result)
    return [
        Line(name, row.title, row.area, row.core, tuple(_cell(name, one, own, tallies) for one in profiles))
        for name, row in known.rows.items()
    ]


def _cell(row: str, profile: str, own: dict[tuple[str, str], list[Result]], tallies: Tallies) -> Requirement:
    """What the results say of a row; without any, what the matrix says."""
    known = platforms.load()
    told, evidence = known.rows[row], known.evidence(row, profile)
    found = own.get((row, profile), [])
    judged = [result for result in found if result.verdict in _JUDGED and not result.rule_watched]
    failed = any(result.verdict is Verdict.PRODUCT_FAILURE for result in found)
    partly = told.reason("partly", profile)
    if judged:
        return Requirement(row, profile, "tested", partly, evidence, failed)
    counted = tallies.get(profile, {}).get(row)
    if failed or (counted is not None and counted.occasions):
        return Requirement(row, profile, "watched", partly, evidence, failed)
    if reason := told.reason("not_applicable", profile):
        return Requirement(row, profile, "not applicable", reason, evidence)
    if reason := told.reason("untested", profile):
        return Requirement(row, profile, "untested", reason, evidence)
    here = next((result.reason for result in found if result.verdict is Verdict.NOT_APPLICABLE), "")
    return Requirement(row, profile, "not applicable" if here else "untested", here or NOT_RUN, evidence)


def counts(found: Iterable[Line], profile: str = "") -> Counter[State]:
    """The numbers of cells by state, of all profiles or of one."""
    return Counter(cell.state for line in found for cell in line.cells if profile in ("", cell.profile))


def words(counted: Counter[State]) -> str:
    """The numbers in one line."""
    return ", ".join(f"{counted[state]} {state}" for state in STATES if counted[state]) or "none"


def as_json(found: Iterable[Line]) -> dict[str, Any]:
    """The cells for a machine: row, then profile."""
    return {
        line.id: {
            cell.profile: {"state": cell.state, "reason": cell.reason, "evidence": cell.evidence, "failed": cell.failed}
            for cell in line.cells
        }
        for line in found
    }
