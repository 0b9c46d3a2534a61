"""Dates in the language of the handset."""

from __future__ import annotations

import time

from rigs.standin.handset.data import names, text


def date(at: float) -> str:
    """Weekday and day, `Wednesday, 25 Sep.` (facts 5), of local seconds."""
    then = time.gmtime(at)
    return text("date.form", weekday=names("date.days")[then.tm_wday], day=then.tm_mday, month=_month(then))


def stamp(at: float | None) -> str:
    """A list entry's time: `25 Sep. 10:20`, empty if the clock was not set."""
    if at is None:
        return ""
    then = time.gmtime(at)
    return text("date.short", day=then.tm_mday, month=_month(then), time=time.strftime("%H:%M", then))


def _month(then: time.struct_time) -> str:
    return names("date.months")[then.tm_mon - 1]
