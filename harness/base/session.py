"""A session with the base's web server: browser and proxy, login form, licence, expiry, and the page shown."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Self

from harness.base.chromium import Chromium
from harness.base.pages import PageMap, Place, expected
from harness.base.snapshot import BUTTON_TYPES, Field, Snapshot, from_script
from harness.base.web_proxy import TLS_VERSIONS, WebExchange, WebProxy, connecting_from, old_tls
from harness.core import clock, steps
from harness.core.errors import Expectation, ProductFailure, RigFault
from harness.core.limits import Limits
from harness.core.redaction import redaction

_DECORATION = (".css", ".js", ".png", ".gif", ".jpg", ".ico")


class WebSession:
    """The web server of the base at `address`; a context manager that starts the browser when it is first needed.

    The base has `within` seconds for a page; `oldest_tls` is the oldest version for HTTPS. `known` has the page URLs
    of a survey, `sources` the own addresses that requests leave from. Raises RigFault for a dead browser or refused
    credentials, ProductFailure for a base that gives no answer.
    """

    def __init__(
        self,
        address: str,
        username: str,
        password: str,
        directory: Path,
        *,
        scheme: str = "http",
        port: int | None = None,
        within: float = Limits.web,
        oldest_tls: str = "1.0",
        known: Mapping[Place, str] | None = None,
        sources: Sequence[str] = (),
    ) -> None:
        self.username = username
        self.password = redaction.register(password)
        self.proxy = WebProxy(
            address,
            port or (443 if scheme == "https" else 80),
            tls=old_tls(TLS_VERSIONS[oldest_tls]) if scheme == "https" else None,
            within=within,
            connect=connecting_from(sources),
        )
        self.browser = Chromium(directory, within=within + 5)
        self.pages = PageMap(dict(known or {}))
        self.page = Snapshot("")
        self.logins = 0
        self.licences_shown = 0
        self._filled: dict[str, str] = {}
        self._closing = contextlib.ExitStack()

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as opening:
            opening.enter_context(self.proxy)
            opening.enter_context(self.browser)
            self._closing = opening.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.close()

    @property
    def address(self) -> str:
        """The base's address; may be set when DHCP gave it another."""
        return self.proxy.host

    @address.setter
    def address(self, address: str) -> None:
        self.proxy.host = address

    # --- session ---------------------------------------------------------------------------------------------------

    def login(self, username: str | None = None, password: str | None = None) -> bool:
        """Log in by the form on the home page; False if the base shows the form again."""
        self.forget_session()
        with steps.step("web", f"log in as {username or self.username}"):
            self._load(expected().home)
            if not self.shows_login:
                return True
            return self._send_login(
                self.username if username is None else username, self.password if password is None else password
            )

    def forget_session(self) -> None:
        """Delete the session cookie, as in another browser."""
        if self.browser.running:
            self.browser.forget_cookies()
        self.page = Snapshot("")

    @property
    def shows_login(self) -> bool:
        """Whether the page shown is the login form: no session, or an expired one."""
        names = {field.name for field in self.page.inputs}
        form = expected().login
        return {form["username"], form["password"]} <= names

    @property
    def shows_eula(self) -> bool:
        """Whether the page shown asks to accept the licence, as a fresh unit does."""
        return any(field.name == expected().eula["field"] for field in self.page.fields)

    def accept_eula(self) -> Snapshot:
        """Choose acceptance on the licence page and submit it; the base shows the next page."""
        self.licences_shown += self.shows_eula
        eula = expected().eula
        field = self.page.field(eula["field"])
        if field is None:
            return self.page
        with steps.step("web", "accept the licence"):
            choices = [option for option in field.options if option.value not in ("", eula["decline"])]
            self.browser.tick(selector(field), (choices or list(field.options))[0].value)
            self.press(eula["button"], field.form)
        return self.page

    def visit(self, path: str, *, relogin: bool = True) -> Snapshot:
        """Load a path of the base; with `relogin` an expired session is renewed and a licence accepted first."""
        self._load(path)
        if relogin and self.shows_login:
            with steps.step("web", f"session needed for {path}: log in"):
                if not self._send_login(self.username, self.password):
                    raise RigFault(
                        "web login",
                        f"{self.proxy.base_url} refuses user {self.username!r}",
                        remedy="check base.web of the rig file and the secret behind it",
                    )
            if self.shows_eula:
                self.accept_eula()
            self._load(path)
        elif relogin and self.shows_eula:
            self.accept_eula()
            self._load(path)
        return self.page

    def _send_login(self, username: str, password: str) -> bool:
        form = expected().login
        redaction.register(password)
        for name, text in ((form["username"], username), (form["password"], password)):
            field = self.page.field(name)
            assert field is not None, "shows_login saw it"
            self.browser.write(selector(field), text)
        self.press(form["button"])
        self.logins += not self.shows_login
        return not self.shows_login

    def answers(self, within: float) -> WebExchange:
        """Wait until the base's web server answers a plain GET; raises WaitExpired with the last refusal."""
        last: list[WebExchange] = []

        def asked() -> bool:
            last[:] = [self.proxy.get(expected().home)]
            return bool(last[0].status)

        clock.wait_until(
            asked,
            what=f"web server of {self.proxy.base_url}",
            within=within,
            poll=0.1,
            last_seen=lambda: str(last[-1]) if last else "nothing",
        )
        return last[0]

    def _load(self, path: str) -> None:
        mark = len(self.proxy.exchanges)
        self.browser.go(self.proxy.url + path)
        self._take(mark)

    def press(self, caption: str, form: int | None = None, *, must_answer: bool = True) -> Snapshot:
        button = self.page.button(caption, form)
        if button is None:
            captions = ", ".join(f.value or f.label for f in self.page.fields if f.type in BUTTON_TYPES)
            raise ProductFailure(
                Expectation(f"the page {self.page.name!r} has a button {caption!r}", caption, captions or "no button")
            )
        mark = len(self.proxy.exchanges)
        if not self.browser.press(caption, button.form) and must_answer:
            raise ProductFailure(
                Expectation(
                    f"the button {caption!r} leads to a page", "an answer", "the same page, no request answered"
                )
            )
        self._take(mark, must_answer=must_answer)
        return self.page

    def _take(self, mark: int, *, must_answer: bool = True) -> None:
        """Read the page shown, with the status that the proxy saw for it."""
        shown = from_script(self.browser.snapshot(), self.proxy.url)
        answers = [e for e in self.proxy.exchanges.snapshot(mark) if not e.path.endswith(_DECORATION)]
        last = answers[-1] if answers else None
        if last is not None:
            shown = replace(shown, status=last.status, error=last.error)
        self.page = shown
        if last is not None and must_answer and (last.error or last.status >= 500):
            seen = last.error or f"{last.status}"
            raise ProductFailure(
                Expectation(f"the base answers {last.method} {last.path}", "a page", seen),
                remedy="check the base's power and network with `m9 doctor`",
            )

    def _refresh(self) -> None:
        mark = len(self.proxy.exchanges)
        status, error = self.page.status, self.page.error
        self._take(mark)
        self.page = replace(self.page, status=status, error=error)


def selector(field: Field) -> str:
    """The CSS selector of a field by its name."""
    quoted = field.name.replace("\\", "\\\\").replace('"', '\\"')
    if field.type in ("select", "textarea"):
        return f'{field.type}[name="{quoted}"]'
    return f'input[name="{quoted}"]:not([type="hidden"])'
