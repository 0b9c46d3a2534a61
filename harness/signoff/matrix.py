"""The matrix of requirements and profiles, and the conclusion from it."""

from __future__ import annotations

import enum
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from harness.core.verdict import Verdict
from harness.profiles import model as profiles
from harness.profiles.model import Rule
from harness.rules import findings, tally
from harness.rules.tally import Tallies
from harness.signoff import health_record, requirements
from harness.signoff.catalogue import Area, Catalogue, Feature
from harness.signoff.results import COMMON, UNRECORDED, Result, Run

# From worst to best: a cell has the worst verdict of its tests.
_ORDER = (Verdict.PRODUCT_FAILURE, Verdict.HARNESS_FAULT, Verdict.RIG_FAULT, Verdict.INVALID, Verdict.WARNING,
          Verdict.PASSED, Verdict.NOT_APPLICABLE)  # fmt: skip
_UNDECIDED = (Verdict.HARNESS_FAULT, Verdict.RIG_FAULT, Verdict.INVALID)
# Verdicts about the product; a test with two of them on one rig is unstable.
_JUDGED = (Verdict.PASSED, Verdict.WARNING, Verdict.PRODUCT_FAILURE)


class Decision(enum.Enum):
    """The conclusion for the release manager."""

    SIMULATED = "cannot be signed off: simulated"
    REFUSE = "refuse: the product failed"
    INCOMPLETE = "not yet: something could not be judged"
    NOTHING = "nothing was judged"
    READY = "may be signed off"


@dataclass(frozen=True)
class Cell:
    """One feature under one profile: its tests' latest results on each rig; without any it is not covered."""

    results: tuple[Result, ...] = ()
    unstable: tuple[str, ...] = ()

    @property
    def verdict(self) -> Verdict | None:
        """The worst verdict, or None if no test ran."""
        found = {result.verdict for result in self.results}
        return next((verdict for verdict in _ORDER if verdict in found), None)

    @property
    def counts(self) -> Counter[Verdict]:
        """The numbers of tests by verdict."""
        return Counter(result.verdict for result in self.results)

    @property
    def judged(self) -> bool:
        """Whether at least one test judged the product."""
        return any(result.verdict in _JUDGED for result in self.results)


@dataclass(frozen=True)
class Matrix:
    """Features by profiles, over one or more runs.

    If a test ran several times on one rig with one firmware, the latest result counts; each rig's result is kept.
    """

    catalogue: Catalogue
    runs: tuple[Run, ...]
    columns: tuple[str, ...]
    cells: dict[tuple[str, str], Cell]
    unknown: tuple[str, ...] = field(default=())
    latest: tuple[Result, ...] = field(default=())
    unstable: tuple[Result, ...] = field(default=())

    def cell(self, feature: Feature | str, column: str) -> Cell:
        """The results of a feature under a profile."""
        return self.cells.get((feature if isinstance(feature, str) else feature.id, column), Cell())

    def covered(self, feature: Feature) -> bool:
        """Whether any profile's tests judged the feature."""
        return any(self.cell(feature, column).judged for column in self.columns)

    def coverage(self, area: Area) -> tuple[int, int]:
        """The number of judged features and of all features of an area."""
        return sum(self.covered(feature) for feature in area.features), len(area.features)

    @property
    def uncovered(self) -> list[Feature]:
        """The features that no test judged."""
        return [feature for feature in self.catalogue.features if not self.covered(feature)]

    @cached_property
    def rules(self) -> Tallies:
        """The counts of each rule under each profile, over all runs."""
        return tally.total(run.rules for run in self.runs)

    @cached_property
    def requirements(self) -> list[requirements.Line]:
        """The rows of the matrix of platforms under the profiles of these runs."""
        return requirements.lines(self.columns, self.latest, self.rules)

    @property
    def unjudged_rules(self) -> dict[str, list[Rule]]:
        """The rules of each profile that neither a test nor the watch judged; an unknown profile has none."""
        judged = {(result.profile, result.rule_judged) for result in self.latest if result.verdict in _JUDGED}
        judged |= {(name, rule) for name, rules in self.rules.items() for rule, one in rules.items() if one.occasions}
        found = {
            column: [
                rule
                for rule in profiles.load(column).rules.values()
                if (column, rule.id) not in judged and (column in self.rules or not rule.of_all_traffic)
            ]
            for column in self.columns
            if column in profiles.names()
        }
        return {column: rules for column, rules in found.items() if rules}

    @property
    def counts(self) -> Counter[Verdict]:
        """The numbers of tests by verdict; a test counts once for each rig and firmware."""
        return Counter(result.verdict for result in self.latest)

    @property
    def simulated(self) -> bool:
        """Whether any run judged a software rig."""
        return any(run.simulated for run in self.runs)

    @property
    def firmwares(self) -> tuple[str, ...]:
        """The firmware versions of the rigs."""
        return tuple(sorted({run.firmware for run in self.runs}))

    @property
    def doubts(self) -> list[str]:
        """Reasons against signing other than product failures, one line each."""
        found = [f"{run.name} was cut off" for run in self.runs if run.cut_off]
        if len(self.firmwares) > 1:
            found.append(f"runs of {len(self.firmwares)} firmwares: {', '.join(self.firmwares)}; one sheet is for one")
        for run in self.runs:
            if run.firmware == UNRECORDED:
                found.append(f"{run.name} does not say which firmware it judged (m9 nightly --firmware FILE)")
            found += [f"{run.name}: {text}" for text in run.unjudged]
            found += [f"{run.name}: {part} was dead before the run" for part in health_record.ill(run.health)]
        found += [f"unstable on one rig: {result.test_id} ({result.profile})" for result in self.unstable]
        undecided = [(verdict, self.counts[verdict]) for verdict in _UNDECIDED if self.counts[verdict]]
        return found + [f"not judged: {count} × {verdict.value}" for verdict, count in undecided]

    @property
    def decision(self) -> Decision:
        """What may be concluded; a simulated run is never signed off."""
        counts = self.counts
        if self.simulated:
            return Decision.SIMULATED
        if counts[Verdict.PRODUCT_FAILURE]:
            return Decision.REFUSE
        if self.doubts:
            return Decision.INCOMPLETE
        if not counts[Verdict.PASSED] and not counts[Verdict.WARNING]:
            return Decision.NOTHING
        return Decision.READY

    def as_json(self) -> dict[str, Any]:
        """The matrix for a machine: schema 1."""
        return {
            "schema": 1,
            "decision": self.decision.name.lower(),
            "doubts": self.doubts,
            "simulated": self.simulated,
            "counts": {verdict.count_key: self.counts[verdict] for verdict in Verdict},
            "profiles": list(self.columns),
            "runs": [
                {"name": r.name, "rig": r.rig, "simulated": r.simulated, "firmware": r.firmware, "started": r.started}
                for r in self.runs
            ],
            "features": [self._feature(area, feature) for area in self.catalogue.areas for feature in area.features],
            "platforms": requirements.as_json(self.requirements),
            "platforms_count": dict(requirements.counts(self.requirements)),
            "rules": tally.as_json(self.rules),
            "rules_not_judged": {name: [rule.id for rule in rules] for name, rules in self.unjudged_rules.items()},
            "features_not_in_the_catalogue": list(self.unknown),
        }

    def _feature(self, area: Area, feature: Feature) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for column in self.columns:
            cell = self.cell(feature, column)
            verdict = cell.verdict
            found[column] = {
                "verdict": verdict.value if verdict else "not covered",
                # The worst is first in a cell and last here: it stands for a test that ran on several rigs.
                "tests": {result.test_id: result.verdict.value for result in reversed(cell.results)},
                "rigs": sorted({result.rig for result in cell.results}),
                "unstable": list(cell.unstable),
            }
        return {"id": feature.id, "title": feature.title, "area": area.area, "slide": feature.slide,
                "covered": self.covered(feature), "untested": feature.untested, "profiles": found}  # fmt: skip


def build(catalogue: Catalogue, runs: Sequence[Run]) -> Matrix:
    """The matrix of these runs, in the order of their starts."""
    ordered = tuple(sorted(runs, key=lambda run: run.started))
    latest: dict[tuple[str, ...], Result] = {}
    verdicts: dict[tuple[str, ...], set[Verdict]] = {}
    for run in ordered:
        for result in [*run.results, *_held_again(run, latest)]:
            key = (result.rig, run.firmware, result.test_id, result.profile)
            latest[key] = result
            verdicts.setdefault(key, set()).add(result.verdict)
    unstable = tuple(latest[key] for key, found in verdicts.items() if len(found.intersection(_JUDGED)) > 1)
    gathered: dict[tuple[str, str], list[Result]] = {}
    for result in latest.values():
        for feature in result.features:
            gathered.setdefault((feature, result.profile), []).append(result)
    cells = {
        place: Cell(
            tuple(sorted(found, key=lambda r: (_ORDER.index(r.verdict), r.test_id))),
            tuple(dict.fromkeys(r.test_id for r in found if r in unstable)),
        )
        for place, found in gathered.items()
    }
    columns = tuple(dict.fromkeys(profile for run in ordered for profile in run.profiles))
    if any(result.profile == COMMON for result in latest.values()):
        columns += (COMMON,)
    unknown = sorted({feature for feature, _ in gathered} - catalogue.ids)
    return Matrix(catalogue, ordered, columns, cells, tuple(unknown), tuple(latest.values()), unstable)


def _held_again(run: Run, latest: Mapping[tuple[str, ...], Result]) -> list[Result]:
    """Only a broken rule has a watch result: drop an earlier one if the rule held in this run."""
    found = []
    for (rig, firmware, _, profile), result in latest.items():
        one = run.rules.get(profile, {}).get(result.rule_watched)
        same = rig in run.rigs and firmware == run.firmware
        if same and one is not None and one.result is findings.Result.HELD:
            found.append(replace(result, verdict=Verdict.PASSED, reason="", run=run.name))
    return found
