"""The base's own log: its twelve levels and its messages, read from the web UI (facts sheet 8)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from harness import steps
from harness.base.pages import expected
from harness.base.snapshot import Snapshot
from harness.base.web import WebUi
from harness.errors import Expectation, ProductFailure, UsageError

# The layout of a log line on the m9 is not known; level, time and category are taken where a line begins with them.
_LEVEL = re.compile(r"^\s*\[?(?P<level>[0-9])\]?[\s:|]")


@dataclass(frozen=True)
class LogEntry:
    """One message of the base's log as it stood on the page; `level` is -1 where the line does not begin with one."""

    text: str
    level: int = -1

    def __str__(self) -> str:
        return self.text


def categories() -> tuple[str, ...]:
    """The labels of the log filter in the order of the page; idx 1..12 of the setting `log` counts them."""
    return expected().log_categories


def levels(web: WebUi) -> dict[str, int]:
    """The level of each category as the log filter page shows it; ProductFailure for one that is missing."""
    web.open("log-filter")
    found = {}
    for category in categories():
        text = web.field(category).sent
        if not text.isdigit():
            raise ProductFailure(Expectation(f"the log level of {category!r} is a number", "0 to 9", repr(text)))
        found[category] = int(text)
    return found


def set_levels(web: WebUi, wanted: Mapping[str, int]) -> None:
    """Set the levels of some categories by their labels and save; the others stay."""
    unknown = [category for category in wanted if category not in categories()]
    if unknown:
        raise UsageError(f"unknown log category {unknown[0]!r}", remedy=f"one of {', '.join(categories())}")
    web.open("log-filter")
    for category, level in wanted.items():
        web.choose(category, str(level))
    answer = web.save()
    if not answer.confirmed:
        raise ProductFailure(
            Expectation("the log filter keeps the levels it was given", str(dict(wanted)), f"not kept: {answer.lost}")
        )


def entries(web: WebUi) -> list[LogEntry]:
    """The messages now on the log page, in its order."""
    return read_entries(web.open("log"))


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


def publish_log(web: WebUi) -> list[LogEntry]:
    """Read the log and hand it to the evidence as one step."""
    found = entries(web)
    steps.publish("base log", f"{len(found)} messages", log=[entry.text for entry in found])
    return found
