"""Defects of the web interface's access: logins, sessions, and what strangers may do."""

from __future__ import annotations

import secrets
from collections.abc import Callable

from rigs.standin.core.replacing import defect
from rigs.standin.web.http import Request, Response
from rigs.standin.web.login import Login, Page
from rigs.standin.web.sessions import Session, Sessions
from rigs.standin.web.strategies import LoginStrategy, SessionStrategy


class AnyUserNameOpens(LoginStrategy):
    """A correct password is enough to log in: every user name is accepted."""

    feature = "web-login"

    def accepts(self, username: str, password: str, wanted: tuple[str, str]) -> bool:
        return password == wanted[1]


class CapitalsDoNotCount(LoginStrategy):
    """The password may be typed in capitals or not: far fewer tries find it."""

    feature = "web-login"

    def accepts(self, username: str, password: str, wanted: tuple[str, str]) -> bool:
        return (username.lower(), password.lower()) == (wanted[0].lower(), wanted[1].lower())


class CookiesAreCounted(SessionStrategy):
    """Sessions have running numbers: who has one knows those of the others."""

    feature = "web-session"

    def cookie(self, number: int) -> str:
        return f"{number:032x}"


@defect(feature="web-session", replaces=Session.touch)
def session_ends_while_it_is_used(healthy: Callable[[Session], None], session: Session) -> None:
    """A user who works in the pages is logged out after the session's time all the same."""


@defect(feature="web-session", replaces=Sessions.end)
def logout_is_for_show(healthy: Callable[[Sessions, str], None], sessions: Sessions, value: str) -> None:
    """After a logout the old cookie still opens every page."""


@defect(feature="web-access", replaces=Login.answer)
def strangers_may_save(
    healthy: Callable[[Login, Request, Page], Response], login: Login, request: Request, page: Page
) -> Response:
    """Pages ask for a login, but a form sent to them without one is stored."""
    form = request.method == "POST" and "username" not in request.form
    return login.inside(request, page) if form else healthy(login, request, page)


class EightCharactersOfThePassword(LoginStrategy):
    """Only the first eight characters of the web password count: anything may stand behind them."""

    feature = "web-login"

    def accepts(self, username: str, password: str, wanted: tuple[str, str]) -> bool:
        return super().accepts(username, password[:8], (wanted[0], wanted[1][:8]))


class OneCookieForAll(SessionStrategy):
    """Two users share one session: who logs out throws the other out, and an old cookie works again later."""

    feature = "web-session"

    def __init__(self) -> None:
        self._value = secrets.token_hex(16)

    def cookie(self, number: int) -> str:
        return self._value
