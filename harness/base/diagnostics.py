"""The base's own log: its twelve levels and its messages, read from the web UI (facts sheet 8)."""

from __future__ import annotations

from collections.abc import Mapping

from harness import steps
from harness.base.log_page import LogEntry
from harness.base.pages import expected
from harness.base.web import WebUi
from harness.errors import Expectation, ProductFailure, UsageError


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
    return web.log()


def publish_log(web: WebUi) -> list[LogEntry]:
    """Read the log and hand it to the evidence as one step."""
    found = entries(web)
    steps.publish("base log", f"{len(found)} messages", log=[entry.text for entry in found])
    return found
