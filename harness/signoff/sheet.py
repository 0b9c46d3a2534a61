"""Draws the release sheet: one self-contained HTML file for screen and paper."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from pathlib import Path

from harness.core import clock, files
from harness.core.redaction import redaction
from harness.core.verdict import Verdict
from harness.evidence.run_folder import RunFolder
from harness.signoff import catalogue as catalogues
from harness.signoff import exercised, health_record, pages, requirements, results
from harness.signoff.catalogue import Area, Feature
from harness.signoff.matrix import Decision, Matrix, build

_SIGNS = {
    Verdict.PASSED: ("pass", "✓"),
    Verdict.WARNING: ("warn", "!"),
    Verdict.PRODUCT_FAILURE: ("fail", "✗"),
    Verdict.RIG_FAULT: ("rig", "⚙"),
    Verdict.INVALID: ("invalid", "?"),
    Verdict.HARNESS_FAULT: ("harness", "⚠"),
    Verdict.NOT_APPLICABLE: ("na", "–"),
}
_NAMES = {
    Verdict.PASSED: "passed",
    Verdict.WARNING: "warnings",
    Verdict.PRODUCT_FAILURE: "product failures",
    Verdict.RIG_FAULT: "rig faults",
    Verdict.INVALID: "invalid",
    Verdict.HARNESS_FAULT: "harness faults",
    Verdict.NOT_APPLICABLE: "not applicable",
}
_TROUBLE = (
    Verdict.PRODUCT_FAILURE,
    Verdict.WARNING,
    Verdict.INVALID,
    Verdict.RIG_FAULT,
    Verdict.HARNESS_FAULT,
)
"""Failures and results that could not be judged, the product failures first."""
_DECIDED = {
    Decision.SIMULATED: ("simulated", "SIMULATED", "A software rig was judged. This sheet cannot be signed off."),
    Decision.REFUSE: ("refuse", "REFUSE", "The product broke at least one rule: see which, and on which packet."),
    Decision.INCOMPLETE: ("incomplete", "NOT YET", "Something could not be judged: repair it, then run again."),
    Decision.NOTHING: ("incomplete", "NOTHING JUDGED", "No test judged the product."),
    Decision.READY: ("ready", "MAY BE SIGNED", "All that was judged passed. Check what was not judged, then sign."),
}  # fmt: skip


def write(runs: Sequence[Path], target: Path) -> Matrix:
    """Write `signoff.html` and `signoff.json` for these run folders into `target`; returns the matrix."""
    matrix = build(catalogues.load(), [results.load(run) for run in runs])
    target.mkdir(parents=True, exist_ok=True)
    folder = RunFolder(target)
    files.write(folder.sheet, html(matrix))
    text = json.dumps(matrix.as_json(), indent=1, ensure_ascii=False)
    files.write(folder.sheet_data, redaction.mask(text) + "\n")
    return matrix


def html(matrix: Matrix) -> str:
    """The sheet."""
    kind, stamp, words = _DECIDED[matrix.decision]
    features = list(matrix.catalogue.features)
    return pages.draw(
        "signoff.html.j2",
        matrix=matrix,
        kind=kind,
        stamp=stamp,
        decision=words,
        firmware=", ".join(matrix.firmwares),
        made=time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(clock.now())),
        signs=_SIGNS,
        names=_NAMES,
        tiles=_tiles(matrix),
        covered=len(features) - len(matrix.uncovered),
        features=len(features),
        ill=health_record.ill,
        dead_parts=[(run, part) for run in matrix.runs for part in health_record.ill(run.health)],
        trouble=[result for verdict in _TROUBLE for result in matrix.latest if result.verdict is verdict],
        uncovered=_uncovered(matrix),
        exercised=exercised,
        requirements=requirements,
        common=results.COMMON,
    )


def _tiles(matrix: Matrix) -> list[tuple[Verdict, int]]:
    """The numbers of tests by verdict; harness faults only if there are any."""
    counts = matrix.counts
    return [(one, counts[one]) for one in _NAMES if counts[one] or one is not Verdict.HARNESS_FAULT]


def _uncovered(matrix: Matrix) -> list[tuple[Area, list[Feature]]]:
    """The features of each area that no test judged."""
    missing = [(area, [one for one in area.features if not matrix.covered(one)]) for area in matrix.catalogue.areas]
    return [(area, features) for area, features in missing if features]
