"""Reads `--from` and `--to`: epoch seconds, ISO 8601, a time of day of the trace, or +seconds from its beginning."""

from __future__ import annotations

import math
import re
import time
from datetime import datetime

from harness.core.errors import UsageError

_TIME_OF_DAY = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}(?:\.\d+)?))?$")
_REMEDY = "as in +30, 22:13:20.5, 2026-11-29T22:13:20, 2026-11-29T21:13:20Z or 1701209600"


def window(begin: str, end: str, begins: float, ends: float) -> tuple[float, float] | None:
    """Both moments in epoch seconds, infinite where one is open; None without either; the trace's ends are given."""
    if not begin and not end:
        return None
    since = moment("--from", begin, begins, ends) if begin else -math.inf
    until = moment("--to", end, begins, ends) if end else math.inf
    if since > until:
        raise UsageError(f"--from {begin} is after --to {end}", remedy=_REMEDY)
    return since, until


def moment(option: str, text: str, begins: float, ends: float) -> float:
    """One moment in epoch seconds; raises UsageError for what is no time."""
    words = text.strip()
    try:
        if words.startswith("+"):
            return begins + _number(words[1:])
        if match := _TIME_OF_DAY.match(words):
            return _of_day(begins, ends, int(match[1]), int(match[2]), float(match[3] or 0))
        if re.fullmatch(r"\d{6,}(\.\d+)?", words, re.ASCII):
            return float(words)
        return datetime.fromisoformat(words).timestamp()
    except (ValueError, OverflowError, OSError):
        raise UsageError(f"{option} {text}: no time", remedy=_REMEDY) from None


def _number(text: str) -> float:
    if not re.fullmatch(r"\d+(\.\d+)?", text, re.ASCII):
        raise ValueError(text)
    return float(text)


def _of_day(begins: float, ends: float, hour: int, minute: int, second: float) -> float:
    """The first such time of day, local, inside the trace; outside of it, that of its first day."""
    if hour > 23 or minute > 59 or second >= 60:
        raise ValueError(hour)
    year, month, day = time.localtime(begins)[:3]
    days = range(day, day + 2 + int((ends - begins) / 86_400))
    found = [time.mktime((year, month, one, hour, minute, 0, 0, 0, -1)) + second for one in days]
    return next((at for at in found if begins <= at <= ends), found[0])
