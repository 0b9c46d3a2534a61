"""Sessions of a base's web UI: their lifetime and their end."""

from __future__ import annotations

import re

from harness.base.pages import expected
from harness.core import clock
from harness.core.clock import wait_until
from harness.procedures.limits import limits
from harness.procedures.web.access import WebAccess, asks_for_login

ANY_PAGE = "/network.htm"


class Sessions:
    """One session at a time, identified by its cookie."""

    def __init__(self, access: WebAccess) -> None:
        self._access = access
        self._context = access.context
        self._web = access.web
        self._cookie = ""

    # acts

    def begin(self) -> None:
        """A login; the other methods use its session."""
        self._web.login()
        self._cookie = self._access.cookie()

    def leave_alone(self, seconds: float) -> None:
        """No request is sent for the session's lifetime and a little more.

        Only the clock can be awaited: a request to check the session would prolong it.
        """
        lasts = seconds + limits().session_grace
        idle = clock.Deadline(lasts)
        wait_until(lambda: idle.expired, what="the session's time", within=lasts + 1, poll=0.2)

    def keep_using(self, idle: float) -> None:
        """Pages are requested all the time, for twice the idle time of a session."""
        used = clock.Deadline(2 * idle)

        def asked_again() -> bool:
            self._access.get(ANY_PAGE, self._cookie)
            return used.expired

        within = 4 * idle + limits().session_grace
        wait_until(asked_again, what="twice the session's time", within=within, poll=idle / 6)

    def log_out_by_the_link(self) -> None:
        """The link that logs out is followed; a copy of the cookie is kept."""
        links = [link for link in self._web.page.links if re.fullmatch(expected().logout, link.text, re.IGNORECASE)]
        if not links:
            seen = ", ".join(link.text for link in self._web.page.links) or "no link"
            self._context.missing("a link to log out", seen)
        self._access.get(links[0].href, self._cookie)
        self._web.forget_session()

    # what is expected

    def expect_open(self) -> None:
        """A request with the session's cookie is answered with the page."""
        if self._asks_for_login():
            self._context.broken("a session that is new or in use goes on", "the page", "the login form")

    def expect_ended(self) -> None:
        """A request with the session's cookie, or a copy of it, is answered with the login form."""
        if not self._asks_for_login():
            claim = "a session ends when its user logs out, or was idle for its time"
            self._context.broken(claim, "the login form", "the page that was asked for, by the old cookie")

    def _asks_for_login(self) -> bool:
        since = self._access.wire.mark()
        self._access.get(ANY_PAGE, self._cookie)
        answers = dict(self._access.bodies(since))
        if ANY_PAGE not in answers:
            self._context.missing(f"an answer to {ANY_PAGE} on the wire", ", ".join(answers) or "none at all")
        return asks_for_login(answers[ANY_PAGE])
