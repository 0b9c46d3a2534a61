"""Which page answers a request: those of `web/pages/`, and the plain forms of `pages.yaml`."""

from __future__ import annotations

import re
from functools import partial
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from rigs.standin.core.replacing import seam

from . import forms, registry, render
from .definitions import FormPage, pages, tabs
from .http import Request, Response
from .login import Login, Page
from .render import Tab, Unit
from .strategies import PageStrategy

if TYPE_CHECKING:
    from rigs.standin.base.device import Device


IDENTITY_PAGES = {"query": "/identity.htm?idx={number}&tab={tab}", "paths": "/identity{number}_{tab}.htm"}
"""The addresses of the identities' tabs, by the quirk identity_pages."""


class Site:
    """The pages of one base. `reboot_asked` turns true when the answer to a request is to be the last one."""

    def __init__(self, device: Device) -> None:
        self.device = device
        self._style = Path(__file__).with_name("style.css").read_bytes()
        self.unknown = 0
        self.reboot_asked = False
        self._extras = registry.extras()
        self._pages: dict[str, Page] = {
            **{path: partial(made, self) for path, made in registry.pages().items()},
            **dict.fromkeys(pages(), self._settings),
            **{unit_page.partition("?")[0]: self._identity for unit_page in self._identity_pages()},
        }
        self._login = Login(device, lambda content: self.framed(content, inside=False), self._pages.get)
        self._pages["/logout.htm"] = self._login.logout

    @seam
    def answer(self, request: Request) -> Response:
        """The response to any request."""
        if request.path == "/style.css":
            return Response(self._style, content_type="text/css")
        page = self._pages.get(request.path)
        return self._login.answer(request, page) if page else self.not_found(request)

    # --- forms

    def _settings(self, request: Request) -> Response:
        page = pages()[request.path]
        return self._form(request, page, 0, page.path, page.title, _entry(page))

    def _identity_pages(self) -> list[str]:
        unit = self.unit
        return [unit.tab(number, key) for number in range(1, 10) for key in tabs()]

    def _identity(self, request: Request) -> Response:
        known = tabs()
        number, key = request.query.get("idx", "1"), request.query.get("tab", "account")
        if named := re.fullmatch(r"/identity([1-9])_([a-z]+)\.htm", request.path):
            number, key = named[1], named[2]
        if number not in "123456789" or len(number) != 1 or key not in known:
            return self.not_found(request)
        idx = int(number)
        title = self.device.strategies.get(PageStrategy).title(known[key].title, idx)
        extra = self._extras[key](self, request, idx) if key in self._extras else ""
        action = self.unit.tab(idx, key)
        return self._form(request, known[key], idx, action, title, f"Identity {idx}", self.tabs(idx, key), extra)

    def tabs(self, idx: int, here: str) -> list[Tab]:
        """The tabs of an identity, in the presentation's order."""
        return [Tab(page.title, self.unit.tab(idx, key), key == here) for key, page in tabs().items()]

    def _form(
        self,
        request: Request,
        page: FormPage,
        idx: int,
        action: str,
        title: str,
        here: str,
        shown: list[Tab] | None = None,
        extra: str = "",
    ) -> Response:
        saves = request.method == "POST" and "save" in request.form
        boxes = forms.save(self.device, page, idx, request.form) if saves else []
        content = render.heading(title) + render.notices(boxes)
        if page.text:
            content += f"<p>{escape(page.text)}</p>"
        if page.fields:
            rows = forms.rows(self.device, page, idx)
            content += render.form(action, rows, [("save", "Save")], page.hidden)
        if page.note:
            content += f"<p>{escape(page.note)}</p>"
        return self.framed(content + extra, here=here, tabs=shown or [])

    # --- what pages ask

    @property
    def unit(self) -> Unit:
        """What the frame says of the base."""
        device = self.device
        page = IDENTITY_PAGES[device.quirks.get("identity_pages")]
        return Unit(device.settings.stored("base_name"), device.version, page)

    def framed(self, content: str, *, here: str = "", tabs: list[Tab] | None = None, inside: bool = True) -> Response:
        """A page in its frame; `here` is its entry in the list on the left, which only a session shows (`inside`)."""
        return Response(render.document(self.unit, content, here=here, tabs=tabs or [], inside=inside))

    def not_found(self, request: Request) -> Response:
        """The answer to what is no page; counted and logged."""
        self.unknown += 1
        self.log(3, f"Unknown page {request.path[:80]!r} asked for by {request.client}")
        response = self.framed(render.heading("Not Found") + "<p>There is no such page.</p>", inside=False)
        response.status = 404
        return response

    def log(self, level: int, text: str) -> None:
        """A line of the web category."""
        self.device.log.write("web", level, text)


def _entry(page: FormPage) -> str:
    return {"network": "Network", "log_filter": "Log Filter"}.get(page.key, page.title)
