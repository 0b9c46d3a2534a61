"""How often each rule of a profile was exercised: the table of the release sheet and of the Allure report."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape

from harness.capture.messages import clock_text
from harness.core.redaction import redaction
from harness.profiles import model as profiles
from harness.profiles.model import Rule
from harness.rules.findings import Result
from harness.rules.tally import Tallies, Tally

_KINDS = {
    Result.BROKEN: ("fail", "✗"),
    Result.CANNOT_BE_SAID: ("invalid", "?"),
    Result.NOT_EXERCISED: ("none", "–"),
    Result.HELD: ("pass", "✓"),
}
HEAD = "<tr><th>Rule</th><th>Claim</th><th>Held</th><th>Broken</th><th>Cannot be said</th><th>First or why</th></tr>"
_STYLE = """body{font:14px/1.45 "DejaVu Sans",system-ui,sans-serif;margin:20px;color:#101828}h2{font-size:17px}
table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;padding:5px 10px 5px 0;
border-bottom:1px solid #e4e7ec}th{color:#667085;font-weight:500;font-size:12.5px}
td.n{text-align:right;padding-right:24px}
tr.fail td{background:#fef3f2}tr.none td{color:#667085}tr.invalid td{background:#eff8ff}b{white-space:nowrap}
small{color:#667085;white-space:pre-wrap}"""


@dataclass(frozen=True)
class Line:
    """One rule with what was counted of it; `rule` is None where this harness does not know it any more."""

    id: str
    rule: Rule | None
    tally: Tally

    @property
    def result(self) -> Result:
        """Broken before held before cannot be said."""
        return self.tally.result

    @property
    def note(self) -> str:
        """The first packet that broke it and its test, or why it cannot be said."""
        tally, first = self.tally, self.tally.first
        told = []
        if first is not None:
            packet = f"packet {first.frames[-1]}" if first.frames else "no packet"
            told.append(f"{clock_text(first.at)} {packet} in {first.test.removeprefix('suites/')}")
            told.append(f"expected {first.expected}, seen {first.seen.partition(chr(10))[0]}")
        told += [f"{count} × {reason}" for reason, count in tally.reasons.items()]
        told += [f"{tally.provoked} × broken on purpose by a test"] if tally.provoked else []
        told += [f"{count} × broken, told as {rule}" for rule, count in tally.covered.items()]
        told += [f"the rule failed: {tally.fault}"] if tally.fault else []
        return "\n".join(told)


def lines(profile: str, tallies: Tallies) -> list[Line]:
    """The rules of a profile in its order; those that a record alone knows come last."""
    found = tallies.get(profile, {})
    known = profiles.load(profile).rules if profile in profiles.names() else {}
    rest = [rule for rule in found if rule not in known]
    return [Line(rule, known.get(rule), found.get(rule, Tally())) for rule in (*known, *rest)]


def sums(found: list[Line]) -> str:
    """How many rules ended how, in one line."""
    counts = {result: sum(line.result is result for line in found) for result in _KINDS}
    told = [f"{counts[result]} {result.value}" for result in (Result.HELD, *_KINDS) if counts[result]]
    times = sum(line.tally.held + line.tally.broken for line in found)
    return f"{len(found)} rules: {', '.join(dict.fromkeys(told))}; {times} occasions"


def table(found: list[Line]) -> Iterator[str]:
    """The rows in HTML."""
    for line in found:
        kind, mark = _KINDS[line.result]
        tally = line.tally
        claim = line.rule.claim if line.rule else "a rule that this harness does not know"
        counts = "".join(f'<td class="n">{count or ""}</td>' for count in (tally.held, tally.broken, tally.unsaid))
        yield (
            f'<tr class="{kind}"><td><b>{mark} {escape(line.id)}</b></td><td>{escape(claim)}</td>{counts}'
            f"<td><small>{escape(line.note or ('not exercised' if kind == 'none' else ''))}</small></td></tr>"
        )


def page(tallies: Tallies) -> str:
    """A page that stands alone, for the report of a run."""
    parts = [f"<!doctype html><meta charset=utf-8><title>Rules exercised</title><style>{_STYLE}</style>"]
    for profile in tallies:
        found = lines(profile, tallies)
        parts.append(f"<h2>{escape(profile)}: {escape(sums(found))}</h2><table><thead>{HEAD}</thead><tbody>")
        parts += [*table(found), "</tbody></table>"]
    return redaction.mask("".join(parts))
