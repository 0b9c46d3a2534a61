"""The messages on the base's log page."""

from __future__ import annotations

import re
from dataclasses import dataclass

from harness.base.snapshot import Snapshot

# The layout of a log line on the m9 is not known; level, time and category are taken where a line begins with them.
_LEVEL = re.compile(r"^\s*\[?(?P<level>[0-9])\]?[\s:|]")


@dataclass(frozen=True)
class LogEntry:
    """One message of the base's log as it stood on the page; `level` is -1 where the line does not begin with one."""

    text: str
    level: int = -1

    def __str__(self) -> str:
        return self.text


def read_entries(page: Snapshot) -> list[LogEntry]:
    """The messages of a log page: lines of its preformatted text, else the rows of its longest table."""
    lines = [line.rstrip() for block in page.blocks for line in block.splitlines() if line.strip()]
    if not lines:
        longest = max(page.tables, key=len, default=())
        lines = ["  ".join(cell for cell in row if cell) for row in longest]
    found = []
    for line in filter(None, lines):
        level = _LEVEL.match(line)
        found.append(LogEntry(line, int(level["level"]) if level else -1))
    return found
