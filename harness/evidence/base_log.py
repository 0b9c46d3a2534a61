"""Evidence from the base itself: pictures of its web pages, its log, and the requests to its web server."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from harness.base import diagnostics
from harness.base.plain_web import NotShown
from harness.core import clock
from harness.core.clock import WaitExpired
from harness.core.errors import M9Error
from harness.evidence.attach import Attachment
from harness.evidence.timeline import Entry

if TYPE_CHECKING:
    from harness.base.driver import Base
    from harness.base.log_page import LogEntry

ANSWERS_WITHIN = 1.0


class BaseLog:
    """Collects this evidence after a test's acts, before the teardown changes the pages and the log."""

    def __init__(self, base: Base) -> None:
        self.base = base
        self.log: list[LogEntry] = []
        self._told: Counter[str] = Counter()
        self.read_at = 0.0
        self._is_new = False
        self._silent = ""

    def acts_are_over(self, *, failed: bool, shown: bool) -> None:
        """Take a picture of the page if one was used, and read the log."""
        self.log, self._silent = [], ""
        web = self.base.web
        try:
            if shown and web.browser.running:
                web.screenshot(next(iter(web.page.headings), "") or web.page.url)
            if failed:
                web.answers(ANSWERS_WITHIN)
            self._read()
        except (M9Error, NotShown, WaitExpired, OSError) as error:
            self._silent = f"not available: {error}" if failed else ""

    def take_log(self) -> list[LogEntry] | None:
        """The log's new lines, returned once; None if the log was not read since."""
        read, self._is_new = self._is_new, False
        return self.log if read else None

    def _read(self) -> None:
        """Keep the lines that no earlier test had; after a restart the base's log begins again."""
        found = diagnostics.look_at_log(self.base.plain_web)
        self.read_at = clock.now()
        there = Counter(line.text for line in found)
        new = there - self._told
        for line in found:
            if new[line.text] > 0:
                new[line.text] -= 1
                self.log.append(line)
        self._told = there
        self._is_new = True

    def of_the_base(self, start: float, end: float) -> tuple[list[Attachment], list[Entry]]:
        """The log's new lines, and the requests to the base's web server between two moments."""
        attached = []
        text = "".join(f"{line}\n" for line in self.log) or self._silent
        if text:
            attached.append(Attachment.text("base log", text))
        exchanges = [one for one in self.base.web.proxy.exchanges.snapshot() if start <= one.at <= end]
        if exchanges:
            text = "\n\n".join(f"{one.request}\n{one.body}\n{one.answer}" for one in exchanges)
            attached.append(Attachment.text("web requests", text))
        return attached, list(self._entries(start, end))

    def _entries(self, start: float, end: float) -> Iterator[Entry]:
        """The log's lines for the timeline, those with a time."""
        told = [line.clock for line in self.log if line.clock is not None]
        for line in self.log:
            at = line.at(self.read_at, max(told)) if told else None
            if at is not None and start <= at <= end:
                yield Entry(at, "base log", line.text)
