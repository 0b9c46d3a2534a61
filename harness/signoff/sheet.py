"""Draws the release sheet: one HTML file that stands alone, reads well on a screen and prints on paper."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path
from string import Template

from harness.core import clock
from harness.core.layout import SHEET_TEMPLATE
from harness.core.redaction import redaction
from harness.core.verdict import Verdict
from harness.evidence.run_folder import RunFolder
from harness.signoff import catalogue as catalogues
from harness.signoff import exercised, health_record, results
from harness.signoff.catalogue import Area, Feature
from harness.signoff.matrix import Cell, Decision, Matrix, build
from harness.signoff.results import Result, Run

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
_DECIDED = {
    Decision.SIMULATED: ("simulated", "SIMULATED", "A software rig was judged. This sheet cannot be signed off."),
    Decision.REFUSE: ("refuse", "REFUSE", "The product broke at least one rule: see which, and on which packet."),
    Decision.INCOMPLETE: ("incomplete", "NOT YET", "Something could not be judged: mend it, then run again."),
    Decision.NOTHING: ("incomplete", "NOTHING JUDGED", "No test said anything of the product."),
    Decision.READY: ("ready", "MAY BE SIGNED", "What was judged holds. Look at what was not before signing."),
}  # fmt: skip


def write(runs: Sequence[Path], target: Path) -> Matrix:
    """Write `signoff.html` and `signoff.json` for these run folders into `target`; returns the matrix."""
    matrix = build(catalogues.load(), [results.load(run) for run in runs])
    target.mkdir(parents=True, exist_ok=True)
    files = RunFolder(target)
    files.sheet.write_text(html(matrix), encoding="utf-8")
    text = json.dumps(matrix.as_json(), indent=1, ensure_ascii=False)
    files.sheet_data.write_text(redaction.mask(text) + "\n", encoding="utf-8")
    return matrix


def html(matrix: Matrix) -> str:
    """The sheet."""
    kind, stamp, words = _DECIDED[matrix.decision]
    features = list(matrix.catalogue.features)
    covered = len(features) - len(matrix.uncovered)
    page = Template(SHEET_TEMPLATE.read_text(encoding="utf-8")).substitute(
        kind=kind,
        stamp=stamp,
        decision=escape(words),
        doubts="".join(_doubts(matrix)),
        firmware=escape(", ".join(matrix.firmwares)),
        made=time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(clock.now())),
        runs="".join(_run_rows(matrix)),
        tiles="".join(_tiles(matrix)),
        covered=str(covered),
        features=str(len(features)),
        share=f"{100 * covered / max(1, len(features)):.0f}",
        areas="".join(_area_bars(matrix)),
        trouble="".join(_trouble(matrix)),
        head="".join(f"<th scope=col>{escape(column)}</th>" for column in matrix.columns),
        matrix="".join(_area_rows(matrix)),
        uncovered="".join(_uncovered(matrix)),
        exercised="".join(_exercised(matrix)),
        rules="".join(_rules(matrix)),
        unknown=_unknown(matrix),
        signature="" if matrix.simulated else _signature(),
        watermark='<div class="watermark" aria-hidden="true">SIMULATED</div>' if matrix.simulated else "",
    )
    return redaction.mask(page)


def _doubts(matrix: Matrix) -> Iterator[str]:
    """Why the sheet may not be signed as it stands."""
    if matrix.doubts and not matrix.simulated:
        yield f'<p class="note">Before this can be signed: {escape("; ".join(matrix.doubts))}.</p>'


def _run_rows(matrix: Matrix) -> Iterator[str]:
    for run in matrix.runs:
        kind = '<span class="tag simulated">simulated</span>' if run.simulated else '<span class="tag">physical</span>'
        cut = ' <span class="tag refuse">cut off</span>' if run.cut_off else ""
        started = time.strftime("%Y-%m-%d %H:%M", time.gmtime(run.started))
        yield (
            f"<tr><td>{escape(run.name)}{cut}</td><td>{escape(run.rig)} {kind}{_health(run)}</td>"
            f"<td>{escape(run.firmware)}</td>"
            f"<td>{escape(', '.join(run.profiles))}</td><td>{started}</td><td>{len(run.results)}</td></tr>"
        )


def _health(run: Run) -> str:
    """What the check before the run said of its rig, in two words."""
    if not run.health:
        return ""
    dead = health_record.ill(run.health)
    return (
        f' <span class="tag refuse">dead: {escape(", ".join(dead))}</span>'
        if dead
        else " <small>all parts well</small>"
    )


def _tiles(matrix: Matrix) -> Iterator[str]:
    for verdict, name in _NAMES.items():
        count = matrix.counts[verdict]
        if not count and verdict is Verdict.HARNESS_FAULT:
            continue
        sign, mark = _SIGNS[verdict]
        quiet = "" if count else " none"
        yield f'<div class="tile {sign}{quiet}"><b>{count}</b><span>{mark} {name}</span></div>'


def _area_bars(matrix: Matrix) -> Iterator[str]:
    for area in matrix.catalogue.areas:
        done, whole = matrix.coverage(area)
        yield (
            f'<li><span class="area">{escape(area.area)}</span><span class="bar">'
            f'<i style="width:{100 * done / whole:.0f}%"></i></span><span class="of">{done} of {whole}</span></li>'
        )


def _trouble(matrix: Matrix) -> Iterator[str]:
    """What failed or could not be judged, in full, the product's failures first."""
    shown = (Verdict.PRODUCT_FAILURE, Verdict.WARNING, Verdict.INVALID, Verdict.RIG_FAULT, Verdict.HARNESS_FAULT)
    found = [result for verdict in shown for result in matrix.latest if result.verdict is verdict]
    for run in matrix.runs:
        for part in health_record.ill(run.health):
            yield (
                f'<article class="finding rig"><h4><span>⚙</span> {escape(part)} was dead before the run</h4>'
                f'<p class="meta">rig check · {escape(run.name)}</p><pre>{escape(run.health[part])}</pre></article>'
            )
    if not found:
        yield '<p class="calm">Nothing failed, nothing was left undecided.</p>'
    for result in found:
        sign, mark = _SIGNS[result.verdict]
        features = ", ".join(result.features) or "no feature named"
        yield (
            f'<article class="finding {sign}"><h4><span>{mark}</span> {escape(_short(result))}</h4>'
            f'<p class="meta">{_NAMES[result.verdict].rstrip("s")} · {escape(result.profile)} · {escape(features)}'
            f" · {escape(result.rig)} · {escape(result.run)}</p>"
            f"<pre>{escape(result.reason) or 'no reason was recorded'}</pre></article>"
        )


def _area_rows(matrix: Matrix) -> Iterator[str]:
    for area in matrix.catalogue.areas:
        done, whole = matrix.coverage(area)
        yield (
            f'<tr class="group"><th scope=colgroup colspan="{len(matrix.columns) + 1}">{escape(area.area)}'
            f"<small>{done} of {whole} judged</small></th></tr>"
        )
        yield from (_feature_row(matrix, feature) for feature in area.features)


def _feature_row(matrix: Matrix, feature: Feature) -> str:
    common = matrix.cell(feature, results.COMMON).judged
    cells = "".join(_cell(matrix.cell(feature, c), c == results.COMMON, common) for c in matrix.columns)
    quiet = "" if matrix.covered(feature) else ' class="open"'
    why = f"<small>not testable: {escape(feature.untested)}</small>" if feature.untested else ""
    return (
        f"<tr{quiet}><th scope=row>{escape(feature.title)}<small>{escape(feature.id)} · {escape(feature.slide)}</small>"
        f"{why}</th>{cells}</tr>"
    )


def _cell(cell: Cell, is_common: bool, common: bool) -> str:
    verdict = cell.verdict
    if verdict is None and is_common:
        return "<td></td>"
    if verdict is None and common:
        return '<td class="elsewhere">as every profile</td>'
    if verdict is None:
        return '<td class="none"><span>not covered</span></td>'
    sign, mark = _SIGNS[verdict]
    count, whole = cell.counts[verdict], len(cell.results)
    number = f"{count}" if count == whole else f"{count} of {whole}"
    shaky = '<em title="an earlier run on the same rig found otherwise">unstable</em>' if cell.unstable else ""
    tests = "\n".join(f"{_SIGNS[r.verdict][1]} {_short(r)} ({r.rig})" for r in cell.results)
    return f'<td class="{sign}" title="{escape(tests)}"><b>{mark}</b> {number}{shaky}</td>'


def _uncovered(matrix: Matrix) -> Iterator[str]:
    for area in matrix.catalogue.areas:
        missing = [feature for feature in area.features if not matrix.covered(feature)]
        if missing:
            yield f"<dt>{escape(area.area)} <small>{_of(area, missing)}</small></dt>"
            yield f"<dd>{escape('; '.join(map(_named, missing)))}</dd>"


def _named(feature: Feature) -> str:
    return feature.title + (f" (not testable: {feature.untested})" if feature.untested else "")


def _exercised(matrix: Matrix) -> Iterator[str]:
    """A table a profile that was watched."""
    for column in matrix.columns:
        if column in matrix.rules:
            found = exercised.lines(column, matrix.rules)
            yield f"<h3>{escape(column)} <small>{escape(exercised.sums(found))}</small></h3>"
            yield f'<table class="rules"><thead>{exercised.HEAD}</thead><tbody>'
            yield from exercised.table(found)
            yield "</tbody></table>"
    if not matrix.rules:
        yield "<p>These runs were made without the standing watch.</p>"


def _rules(matrix: Matrix) -> Iterator[str]:
    """The rules of each profile without a word on them."""
    for column, rules in matrix.unjudged_rules.items():
        yield f"<dt>{escape(column)} <small>{len(rules)} rules</small></dt>"
        yield f"<dd>{escape('; '.join(f'{rule.id} {rule.claim}' for rule in rules))}</dd>"
    if not matrix.unjudged_rules:
        yield "<dd>None: each rule was judged.</dd>"


def _of(area: Area, missing: Sequence[Feature]) -> str:
    return f"{len(missing)} of {len(area.features)}"


def _unknown(matrix: Matrix) -> str:
    if not matrix.unknown:
        return ""
    names = escape(", ".join(matrix.unknown))
    return f'<p class="note">Tests name features that the catalogue does not have: {names}</p>'


def _signature() -> str:
    line = '<div class="line"><i></i><span>{}</span></div>'
    return '<section class="signature">' + "".join(line.format(n) for n in ("Name", "Date", "Signature")) + "</section>"


def _short(result: Result) -> str:
    """File and function, without the folders that all share."""
    return result.test_id.removeprefix("suites/")
