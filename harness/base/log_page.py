"""The messages on the base's log page."""

from __future__ import annotations

import calendar
import re
import time
from dataclasses import dataclass

from harness.base.pages import expected
from harness.base.snapshot import Snapshot

# The layout of a log line on the m9 is not known; level, time and category are read if a line begins with them.
_LEVEL = re.compile(r"^\s*\[?(?P<level>[0-9])\]?[\s:|]")
_FRACTION = re.compile(r"\.\d{1,6}")
_ZONE_STEP = 900


@dataclass(frozen=True)
class LogEntry:
    """One message on the log page; `level` is -1 if the line does not begin with one."""

    text: str
    level: int = -1

    @property
    def clock(self) -> float | None:
        """The line's time on the base's own clock, read as UTC; None if the line has none."""
        layout = expected().log_time
        found = re.search(layout["pattern"], self.text)
        if found is None:
            return None
        fraction = _FRACTION.match(self.text, found.end())
        return calendar.timegm(time.strptime(found[0], layout["format"])) + float(fraction[0] if fraction else 0)

    def at(self, read_at: float, newest: float) -> float | None:
        """The line's time on the host's clock: the base's time zone may differ, in steps of 15 minutes.

        `newest` is the clock of the log's last line, `read_at` when the log was read.
        """
        zone = round((read_at - newest) / _ZONE_STEP) * _ZONE_STEP
        return None if self.clock is None else self.clock + zone

    def __str__(self) -> str:
        return self.text


def read_entries(page: Snapshot) -> list[LogEntry]:
    """The messages of a log page: the lines of its preformatted text, else the rows of its longest table."""
    lines = [line.rstrip() for block in page.blocks for line in block.splitlines() if line.strip()]
    if not lines:
        longest = max(page.tables, key=len, default=())
        lines = ["  ".join(cell for cell in row if cell) for row in longest]
    found = []
    for line in filter(None, lines):
        level = _LEVEL.match(line)
        found.append(LogEntry(line, int(level["level"]) if level else -1))
    return found
