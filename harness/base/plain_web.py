"""The pages of the base without a browser: quick looks of the harness itself, with a session of their own."""

from __future__ import annotations

import http.client
import re
import urllib.parse
from typing import TYPE_CHECKING

from harness.base.html_page import read_page
from harness.base.pages import Place, expected
from harness.base.snapshot import Snapshot
from harness.core import clock
from harness.core.errors import M9Error
from harness.core.redaction import redaction
from harness.services.exchange import Request

if TYPE_CHECKING:
    from harness.base.session import WebSession

WITHIN = 2.0
"""Seconds for a page; these reads must not delay a run."""


class NotShown(Exception):
    """A page could not be read: no answer, no session, or a page of another kind."""


class PlainWeb:
    """Reads pages of the base that `web` drives, with the same map and never at the same time.

    Its requests are not kept as evidence of a test. Every failure is NotShown: these reads decide no verdict.
    """

    def __init__(self, web: WebSession) -> None:
        self._web = web
        self._cookies: dict[str, str] = {}
        self._nowhere: set[str] = set()

    def known(self) -> dict[Place, str]:
        """The known URLs, by page and identity."""
        return self._web.pages.known()

    def open(self, page: str, identity: int = 0) -> Snapshot:
        """A page by its name in pages.yaml."""
        pages = self._web.pages
        if (page, identity) in pages.known():
            shown = self.visit(pages.known()[page, identity])
            if pages.model(page).proves(shown, identity):
                return shown
        elif page in self._nowhere:
            raise NotShown(f"{page} was looked for before")
        try:
            return pages.find(page, identity, self.visit)
        except M9Error as missing:
            self._nowhere.add(page)
            raise NotShown(str(missing)) from missing

    def visit(self, path: str) -> Snapshot:
        """A path of the base; an expired session is renewed."""
        shown = self._ask("GET", path)
        if _is_login(shown):
            self._log_in(shown)
            shown = self._ask("GET", path)
            if _is_login(shown):
                raise NotShown(f"{self._web.proxy.base_url} refuses the login")
        if any(field.name == expected().eula["field"] for field in shown.fields):
            raise NotShown(f"{self._web.proxy.base_url} asks to accept the licence first")
        return shown

    def _log_in(self, shown: Snapshot) -> None:
        """Send the login form with all its fields."""
        form = expected().login
        fields = {field.name: field.sent for field in shown.fields if field.type == "hidden"}
        fields |= {form["username"]: self._web.username, form["password"]: self._web.password}
        button = shown.button(form["button"])
        if button is not None and button.name:
            fields[button.name] = button.value
        redaction.register(self._web.password)
        self._cookies.clear()
        self._ask("POST", expected().home, urllib.parse.urlencode(fields).encode())

    def _ask(self, method: str, path: str, body: bytes = b"") -> Snapshot:
        headers = {"cookie": "; ".join(f"{name}={value}" for name, value in self._cookies.items())}
        if body:
            headers["content-type"] = "application/x-www-form-urlencoded"
        request = Request(clock.now(), method, path, "HTTP/1.1", headers, body)
        try:
            status, answered, content = self._web.proxy.look(request, WITHIN)
        except (OSError, http.client.HTTPException) as error:
            raise NotShown(f"{method} {path}: {error}") from error
        for name, value in answered:
            if name.lower() == "set-cookie":
                self._keep(value)
        return read_page(path, _decoded(answered, content), status=status)

    def _keep(self, cookie: str) -> None:
        name, _, value = cookie.partition(";")[0].partition("=")
        self._cookies[name.strip()] = value.strip()


def _is_login(shown: Snapshot) -> bool:
    form = expected().login
    return {form["username"], form["password"]} <= {field.name for field in shown.inputs}


def _decoded(headers: list[tuple[str, str]], body: bytes) -> str:
    kind = next((value for name, value in headers if name.lower() == "content-type"), "")
    charset = re.search(r"charset=([\w-]+)", kind) or re.search(
        r'charset=["\']?([\w-]+)', body[:1024].decode("latin-1")
    )
    try:
        return body.decode(charset[1] if charset else "utf-8", "replace")
    except LookupError:
        return body.decode("utf-8", "replace")
