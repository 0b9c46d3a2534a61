"""Draws the whole trace on one line of time: calls as bars, registrations as ticks, broken rules as red marks."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from html import escape
from typing import TYPE_CHECKING

from harness.capture.messages import clock_text

if TYPE_CHECKING:
    from harness.trace_report.model import CallLine, Fault, Report

_WIDTH, _LEFT, _RIGHT = 1100, 12, 12
_LANE, _TOP = 13, 26
_MOST_LANES = 10
_STEPS = (
    0.01,
    0.02,
    0.05,
    0.1,
    0.2,
    0.5,
    1,
    2,
    5,
    10,
    20,
    30,
    60,
    120,
    300,
    600,
    1200,
    1800,
    3600,
    7200,
    21600,
    43200,
    86400,
)
_TICKS = 9
_EDGE = 40
KEY = (
    ("answered", "answered"),
    ("cancelled", "cancelled or refused"),
    ("cut", "begins or ends outside"),
    ("broke", "broke a rule"),
    ("registered", "registered"),
    ("refused", "registration refused"),
)
"""What its colours mean: class and words."""
_BESIDE = 3.0
"""Pixels between two bars of one lane."""


def svg(report: Report) -> str:
    """The drawing; empty where there is nothing to draw."""
    begins, ends = report.trace.begins, max(report.trace.ends, report.trace.begins + 0.001)
    if not (report.calls or report.registrations):
        return ""
    scale = (_WIDTH - _LEFT - _RIGHT) / (ends - begins)

    def x(at: float) -> float:
        return _LEFT + (min(max(at, begins), ends) - begins) * scale

    placed = list(_lanes([(x(call.began), x(call.began + call.lasted), call) for call in report.calls]))
    lanes = 1 + max((lane for lane, *_ in placed), default=-1)
    bottom = _TOP + lanes * _LANE + 4
    body = [_tick(at, x(at), bottom + 16, step) for at, step in _moments(begins, ends)]
    body += [_bar(lane, left, right, call) for lane, left, right, call in placed]
    body += [
        f'<line class="registered" x1="{x(one.at):.1f}" y1="{bottom}" x2="{x(one.at):.1f}" y2="{bottom + 8}"/>'
        for registration in report.registrations
        for one in registration.granted
    ]
    body += [
        f'<line class="refused" x1="{x(one.at):.1f}" y1="{bottom}" x2="{x(one.at):.1f}" y2="{bottom + 8}"/>'
        for registration in report.registrations
        for one in registration.refused
    ]
    body += [_mark(x(fault.at), fault) for rule in report.broken for fault in rule.faults]
    height = bottom + 30
    return (
        f'<svg class="timeline" viewBox="0 0 {_WIDTH} {height}" role="img" aria-label="the trace over time">'
        f"{''.join(body)}</svg>"
    )


def _lanes(bars: Sequence[tuple[float, float, CallLine]]) -> Iterator[tuple[int, float, float, CallLine]]:
    """Each bar in the first lane that is free; what finds none lies over others in the last."""
    free: list[float] = []
    for left, right, call in bars:
        right = max(right, left + 3)
        lane = next((i for i, until in enumerate(free) if until + _BESIDE <= left), len(free))
        if lane == len(free) and lane < _MOST_LANES:
            free.append(0.0)
        lane = min(lane, _MOST_LANES - 1)
        free[lane] = max(free[lane], right)
        yield lane, left, right, call


def _bar(lane: int, left: float, right: float, call: CallLine) -> str:
    kind = "broke" if call.faults else call.outcome
    words = f"call {call.number}: {call.caller} → {call.callee}, {call.ended}"
    return (
        f'<a href="#call-{call.number}"><rect class="bar {kind}" x="{left:.1f}" y="{_TOP + lane * _LANE}" '
        f'width="{right - left:.1f}" height="{_LANE - 3}" rx="2"><title>{escape(words)}</title></rect></a>'
    )


def _mark(x: float, fault: Fault) -> str:
    words = f"{fault.rule}, packet {fault.frame}, {clock_text(fault.at)}"
    return (
        f'<a href="#rule-{escape(fault.rule)}"><path class="fault" d="M{x:.1f},{_TOP - 2} l-5,-9 h10 z">'
        f"<title>{escape(words)}</title></path></a>"
    )


def _moments(begins: float, ends: float) -> Iterator[tuple[float, float]]:
    """Round moments of the local day, at most nine."""
    step = next((step for step in _STEPS if (ends - begins) / step <= _TICKS), _STEPS[-1])
    offset = time.localtime(begins).tm_gmtoff
    number = int((begins + offset) // step) + 1
    while number * step - offset <= ends:
        yield number * step - offset, step
        number += 1


def _tick(at: float, x: float, y: float, step: float) -> str:
    text = clock_text(at)
    text = text if step < 1 else text[:8] if step < 60 else text[:5]
    anchor = "end" if x > _WIDTH - _EDGE else "start" if x < _EDGE else "middle"
    return (
        f'<line class="grid" x1="{x:.1f}" y1="{_TOP - 12}" x2="{x:.1f}" y2="{y - 2}"/>'
        f'<text class="tick" x="{x:.1f}" y="{y + 9}" text-anchor="{anchor}">{text}</text>'
    )
