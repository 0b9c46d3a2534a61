"""The duration of a call on the handset's display."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from harness.rules.call_evidence import CallEvidence
from harness.rules.findings import Finding, broken, held
from harness.rules.registry import rule

if TYPE_CHECKING:
    pass

TIME = re.compile(r"(?<![\d:])(?:(\d+):)?(\d{1,2}):([0-5]\d)(?![\d:])")
ERROR_S = 1.8
"""Tolerance between a duration and the time since the answer: one second of the display, and transmission delays."""


@rule("AFTER-DURATION", reads=("sip", "acts", "shown"), timed=True)
def the_duration_runs_on(call: CallEvidence) -> Iterator[Finding]:
    """The duration on the display is the time since the answer and keeps counting through every change of the call.

    Only the row that showed it first is read; a time of day in another row is ignored.
    """
    answer = call.answer
    if answer is None or not call.handset:
        return
    over = min(
        (at for at in (call.bye.at if call.bye else None, call.ended_at) if at is not None), default=float("inf")
    )
    row: int | None = None
    for shown in call.shown("display", call.handset):
        if not answer.at <= shown.at < over:
            continue
        times = durations(shown.value)
        passed = shown.at - answer.at
        near = [number for number, seconds in times.items() if abs(seconds - passed) <= ERROR_S]
        if near:
            row = near[0] if row is None else row
            yield held(answer, shown)
        elif row in times and row is not None and not _other_call(call, shown.at):
            yield broken(
                answer, shown, expected=f"{passed:.0f} s", seen=f"{times[row]} s in row {row + 1} of the display"
            )
            return


def durations(text: str) -> dict[int, int]:
    """All rows of a display with a possible duration, in seconds; a time of day looks like one."""
    found = {}
    for number, line in enumerate(text.splitlines()):
        match = TIME.search(line)
        if match:
            found[number] = int(match[1] or 0) * 3600 + int(match[2]) * 60 + int(match[3])
    return found


def _other_call(call: CallEvidence, at: float) -> bool:
    """Whether the handset has another call at this moment, whose duration it may show."""
    return any(
        other is not call and other.began_at <= at and (other.ended_at is None or other.ended_at >= at)
        for other in call.evidence.calls
        if other.handset == call.handset
    )
