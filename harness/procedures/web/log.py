"""The base's own log and its twelve filters, as the web pages show them."""

from __future__ import annotations

import re
from collections import Counter
from datetime import UTC, datetime

from harness.base import diagnostics, setting_definitions
from harness.base.pages import expected
from harness.core import clock
from harness.core.errors import NotApplicable, RigFault
from harness.procedures.limits import limits
from harness.procedures.web.access import LOGIN_PATH, WebAccess

LOUDEST = 9
SILENT = 0
STRANGER = "<b>stranger</b>&amp;"
"""A user name with markup: a page that does not escape it shows a bold word."""
CLOCK_STEP = 900.0
"""Time zones differ from the network's time by multiples of a quarter of an hour."""


class Log:
    """Sets levels, acts so that messages are written, and reads the new messages since the levels were set."""

    def __init__(self, access: WebAccess) -> None:
        self._access = access
        self._context = access.context
        self._web = access.web
        self._before: list[str] = []

    # acts

    def set_levels(self, others: int | None = None, **levels: int) -> None:
        """Set levels of the log filter by the first word of their labels, and optionally those of all others.

        The old ones are restored after the test.
        """
        chosen = {_category(word): level for word, level in levels.items()}
        rest = {} if others is None else dict.fromkeys(diagnostics.categories(), others)
        places = {category: place for place, category in enumerate(diagnostics.categories(), 1)}
        self._access.base.change_all({("log", places[name]): level for name, level in {**rest, **chosen}.items()})
        self._before = self._lines()

    def log_in_again(self) -> None:
        """A login, which is an event of the web server."""
        self._web.forget_session()
        if not self._web.login():
            raise RigFault("web login", "refused", remedy="check base.web of the rig file")

    def log_in_as_a_stranger(self) -> None:
        """A login that is refused, of a user whose name is markup."""
        self._access.post(LOGIN_PATH, {"username": STRANGER, "password": "x", "link": "index.htm", "submit": "Login"})

    def restart_registration_mode(self) -> None:
        """Registration mode is ended and started, which is an event of DECT."""
        self._web.dect.close_registration()
        self._web.dect.open_registration()

    # what is there

    def count_new(self) -> int:
        """The number of new messages since the levels were set."""
        return len(self._new_lines())

    def level_that_shows_a_login(self) -> int:
        """The level from which on the filter shows a login: that of its message, or one above, by settings.yaml."""
        found = [entry.level for entry in diagnostics.entries(self._web) if self._web.username in entry.text]
        level = found[-1] + (setting_definitions.load().chosen("log_level_shows") == "below") if found else SILENT
        if not SILENT < level <= LOUDEST:
            raise NotApplicable("the messages of this unit's log do not begin with their level, or not with 1 to 9")
        return level

    # what is expected

    def expect_login(self, *, shown: bool = True) -> None:
        """The login is a new message of web server events, or none if the level excludes it."""
        new = self._new_lines()
        if any(self._web.username in line for line in new) != shown:
            expectation = f"{'a' if shown else 'no'} new message with {self._web.username!r}"
            self._context.broken("a login is in the log from its own level on", expectation, _listed(new))

    def expect_silence_about_logins(self) -> None:
        """No message is new: none with the user and none of the category."""
        category = _category("web")
        found = [line for line in self._new_lines() if category in line or self._web.username in line]
        if found:
            self._context.broken(f"{category!r} at level {SILENT} writes nothing", "no new message", _listed(found))

    def expect_message_of(self, word: str) -> None:
        """A message of the category is new: it is not excluded with the others."""
        category = _category(word)
        new = self._new_lines()
        if not any(category in line for line in new):
            self._context.broken(f"{category!r} at level {LOUDEST} go on", "a new message", _listed(new))

    def expect_more(self, quiet: int, loud: int) -> None:
        """The same acts wrote more messages at the loud level than at the quiet one."""
        if quiet >= loud:
            expectation = f"more than {quiet} at level {LOUDEST}"
            self._context.broken("a higher log level shows more messages", expectation, loud)

    def expect_time_of_writing(self) -> None:
        """The time of the login's message is the network's time, within some seconds and in any time zone."""
        now, new = clock.now(), [line for line in self._new_lines() if self._web.username in line]
        layout = expected().log_time
        found = re.search(layout["pattern"], new[-1]) if new else None
        if found is None:
            self._context.missing("a message with a time of the expected layout", _listed(new))
        written = datetime.strptime(found[0], layout["format"]).replace(tzinfo=UTC).timestamp()
        away = (now - written + CLOCK_STEP / 2) % CLOCK_STEP - CLOCK_STEP / 2
        if abs(away) > limits().log_clock_error:
            expectation = f"{datetime.fromtimestamp(now, UTC):%H:%M:%S} in some zone"
            self._context.broken("a message has the time it was written", expectation, found[0])

    def expect_stranger_as_text(self) -> None:
        """The log shows the user name of the refused login unchanged."""
        found = [line for line in self._new_lines() if "stranger" in line]
        if not found:
            self._context.missing("a message about a refused login", _listed(self._new_lines()))
        if STRANGER not in found[-1]:
            self._context.broken("the log shows a user name with markup as text", STRANGER, found[-1])

    def _lines(self) -> list[str]:
        return [entry.text for entry in diagnostics.entries(self._web)]

    def _new_lines(self) -> list[str]:
        return new_lines(self._before, self._lines())


def new_lines(before: list[str], now: list[str]) -> list[str]:
    """The new lines; a message that is listed once more than before is new."""
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
