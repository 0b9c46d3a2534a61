"""The report on a terminal: the verdict, the limits of the trace, one line for each call, then the findings."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from harness.capture.messages import clock_text
from harness.trace_report import model, text_tables
from harness.trace_report.terminal import BAD, FAINT, GOOD, HEAD, WARN, Style
from harness.trace_report.wording import count, seconds, span

if TYPE_CHECKING:
    from harness.trace_report.model import Fault, Remark, Report, RuleLine, Where

_COLOURS = {model.GOOD: GOOD, model.BROKEN: BAD, model.WARNING: WARN, model.NOTHING: WARN}
_MOST_PLACES = 6


def written(report: Report, style: Style, *, ladder: str = "", every: bool = False) -> str:
    """The whole report; the ladder of one call shows that call in full, `every` lists rules without an occasion."""
    parts = [
        _head(report, style),
        _unseen(report, style),
        text_tables.calls(report.calls, style),
        [style.head("Ladder"), *ladder.splitlines()] if ladder else [],
        _broken(report, style),
        _remarks(report, style),
        text_tables.streams(report.streams, style, every=bool(ladder)),
        text_tables.registrations(report.registrations, style),
        text_tables.rules(report.rules, style, every=every),
    ]
    return "\n\n".join("\n".join(part) for part in map(list, parts) if part) + "\n"


def _head(report: Report, style: Style) -> Iterator[str]:
    trace = report.trace
    yield style(f"m9 judge {trace.file}", HEAD)
    base = ", ".join(report.base) or "not named"
    yield f"base {base}, profile {report.profile} ({report.title})"
    if report.note:
        yield from _wrapped(report.note, style, "", "  ")
    if trace.run:
        yield from _wrapped(f"judged with {trace.run}", style, "", "  ")
    facts = [count(trace.frames, "packet"), count(trace.sip_messages, "SIP message"), count(len(report.calls), "call")]
    facts += [count(len(report.registrations), "registration")] if report.registrations else []
    facts += [count(len(report.streams), "RTP stream")] if report.streams else []
    when = f"{span(trace.begins, trace.ends)}, {seconds(trace.ends - trace.begins)}: " if trace.frames else ""
    yield f"{when}{', '.join(facts)}"
    if trace.part_words:
        yield style(trace.part_words, WARN)
    yield ""
    yield style(report.verdict.upper(), _COLOURS[report.verdict]) + f": {report.summary}"


def _unseen(report: Report, style: Style) -> Iterator[str]:
    if not report.unseen:
        return
    yield style.head("What this trace could not show")
    for sentence in report.unseen:
        yield from _wrapped(f"- {sentence}", style, "  ", "    ")


def _broken(report: Report, style: Style) -> Iterator[str]:
    if not report.broken:
        return
    yield style.head("Broken rules")
    for index, rule in enumerate(report.broken):
        if index:
            yield ""
        yield from _rule(rule, style)


def _rule(rule: RuleLine, style: Style) -> Iterator[str]:
    """The first fault of each claim in full, the others as places."""
    colour = WARN if rule.warns_only else BAD
    mark = "!" if rule.warns_only else "✗"
    times = f"{rule.broken} of {count(rule.broken + rule.held, 'time')}"
    yield style(f"{mark} {rule.id}: {rule.claim}", colour) + style(f"   broken {times}", FAINT)
    for claim, (first, *others) in rule.by_claim.items():
        if claim != rule.claim:
            yield from _field("claim", claim, style)
        yield from _field("where", _place(first), style)
        yield from _field("expected", first.expected, style)
        yield from _field("seen", first.seen, style)
        for occasion in first.occasions:
            yield style(f"              {occasion}", FAINT)
        yield from _also(others, style)
    yield from _field("means", rule.means, style)
    yield from _field("next", rule.look, style)
    level = f"{rule.level}, so it only warns" if rule.warns_only else rule.level
    yield from _field("source", f"{rule.faults[0].source} ({level})", style)


def _place(fault: Fault) -> str:
    call = f"call {fault.call}, " if fault.call else ""
    packet = f"packet {fault.frame}, " if fault.frame else ""
    test = f", in {fault.test}" if fault.test else ""
    return f"{call}{packet}{clock_text(fault.at)}{test}"


def _also(others: Sequence[Fault], style: Style) -> Iterator[str]:
    if not others:
        return
    places = [_short(fault) for fault in others[:_MOST_PLACES]]
    more = f" and {len(others) - _MOST_PLACES} more" if len(others) > _MOST_PLACES else ""
    yield from _field("also", f"{', '.join(places)}{more}", style)


def _short(fault: Fault) -> str:
    call = f" (call {fault.call})" if fault.call else ""
    return f"packet {fault.frame}{call}" if fault.frame else f"{clock_text(fault.at)}{call}"


def _remarks(report: Report, style: Style) -> Iterator[str]:
    if not report.remarks:
        return
    yield style.head("Worth a look, though no rule of the base")
    for remark in report.remarks:
        yield from _remark(remark, style)


def _remark(remark: Remark, style: Style) -> Iterator[str]:
    times = f" ({len(remark.where)} times)" if len(remark.where) > 1 else ""
    yield style(f"  • {remark.title}{times}", WARN)
    yield from _field("means", remark.means, style)
    yield from _field("next", remark.look, style)
    places = [_spot(where) for where in remark.where[:_MOST_PLACES]]
    if len(remark.where) > _MOST_PLACES:
        places.append(f"and {len(remark.where) - _MOST_PLACES} more")
    yield from _field("where", "; ".join(places), style)


def _spot(where: Where) -> str:
    call = f"call {where.call}" if where.call else clock_text(where.at)
    return f"{call} packet {where.frame}: {where.words}"


def _field(name: str, words: str, style: Style) -> Iterator[str]:
    yield from _wrapped(words, style, f"    {name:<9} ", " " * 14)


def _wrapped(words: str, style: Style, first: str, rest: str) -> Iterator[str]:
    yield from textwrap.wrap(
        words, style.width, initial_indent=first, subsequent_indent=rest, break_long_words=False, break_on_hyphens=False
    ) or [first.rstrip()]
