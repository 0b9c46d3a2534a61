"""Which page answers a request, and what each page shows."""

from __future__ import annotations

import re
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from rigs.standin.core.replacing import seam
from rigs.standin.provisioning.applying import PHONE_BOOK

from . import forms, render, status, vcards
from .definitions import FormPage, pages, tabs
from .http import Request, Response
from .login import Login, Page
from .render import Notice, Tab, Unit
from .strategies import ButtonStrategy, LogPageStrategy, PageStrategy, ServingStrategy, WarningStrategy

if TYPE_CHECKING:
    from rigs.standin.base.device import Device


CONTACTS = 500
"""What an address book holds (facts 3.7: the field's templates stop there)."""
IDENTITY_PAGES = {"query": "/identity.htm?idx={number}&tab={tab}", "paths": "/identity{number}_{tab}.htm"}
"""The addresses of the identities' tabs, by the quirk identity_pages."""


class Site:
    """The pages of one base. `reboot_asked` turns true when the answer to a request is to be the last one."""

    def __init__(self, device: Device) -> None:
        self._device = device
        self._style = Path(__file__).with_name("style.css").read_bytes()
        self.unknown = 0
        self.reboot_asked = False
        self._pages: dict[str, Page] = {
            "/": self._index,
            "/index.htm": self._index,
            "/status.htm": self._status,
            "/log.htm": self._log,
            "/update.htm": self._update,
            **dict.fromkeys(pages(), self._settings),
            **{unit_page.partition("?")[0]: self._identity for unit_page in self._identity_pages()},
        }
        self._login = Login(device, lambda content: self._page(content, inside=False), self._find)
        self._pages["/logout.htm"] = self._login.logout

    @seam
    def answer(self, request: Request) -> Response:
        """The response to any request."""
        if request.path == "/style.css":
            return Response(self._style, content_type="text/css")
        page = self._pages.get(request.path)
        return self._login.answer(request, self._served(page)) if page else self._not_found(request)

    def _served(self, page: Page) -> Page:
        serve = self._device.strategies.get(ServingStrategy).response
        return lambda request: serve(request, page)

    def _find(self, path: str) -> Page | None:
        page = self._pages.get(path)
        return self._served(page) if page else None

    # --- pages

    def _index(self, request: Request) -> Response:
        settings = self._device.settings
        boxes: list[Notice] = []
        warns = self._device.strategies.get(WarningStrategy).warns
        if warns(settings.get("base_pin"), settings.bool("pin_change_prompt")):
            text = "The PIN of the base is still 0000. Anybody near can register a handset: please change the PIN."
            boxes.append(Notice("warning", text))
        rows = [
            ("Base Name", settings.stored("base_name")),
            ("Version", self._device.version),
            ("MAC", self._device.mac),
            ("IP Address", self._device.network.address4),
        ]
        content = render.heading("Welcome to your snom m9") + render.notices(boxes)
        return self._page(content + render.table(("Parameter", "Value"), rows), here="Home")

    def _settings(self, request: Request) -> Response:
        page = pages()[request.path]
        return self._form(request, page, 0, page.path, page.title, _entry(page))

    def _identity_pages(self) -> list[str]:
        unit = self._unit
        return [unit.tab(number, key) for number in range(1, 10) for key in tabs()]

    @property
    def _unit(self) -> Unit:
        device = self._device
        page = IDENTITY_PAGES[device.quirks.get("identity_pages")]
        return Unit(device.settings.stored("base_name"), device.version, page)

    def _identity(self, request: Request) -> Response:
        known = tabs()
        number, key = request.query.get("idx", "1"), request.query.get("tab", "account")
        if named := re.fullmatch(r"/identity([1-9])_([a-z]+)\.htm", request.path):
            number, key = named[1], named[2]
        if number not in "123456789" or len(number) != 1 or key not in known:
            return self._not_found(request)
        idx, strategy = int(number), self._device.strategies.get(PageStrategy)
        shown = [Tab(known[one].title, self._unit.tab(idx, one), one == key) for one in strategy.tabs(list(known))]
        title = strategy.title(known[key].title, idx)
        extra = self._handset_list() if key == "handsets" else ""
        if key == "addressbook":
            extra = self._contacts(request, idx)
        action = self._unit.tab(idx, key)
        return self._form(request, known[key], idx, action, title, f"Identity {idx}", shown, extra)

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
        boxes = forms.save(self._device, page, idx, request.form) if saves else []
        content = render.heading(title) + render.notices(boxes)
        if page.text:
            content += f"<p>{escape(page.text)}</p>"
        if page.fields:
            rows = forms.rows(self._device, page, idx)
            content += render.form(action, rows, [("save", "Save")], page.hidden)
        if page.note:
            content += f"<p>{escape(page.note)}</p>"
        return self._page(content + extra, here=here, tabs=shown or [])

    def _handset_list(self) -> str:
        rows = [(str(one.number), one.name, one.ipui, one.state) for one in self._device.air.handsets()]
        return "<h2>Registered handsets</h2>\n" + render.table(("No.", "Name", "IPUI", "State"), rows)

    def _contacts(self, request: Request, idx: int) -> str:
        stored = self._device.flash.load(PHONE_BOOK)
        boxes: list[Notice] = []
        if request.method == "POST" and "upload" in request.form:
            added = [
                {"name": card.name, "number": number}
                for card in vcards.read(request.form.get("vcards", ""))
                for number in card.numbers
            ]
            stored[str(idx)] = [*stored.get(str(idx), []), *added][:CONTACTS]
            self._device.flash.store(PHONE_BOOK, stored)
            self._web_log(5, f"Address book of identity {idx}: {len(added)} numbers added")
            boxes = [
                Notice("message", f"{len(added)} contacts added.") if added else Notice("error", "No VCARD found.")
            ]
        rows = [(str(one["name"]), str(one["number"])) for one in stored.get(str(idx), [])]
        form = render.upload(self._unit.tab(idx, "addressbook"), "VCARD(s) Upload", "vcards", "Upload")
        return render.notices(boxes) + "<h2>Contacts</h2>\n" + render.table(("Name", "Number"), rows) + form

    def _status(self, request: Request) -> Response:
        key = request.query.get("tab", "network")
        if key not in status.TABS:
            return self._not_found(request)
        said = ""
        if key == "dect" and request.method == "POST":
            said = status.press(self._device, request.form)
        content = {
            "network": lambda: status.network(self._device),
            "registration": lambda: status.registration(self._device),
            "dect": lambda: status.dect(self._device, "/status.htm?tab=dect"),
        }[key]()
        shown = [Tab(text, f"/status.htm?tab={one}", one == key) for one, text in status.TABS.items()]
        return self._page(
            render.notices([Notice("message", said)] if said else []) + content, here="Status", tabs=shown
        )

    def _log(self, request: Request) -> Response:
        if request.method == "POST" and "clear" in request.form and self._works("clear"):
            self._device.log.clear()
        lines = [str(entry) for entry in self._device.log.entries()]
        text = "\n".join(self._device.strategies.get(LogPageStrategy).lines(lines))
        content = render.heading("Log") + f"<p>Requests for unknown pages since power-on: {self.unknown}</p>"
        content += f'<pre id="log">{escape(text)}</pre>' + render.form("/log.htm", "", [("clear", "Clear")])
        return self._page(content, here="Log")

    def _update(self, request: Request) -> Response:
        content = render.heading("Update")
        if request.method == "POST" and "reboot" in request.form:
            self._web_log(3, f"Reboot asked for from {request.client}")
            self.reboot_asked = self._works("reboot")
            content += render.notices([Notice("message", "The device reboots now.")])
        rows = f'<tr><td class="label">Firmware version:</td><td>{escape(self._device.version)}</td></tr>'
        return self._page(content + render.form("/update.htm", rows, [("reboot", "Reboot")]), here="Update")

    def _not_found(self, request: Request) -> Response:
        self.unknown += 1
        self._web_log(3, f"Unknown page {request.path[:80]!r} asked for by {request.client}")
        response = self._page(render.heading("Not Found") + "<p>There is no such page.</p>", inside=False)
        response.status = self._device.strategies.get(PageStrategy).unknown_status()
        return response

    # --- frame

    def _works(self, button: str) -> bool:
        return self._device.strategies.get(ButtonStrategy).works(button)

    def _page(self, content: str, *, here: str = "", tabs: list[Tab] | None = None, inside: bool = True) -> Response:
        return Response(render.document(self._unit, content, here=here, tabs=tabs or [], inside=inside))

    def _web_log(self, level: int, text: str) -> None:
        self._device.log.write("web", level, text)


def _entry(page: FormPage) -> str:
    return {"network": "Network", "log_filter": "Log Filter"}.get(page.key, page.title)
