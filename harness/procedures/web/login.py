"""Logins: with right and slightly wrong words, the cookie of a session, the licence of a new unit."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import TYPE_CHECKING

from harness.procedures.web.access import LOGIN_PATH, WebAccess

if TYPE_CHECKING:
    from harness.capture.messages import HttpMessage

LOGINS = 4
DIFFERENT = 3
"""Characters in which two cookies must differ at least: a counter, or a clock, differs in one or two."""


class Login:
    """The login form of one base."""

    def __init__(self, access: WebAccess) -> None:
        self._access = access
        self._context = access.context
        self._web = access.web
        self._answers: list[HttpMessage] = []

    # acts

    def log_out(self) -> None:
        """The browser forgets the session's cookie."""
        self._web.forget_session()

    def log_in(self) -> None:
        """Name and password are typed into the form."""
        self._access.wire.mark()
        self._web.login()

    def near_misses(self) -> Iterator[tuple[str, str, str]]:
        """The slightly wrong logins: mistake, user name, password."""
        return iter(near_misses(self._web.username, self._web.password))

    def try_with(self, username: str, password: str) -> None:
        """The form is sent with these words, without a session."""
        self._access.wire.mark()
        self._access.post(
            LOGIN_PATH, {"username": username, "password": password, "link": "index.htm", "submit": "Login"}
        )

    def log_in_repeatedly(self) -> None:
        """Several logins with the right words, one after the other; their answers are kept."""
        for _ in range(LOGINS):
            self.try_with(self._web.username, self._web.password)
            self._answers.append(self._access.login_answer())

    # what is expected

    def expect_open(self) -> None:
        """The login was answered with a cookie, and another page can be opened."""
        self._expect_cookie(self._access.login_answer())
        self._context.same("the login form is shown after the login", self._web.shows_login, False)

    def expect_no_session(self, what: str) -> None:
        """The login with these wrong words was answered without a cookie (facts §4.1)."""
        answer = self._access.login_answer()
        if answer.header("set-cookie"):
            self._context.broken(f"a login with {what} gets no session", "no Set-Cookie", "a cookie", [answer])

    def expect_licence_at_first(self) -> None:
        """The unit was new in this run: its first login was answered with the licence, which was accepted."""
        self._web.visit(LOGIN_PATH)
        if self._web.licences_shown == 0:
            self._context.broken(
                "a new unit shows its licence first", "the licence after the first login", "no licence"
            )

    def expect_cookies_that_tell_nothing(self) -> None:
        """The cookies of the kept logins are neither equal nor similar."""
        cookies = [self._expect_cookie(answer) for answer in self._answers]
        guessed = guessable(cookies)
        if guessed or not cookies:
            self._context.broken("the cookie of another session cannot be guessed", "no pattern in cookies", guessed)

    def _expect_cookie(self, answer: HttpMessage) -> str:
        """The cookie that an answer sets."""
        if not answer.header("set-cookie"):
            self._context.broken("the right password opens a session", "Set-Cookie", "none", [answer])
        return answer.header("set-cookie")[0].partition(";")[0].partition("=")[2]


def near_misses(username: str, password: str) -> list[tuple[str, str, str]]:
    """All slightly wrong logins: mistake, user name, password."""
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
    """Why one of these cookies can be guessed from another; empty if it cannot."""
    for one, other in itertools.combinations(cookies, 2):
        if one == other:
            return "two logins got the same cookie"
        different = sum(a != b for a, b in itertools.zip_longest(one, other))
        if different < min(DIFFERENT, len(one)):
            return f"two logins got cookies that differ in {different} of {len(one)} places"
    return ""
