"""Times of day as displays show them."""

from __future__ import annotations

import re
import time

CLOCK = re.compile(r"\b(\d{1,2}):(\d{2})\b(?:\s*([AaPp])\.?[Mm]\b)?")
NOON = 12
MINUTE = 60
DAY = 86400
HALF_HOUR = 1800
FARTHEST = 50400
"""Seconds of the zones farthest from Greenwich."""


def shows_time(text: str, at: float) -> bool:
    """Whether a text shows this moment (epoch seconds, as UTC), give or take a minute; twelve hours need AM or PM."""
    shown = clock_in(text)
    return shown in [(m.tm_hour, m.tm_min) for m in (time.gmtime(at + drift) for drift in (-MINUTE, 0, MINUTE))]


def clock_in(text: str) -> tuple[int, int] | None:
    """Hour, of twenty-four, and minute of the time in a text."""
    found = CLOCK.search(text)
    if found is None:
        return None
    hour, half = int(found[1]), (found[3] or "").lower()
    if half:
        hour = hour % NOON + (NOON if half == "p" else 0)
    return hour, int(found[2])


def zone_with(now: float, hour: int, ahead: bool) -> int:
    """The seconds of a zone, ahead of Greenwich or behind it, in which it is about this hour; half hours count."""
    away = (hour * 3600 - now % DAY) % DAY // HALF_HOUR * HALF_HOUR
    behind = away - DAY
    wished = away if ahead else behind
    return int(wished if abs(wished) <= FARTHEST else (behind if ahead else away))
