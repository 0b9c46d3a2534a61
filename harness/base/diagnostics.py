"""The base's own log: its twelve levels and its messages, read from the web UI (facts sheet 8)."""

from __future__ import annotations

from harness.base.log_page import LogEntry, read_entries
from harness.base.pages import expected
from harness.base.plain_web import PlainWeb
from harness.base.web import WebUi
from harness.core import steps
from harness.core.errors import Expectation, ProductFailure


def categories() -> tuple[str, ...]:
    """The labels of the log filter in the order of the page; idx 1..12 of the setting `log` counts them."""
    return expected().log_categories


def levels(web: WebUi) -> dict[str, int]:
    """The level of each category on the log filter page; ProductFailure for a missing one."""
    web.open("log-filter")
    found = {}
    for category in categories():
        text = web.field(category).sent
        if not text.isdigit():
            raise ProductFailure(Expectation(f"the log level of {category!r} is a number", "0 to 9", repr(text)))
        found[category] = int(text)
    return found


def entries(web: WebUi) -> list[LogEntry]:
    """The messages now on the log page, in its order."""
    return web.log()


def publish_log(web: WebUi) -> list[LogEntry]:
    """Read the log and hand it to the evidence as one step."""
    found = entries(web)
    steps.publish("base log", f"{len(found)} messages", log=[entry.text for entry in found])
    return found


def look_at_log(web: PlainWeb) -> list[LogEntry]:
    """The messages now in the log, read without the browser; raises NotShown."""
    return read_entries(web.open("log"))
