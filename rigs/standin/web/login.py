"""The door of the web interface: login form, session cookie, and the licence of a fresh unit (facts 4.1)."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from . import render
from .http import Request, Response
from .render import Notice
from .sessions import Sessions
from .strategies import EulaStrategy, LoginStrategy, SessionStrategy

if TYPE_CHECKING:
    from rigs.standin.base.device import Device

COOKIE = "session"
LANDING = ("/", "/index.htm")

LICENCE = """The software of this device is licensed, not sold. It may be used on this device only.

It comes without warranty as far as the law allows. Calls to emergency numbers depend on the network, the provider \
and the power supply of this device: keep another way to call for help.

The software contains parts under licences of their own; their texts are sent on request."""

Page = Callable[[Request], Response]


class Login:
    """Lets a request through to its page, or answers it with what must come first."""

    def __init__(self, device: Device, frame: Callable[[str], Response], find: Callable[[str], Page | None]) -> None:
        self._device = device
        self._frame = frame
        self._find = find
        self._sessions = Sessions()

    def answer(self, request: Request, page: Page) -> Response:
        """The page, the licence, or the login form."""
        if self._has_session(request):
            return self.inside(request, page)
        if request.method == "POST" and request.path in LANDING and "username" in request.form:
            return self._login(request)
        return self._form(request)

    def logout(self, request: Request) -> Response:
        """Ends the session of the request."""
        self._sessions.end(request.cookies.get(COOKIE, ""))
        response = self._form(request)
        response.cookie = f"{COOKIE}=; path=/; expires=Thu, 01 Jan 1970 00:00:00 GMT"
        return response

    @property
    def _rule(self) -> SessionStrategy:
        return self._device.strategies.get(SessionStrategy)

    def _has_session(self, request: Request) -> bool:
        timeout = self._device.settings.int("session_timeout")
        session, ended = self._sessions.resume(request.cookies.get(COOKIE, ""), timeout, self._rule)
        for one in ended:
            self._log(4, f"Session of {one.client} expired")
        return session is not None

    def _login(self, request: Request) -> Response:
        """The answer to the right words is the page that was wanted, at once: no redirect (facts 4.1, success test)."""
        username, password = request.form["username"], request.form.get("password", "")
        wanted = (self._device.settings.get("http_username"), self._device.settings.get("http_password"))
        if not self._device.strategies.get(LoginStrategy).accepts(username, password, wanted):
            self._log(2, f"Login of {username[:40]!r} from {request.client} refused")
            return self._form(request, "Wrong username or password.")
        self._log(4, f"Login of {username[:40]!r} from {request.client}")
        target, _, query = request.form.get("link", "").partition("?")
        path = f"/{target}" if self._find(f"/{target}") else "/index.htm"
        page = self._find(path)
        assert page is not None
        asked = Request("GET", path, dict(parse_qsl(query)), request.headers, {}, request.client, request.version)
        response = self.inside(asked, page)
        response.cookie = f"{COOKIE}={self._sessions.begin(request.client, self._rule)}; path=/"
        return response

    def _form(self, request: Request, wrong: str = "") -> Response:
        query = "&".join(f"{name}={value}" for name, value in request.query.items())
        asked = request.path.lstrip("/") + (f"?{query}" if query else "")
        link = request.form.get("link") or (asked if asked != "logout.htm" else "")
        fields = render.row("Username", render.text_field("username", ""))
        fields += render.row("Password", render.password_field("password"))
        content = render.heading("Login") + render.notices([Notice("error", wrong)] if wrong else [])
        hidden = {"link": link or "index.htm"}
        return self._frame(content + render.form("/index.htm", fields, [("submit", "Login")], hidden))

    def inside(self, request: Request, page: Page) -> Response:
        """What a session sees: the page, once the licence was accepted."""
        licence = self._device.strategies.get(EulaStrategy)
        if not licence.asks(self._device.settings.bool("eula_accepted")):
            return page(request)
        landing = self._find("/index.htm")
        if request.method == "POST" and request.form.get("eula") == "1" and landing is not None:
            self._device.settings.set("eula_accepted", "true", who="base")
            self._log(4, f"Licence accepted from {request.client}")
            return landing(request)
        if self._device.quirks.get("eula_gate") == "landing" and request.path not in LANDING:
            return page(request)
        return self._licence()

    def _licence(self) -> Response:
        options = (
            f'<input type="radio" name="eula" value="{value}">{text}'
            for value, text in ((1, "I accept"), (0, "I decline"))
        )
        content = render.heading("End User Licence Agreement") + f'<pre class="licence">{escape(LICENCE)}</pre>'
        rows = f"<tr><td>{'<br>'.join(options)}</td></tr>"
        return self._frame(content + render.form("/index.htm", rows, [("save", "Submit")]))

    def _log(self, level: int, text: str) -> None:
        self._device.log.write("web", level, text)
