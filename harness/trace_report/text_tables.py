"""The tables of the report on a terminal: calls, streams, registrations, rules."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from harness.capture.messages import clock_text, endpoint
from harness.trace_report.calls import ANSWERED
from harness.trace_report.terminal import BAD, FAINT, GOOD, WARN, Style
from harness.trace_report.wording import count, seconds

if TYPE_CHECKING:
    from harness.trace_report.model import CallLine, RegistrationLine, RuleLine, StreamLine

_FEW_STREAMS = 12
_MARKS = {"broken": ("✗", BAD), "held": ("✓", GOOD), "cannot be said": ("?", WARN)}


def calls(found: Sequence[CallLine], style: Style) -> Iterator[str]:
    """A line each: number, when, who, how it ended, how long, codec, and the rules that it broke."""
    if not found:
        return
    yield style.head("Calls")
    who = max(len(_who(call)) for call in found)
    how = max(len(call.ended) for call in found)
    for call in found:
        talk = seconds(call.talk) if call.talk is not None else ""
        colour = FAINT if call.outcome == ANSWERED else WARN
        faults = style(f"  ✗ {' '.join(call.faults)}", BAD) if call.faults else ""
        yield (
            f"{call.number:>5}  {clock_text(call.began)}  {call.way}  {_who(call):<{who}}  "
            f"{style(f'{call.ended:<{how}}', colour)}  {talk:>12}  {call.codec}{faults}"
        ).rstrip()


def _who(call: CallLine) -> str:
    return f"{call.caller} → {call.callee}"


def streams(found: Sequence[StreamLine], style: Style, *, every: bool) -> Iterator[str]:
    """A line each; of many the worst only, as a person looks for those."""
    if not found:
        return
    worst = sorted(found, key=lambda s: (-s.loss, s.mos if s.mos is not None else 9, -s.max_gap_ms))
    shown = found if every or len(found) <= _FEW_STREAMS else sorted(worst[:_FEW_STREAMS], key=lambda s: s.first_at)
    left = len(found) - len(shown)
    yield style.head("Streams") + (f" (the {len(shown)} worst; {left} more in --html and --json)" if left else "")
    ends = max(len(_ends(stream)) for stream in shown)
    codec = max(len(stream.codec) for stream in shown)
    described = max(len(stream.described) for stream in shown)
    for s in shown:
        call = f"call {s.call}" if s.call else "no call"
        quality = f"MOS {s.mos:.1f}" if s.mos is not None else "no MOS "
        digits = f"  digits {s.digits}" if s.digits else ""
        yield (
            f"  {call:<9} {s.way:<5}  {_ends(s):<{ends}}  {s.codec:<{codec}}  {s.described:<{described}} "
            f"{s.packets:>7,} packets  lost {s.loss:>5.1%}  jitter {s.jitter_ms:>5.1f} ms  "
            f"gap {s.max_gap_ms:>6.0f} ms  {quality}{digits}"
        )


def _ends(stream: StreamLine) -> str:
    return f"{endpoint(stream.src, stream.sport)} → {endpoint(stream.dst, stream.dport)}"


def registrations(found: Sequence[RegistrationLine], style: Style) -> Iterator[str]:
    """A line each: times granted, refreshes, refusals."""
    if not found:
        return
    yield style.head("Registrations")
    for one in found:
        yield f"  {one.record} at {one.server}: {registration_words(one)}"


def registration_words(one: RegistrationLine) -> str:
    """What happened to one address of record, in a line."""
    if not one.requests:
        return "no request of the base in sight"
    times = sorted({g.granted for g in one.granted if g.granted is not None})
    listed = f" for {' or '.join(str(t) for t in times[:4])}{' …' if len(times) > 4 else ''} s" if times else ""
    words = [f"granted {count(len(one.granted), 'time')}{listed}" if one.granted else "never granted"]
    gaps = [g.after for g in one.granted if g.after is not None]
    if gaps:
        shortest, longest = seconds(min(gaps)), seconds(max(gaps))
        words.append(f"refreshed after {shortest}" + (f" to {longest}" if longest != shortest else ""))
    if one.lapsed >= 1:
        words.append(f"ran out for {seconds(one.lapsed)}")
    if one.signed_off:
        words.append(f"signed off {count(one.signed_off, 'time')}")
    silent = sum(not refused.status for refused in one.refused)
    if len(one.refused) > silent:
        codes = sorted({refused.status for refused in one.refused if refused.status})
        words.append(f"refused {count(len(one.refused) - silent, 'time')} ({', '.join(map(str, codes))})")
    if silent:
        words.append(f"not answered {count(silent, 'time')}")
    return ", ".join(words)


def rules(found: Sequence[RuleLine], style: Style, *, every: bool = False) -> Iterator[str]:
    """Those that were exercised, a line each; the others by number, or `every` one with its claim."""
    yield style.head("Rules")
    exercised = [rule for result in _MARKS for rule in found if rule.result == result]
    names = max((len(rule.id) for rule in exercised), default=0)
    widest = max((len(_counted(rule)) for rule in exercised), default=0)
    for rule in exercised:
        yield from _rule(rule, names, widest, style)
    idle = [rule for rule in found if rule.result not in _MARKS]
    if not every:
        yield f"  - {count(len(idle), 'rule')} had no occasion in this trace; --all lists them"
        return
    names = max((len(rule.id) for rule in idle), default=0)
    for rule in idle:
        yield f"  {style('-', FAINT)} {rule.id:<{names}}  not exercised  {style(rule.claim, FAINT)}"


def _rule(rule: RuleLine, names: int, widest: int, style: Style) -> Iterator[str]:
    mark, colour = _MARKS[rule.result]
    if rule.broken and rule.warns_only:
        mark, colour = "!", WARN
    room = max(20, style.width - names - widest - 8)
    claim = rule.claim if len(rule.claim) <= room else f"{rule.claim[: room - 1]}…"
    yield f"  {style(mark, colour)} {rule.id:<{names}}  {_counted(rule):<{widest}}  {style(claim, FAINT)}"
    indent = " " * (names + 6)
    for reason in rule.reasons:
        where = f", first in packet {reason.frame}" if reason.frame else ""
        yield from _wrapped(f"{reason.why} ({count(reason.count, 'time')}{where})", style, indent, indent)


def _counted(rule: RuleLine) -> str:
    packet = rule.faults[0].frame if rule.faults else 0
    words = [f"broken {rule.broken}" + (f" (packet {packet})" if packet else "")] if rule.faults else []
    words += [f"told as {rule.told_as}"] if rule.told_as else []
    words += [f"held {rule.held}"] if rule.held else []
    words += [f"cannot be said {rule.unsaid}"] if rule.unsaid else []
    words += [f"on purpose {rule.provoked}"] if rule.provoked else []
    return ", ".join(words)


def _wrapped(words: str, style: Style, first: str, rest: str) -> Iterator[str]:
    yield from textwrap.wrap(words, style.width, initial_indent=first, subsequent_indent=rest, break_on_hyphens=False)
