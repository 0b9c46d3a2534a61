"""Raw requests to a base's web pages, with a cookie and without a browser, and their answers on the wire."""

from __future__ import annotations

import urllib.error
import urllib.parse
import urllib.request
from typing import TYPE_CHECKING, Any

from harness.base.pages import expected
from harness.capture import http_bodies
from harness.core import clock
from harness.procedures.context import TestContext

if TYPE_CHECKING:
    from harness.capture.messages import HttpMessage

LOGIN_PATH = "/index.htm"
NO_COOKIE = ""


class WebAccess:
    """The web UI of one base: `web` is the browser; the methods send requests that a browser would not send."""

    def __init__(self, context: TestContext) -> None:
        self.context = context
        self.base = context.base
        self.web = context.base.web
        self.wire = context.wire

    def cookie(self) -> str:
        """The browser's session cookie as a request header."""
        if self.web.page.url == "" or self.web.shows_login:
            self.web.visit(LOGIN_PATH)
        return "; ".join(f"{name}={value}" for name, value in self.web.browser.cookies().items())

    def login_answer(self) -> HttpMessage:
        """The base's answer on the wire to the last login."""
        asked = self.wire.http.require(
            method="POST", dest=self.context.base_addresses, uri=LOGIN_PATH, what="POST of the login"
        )
        return self.wire.http.expect(
            source=self.context.base_addresses,
            since=asked.at,
            where=lambda m: m.status > 0 and m.dport == asked.sport,
            claim="a login is answered",
        )

    def answer_to(self, path: str, cookie: str | None = None) -> HttpMessage:
        """Request a path with the session's cookie, or another; returns the base's answer on the wire."""
        asked_with = self.cookie() if cookie is None else cookie
        since = self.wire.mark()
        self.get(path, asked_with)
        asked = self.wire.http.require(
            method="GET", dest=self.context.base_addresses, uri=path, since=since, what=f"GET of {path}"
        )
        return self.wire.http.expect(
            source=self.context.base_addresses,
            since=asked.at,
            where=lambda m: m.status > 0 and m.dport == asked.sport,
            claim=f"{path} is answered",
        )

    def bodies(self, since: float) -> list[tuple[str, str]]:
        """Path and body of each answer of the base since a moment, as reassembled by tshark."""
        self.wire.settle()
        capture, _ = self.wire.packets_between(since, clock.now())
        answers = http_bodies.answers_of(capture, self.context.base_addresses)
        return [(urllib.parse.urlsplit(uri)._replace(scheme="", netloc="").geturl(), body) for uri, body in answers]

    def get(self, path: str, cookie: str | None = None) -> str:
        """The page of a path, requested with the session's cookie or another."""
        headers = {"Cookie": self.cookie() if cookie is None else cookie}
        return self._ask(urllib.request.Request(self.web.proxy.base_url + path, headers=headers))

    def post(self, path: str, fields: dict[str, str], cookie: str | None = None) -> str:
        """The answer to a form, sent with the session's cookie or another; the login is sent without one."""
        data = urllib.parse.urlencode(fields).encode()
        headers = {"Cookie": self.cookie() if cookie is None else cookie} if path != LOGIN_PATH else {}
        return self._ask(urllib.request.Request(self.web.proxy.base_url + path, data=data, headers=headers))

    def _ask(self, request: Any) -> str:
        try:
            with urllib.request.urlopen(request, timeout=self.context.rig.timing.web) as answer:
                return str(answer.read().decode("utf-8", "replace"))
        except urllib.error.HTTPError as error:
            return error.read().decode("utf-8", "replace")


def page_of(tab: str) -> str:
    """The page of a tab, as harness/base/pages.yaml names it."""
    return next((name for name, page in expected().pages.items() if page.tab == tab), tab.lower().replace(" ", "-"))


def asks_for_login(body: str) -> bool:
    """Whether an answer is the login form."""
    form = expected().login
    return all(f'name="{form[field]}"' in body for field in ("username", "password"))
