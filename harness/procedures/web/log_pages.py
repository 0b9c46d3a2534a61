"""The base's own log and its twelve filters, as the web pages show them."""

from __future__ import annotations

import re
from collections import Counter
from datetime import UTC, datetime

from harness.base import catalogue, diagnostics
from harness.base.pages import expected
from harness.core import clock
from harness.core.errors import NotApplicable, RigFault
from harness.procedures.web.page_acts import LOGIN_PATH, PageActs

LOUDEST = 9
SILENT = 0
STRANGER = "<b>stranger</b>&amp;"
"""A user name that is markup: on a page that does not escape it there is a bold word."""
CLOCK_STEP = 900.0
"""Every time zone is some quarters of an hour away from the network's time."""
CLOCK_ERROR = 20.0


class LogPages(PageActs):
    """Setting levels, and what is new in the log since then."""

    def set_log(self, others: int | None = None, **levels: int) -> None:
        """Set levels of the log filter by the first word of their labels, and those of all others where wished.

        The old ones come back after the test.
        """
        wanted = {_category(word): level for word, level in levels.items()}
        rest = {} if others is None else dict.fromkeys(diagnostics.categories(), others)
        places = {category: place for place, category in enumerate(diagnostics.categories(), 1)}
        self.base.change_all({("log", places[category]): level for category, level in {**rest, **wanted}.items()})
        self._logged = self._lines()

    def log_tells_of_a_login(self) -> None:
        """A login under everybody's eyes is a new message of web server events."""
        self._log_in_again()
        new = self._new_lines()
        if not any(self.web.username in line for line in new):
            self.context.broken("a login is in the log", f"a new message with {self.web.username!r}", _listed(new))

    def log_keeps_silent_about_a_login(self) -> None:
        """A login writes no message any more, neither one with its user nor one of its category."""
        category = _category("web")
        self._log_in_again()
        found = [line for line in self._new_lines() if category in line or self.web.username in line]
        if found:
            self.context.broken(f"{category!r} at level {SILENT} writes nothing", "no new message", _listed(found))

    def log_goes_on_with(self, word: str) -> None:
        """Registration mode, started again, is a new message of DECT events: other categories are not silenced."""
        category = _category(word)
        self.web.close_registration()
        self.web.open_registration()
        new = self._new_lines()
        if not any(category in line for line in new):
            self.context.broken(f"{category!r} at level {LOUDEST} go on", "a new message", _listed(new))

    def a_higher_level_tells_more(self) -> None:
        """The same acts leave more messages of their category at the loudest level than at the quietest above zero."""
        counts = []
        for level in (1, LOUDEST):
            self.set_log(others=SILENT, web=level)
            self._log_in_again()
            counts.append(len(self._new_lines()))
        if counts[0] >= counts[1]:
            self.context.broken(
                "a log level lets through what is as important", f"more than {counts[0]} at level {LOUDEST}", counts[1]
            )

    def a_login_is_told_from_its_own_level_on(self) -> None:
        """A login's message says its level: the filter shows it there (or one above, as the data says), not below."""
        self.set_log(others=SILENT, web=LOUDEST)
        self._log_in_again()
        told = [entry.level for entry in diagnostics.entries(self.web) if self.web.username in entry.text]
        first = told[-1] + (catalogue.load().chosen("log_level_shows") == "below") if told else SILENT
        if not SILENT < first <= LOUDEST:
            raise NotApplicable("the messages of this unit's log do not begin with their level, or not with 1 to 9")
        for level in (first - 1, first):
            self.set_log(web=level)
            self._log_in_again()
            new = self._new_lines()
            if any(self.web.username in line for line in new) != (level == first):
                wanted = f"{'a' if level == first else 'no'} message of level {told[-1]}"
                self.context.broken(f"a filter at level {level} shows what is as important", wanted, _listed(new))

    def a_new_message_has_the_time_it_was_written(self) -> None:
        """Whatever its zone, the time of a message is the network's within some seconds."""
        self._log_in_again()
        now, new = clock.now(), [line for line in self._new_lines() if self.web.username in line]
        layout = expected().log_time
        found = re.search(layout["pattern"], new[-1]) if new else None
        if found is None:
            self.context.missing("a message with a time of the expected layout", _listed(new))
        written = datetime.strptime(found[0], layout["format"]).replace(tzinfo=UTC).timestamp()
        away = (now - written + CLOCK_STEP / 2) % CLOCK_STEP - CLOCK_STEP / 2
        if abs(away) > CLOCK_ERROR:
            wanted = f"{datetime.fromtimestamp(now, UTC):%H:%M:%S} in some zone"
            self.context.broken("a message has the time it was written", wanted, found[0])

    def log_shows_what_a_stranger_typed_as_text(self) -> None:
        """The user name of a refused login stands in the log letter by letter, also where it is markup."""
        self._post(LOGIN_PATH, {"username": STRANGER, "password": "x", "link": "index.htm", "submit": "Login"})
        told = [line for line in self._new_lines() if "stranger" in line]
        if not told:
            self.context.missing("a message about a refused login", _listed(self._new_lines()))
        if STRANGER not in told[-1]:
            self.context.broken("the log shows as text what it was told", STRANGER, told[-1])

    def _log_in_again(self) -> None:
        self.web.forget_session()
        if not self.web.login():
            raise RigFault("web login", "refused", remedy="check base.web of the rig file")

    def _lines(self) -> list[str]:
        return [entry.text for entry in diagnostics.entries(self.web)]

    def _new_lines(self) -> list[str]:
        return new_lines(self._logged, self._lines())


def new_lines(before: list[str], now: list[str]) -> list[str]:
    """The lines that are there now and were not before; a message that is there once more than before is new."""
    known, found = Counter(before), []
    for line in now:
        if known[line]:
            known[line] -= 1
        else:
            found.append(line)
    return found


def _category(word: str) -> str:
    """The label of the log category that begins with this word."""
    return next(label for label in diagnostics.categories() if label.lower().startswith(word.lower()))


def _listed(lines: list[str]) -> str:
    return "; ".join(lines[-5:]) or "none"
