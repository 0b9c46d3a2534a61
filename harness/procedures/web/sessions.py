"""Logins, sessions and the licence of a base's web UI."""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING

from harness.base.pages import expected
from harness.core import clock
from harness.core.clock import WaitExpired, wait_until
from harness.procedures.web.page_acts import LOGIN_PATH, NO_COOKIE, PageActs, asks_for_login

if TYPE_CHECKING:
    from harness.capture.messages import HttpMessage

GRACE = 3.0
ANY_PAGE = "/network.htm"
GUARDED = (
    ("network", 0), ("update", 0), ("status-network", 0), ("status-registration", 0), ("status-dect", 0), ("log", 0),
    ("log-filter", 0), ("account", 1), ("sip", 1),
)  # fmt: skip
LOGINS = 4
DIFFERENT = 3
"""Places at which two cookies must differ at least: a counter, or a clock, differs in one or two."""


class Sessions(PageActs):
    """Who gets in, for how long, and what the others see."""

    # login

    def log_out(self) -> None:
        """Forget the session's cookie."""
        self.web.forget_session()

    def log_in(self) -> None:
        """Type name and password into the form."""
        self.wire.mark()
        self.web.login()

    def are_open(self) -> None:
        """The login was answered with a cookie, and a page behind it is shown."""
        answer = self._login_answer()
        if not answer.header("set-cookie"):
            self.context.broken("the right password opens a session", "Set-Cookie", "none", [answer])
        self.context.same("the login form is shown after the login", self.web.shows_login, False)

    def refuse_all_but_the_right_words(self) -> None:
        """Each way to be almost right is answered without a cookie (facts §4.1)."""
        for what, username, password in near_misses(self.web.username, self.web.password):
            answer = self._try(username, password)
            if answer.header("set-cookie"):
                self.context.broken(f"a login with {what} gets no session", "no Set-Cookie", "a cookie", [answer])

    def fresh_unit_asked_for_the_licence(self) -> None:
        """The unit was new when this run met it: its first login was answered with the licence, which was accepted."""
        self.web.visit(LOGIN_PATH)
        if self.web.licences_shown == 0:
            self.context.broken(
                "a fresh unit shows its licence first", "the licence after the first login", "no licence"
            )

    # sessions

    def idle_session_ends(self, within: float) -> None:
        """Left alone for the session's time, a page asks for the login again.

        The clock alone is waited for: being idle has no event, and to look whether the session is over would use it.
        """
        self.web.login()
        cookie = self._cookie()
        self.context.same("a fresh session shows the login form", self._is_over(cookie), False)
        idle = clock.Deadline(within + GRACE)
        try:
            wait_until(lambda: idle.expired, what="the session's time", within=within + GRACE + 1, poll=0.2)
        except WaitExpired:
            self.context.broken("session time", within, "the clock stood still")
        if not self._is_over(cookie):
            self.context.broken(
                f"a session idle for {within:g} s has ended", "the login form", "the page that was asked for"
            )

    def session_in_use_goes_on(self, idle: float) -> None:
        """Asked for pages all the time, a session lives longer than it would idle."""
        self.web.login()
        cookie = self._cookie()
        used = clock.Deadline(2 * idle)

        def asked_again() -> bool:
            self._get(ANY_PAGE, cookie)
            return used.expired

        wait_until(asked_again, what="twice the session's time", within=4 * idle + GRACE, poll=idle / 6)
        if self._is_over(cookie):
            self.context.broken(
                f"a session that may be idle for {idle:g} s goes on while it is used", "the page", "the login form"
            )

    def logging_out_ends_the_session(self) -> None:
        """After the link that logs out the cookie opens nothing any more, whoever kept a copy of it."""
        self.web.login()
        cookie = self._cookie()
        links = [link for link in self.web.page.links if re.fullmatch(expected().logout, link.text, re.IGNORECASE)]
        if not links:
            self.context.missing("a link to log out", ", ".join(link.text for link in self.web.page.links) or "no link")
        self._get(links[0].href, cookie)
        self.web.forget_session()
        if not self._is_over(cookie):
            self.context.broken(
                "a session ends when its user logs out", "the login form", "the page, by the old cookie"
            )

    def each_login_has_a_cookie_of_its_own(self) -> None:
        """Cookies of several logins are neither the same nor next to each other."""
        cookies = []
        for _ in range(LOGINS):
            answer = self._try(self.web.username, self.web.password)
            if not answer.header("set-cookie"):
                self.context.broken("the right password opens a session", "Set-Cookie", "none", [answer])
            cookies.append(answer.header("set-cookie")[0].partition(";")[0].partition("=")[2])
        told = guessable(cookies)
        if told:
            self.context.broken("nobody can guess the cookie of another session", "cookies that tell nothing", told)

    # without a session

    def ask_for_the_login(self) -> None:
        """Asked for without a session's cookie or with an invented one, every page is the login form."""
        known = [self.web.open(page, identity or None).url for page, identity in GUARDED]
        self.web.login()
        linked = [link.href for link in self.web.page.links if expected().follows(link)]
        paths = [path for path in dict.fromkeys([*known, *linked]) if path not in ("/", LOGIN_PATH)]
        invented = re.sub(r"=(.)", lambda first: "=" + ("0" if first[1] != "0" else "1"), self._cookie())
        since = self.wire.mark()
        for path in paths:
            self._get(path, NO_COOKIE)
        for path in known:
            self._get(path, invented)
        answers = self._bodies(since)
        for path in paths:
            seen = [body for there, body in answers if there == path]
            if not seen:
                self.context.missing(f"an answer to {path} on the wire", f"{len(answers)} others")
            if not all(asks_for_login(body) for body in seen):
                self.context.broken(f"{path} without a login", "the login form", "the page itself")

    def take_no_form_of_a_stranger(self) -> None:
        """A form that is stored when it comes with a session is not without one."""
        path = self.web.open("network").url
        self.base.about_to_change(["asset_id"])
        self._post(path, {"asset_id": "of a user", "save": "Save"})
        self.context.same("a form posted with a session is stored", self.context.setting("asset_id"), "of a user")
        self._post(path, {"asset_id": "of a stranger", "save": "Save"}, NO_COOKIE)
        self.context.same("a form posted without a session is not", self.context.setting("asset_id"), "of a user")

    # small parts

    def _try(self, username: str, password: str) -> HttpMessage:
        """The base's answer on the wire to the login form with these words."""
        self.wire.mark()
        self._post(LOGIN_PATH, {"username": username, "password": password, "link": "index.htm", "submit": "Login"})
        return self._login_answer()

    def _is_over(self, cookie: str) -> bool:
        """Whether a page asked for with this cookie is the login form."""
        since = self.wire.mark()
        self._get(ANY_PAGE, cookie)
        answers = dict(self._bodies(since))
        if ANY_PAGE not in answers:
            self.context.missing(f"an answer to {ANY_PAGE} on the wire", ", ".join(answers) or "none at all")
        return asks_for_login(answers[ANY_PAGE])


def near_misses(username: str, password: str) -> list[tuple[str, str, str]]:
    """What is wrong, user name, password: all the ways of a login that is almost right."""
    tries = [
        ("another password", username, "not this one"),
        ("no password", username, ""),
        ("a password cut short", username, password[:-1]),
        ("a password with one more letter", username, f"{password}x"),
        ("a password in other letters", username, password.swapcase()),
        ("another user's name", f"{username}2", password),
        ("a user name in other letters", username.swapcase(), password),
    ]
    return [one for one in tries if one[1:] != (username, password)]


def guessable(cookies: list[str]) -> str:
    """What makes one of these cookies known to who knows another; empty where nothing does."""
    for one, other in itertools.combinations(cookies, 2):
        if one == other:
            return "two logins got the same cookie"
        different = sum(a != b for a, b in itertools.zip_longest(one, other))
        if different < min(DIFFERENT, len(one)):
            return f"two logins got cookies that differ in {different} of {len(one)} places"
    return ""
