"""The base's web UI as a user operates it: open pages by name, read and fill fields by their labels, save, reboot.

Chromium uses the loopback proxy, so that an old device gets one connection at a time and every request is kept. An
opened page is always the requested page: an expired login is renewed first.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from harness.base.address_book_page import AddressBookPage
from harness.base.dect_pages import DectPages
from harness.base.log_page import LogEntry, read_entries
from harness.base.pages import expected
from harness.base.session import WebSession, selector
from harness.base.snapshot import Field, Snapshot, largest
from harness.base.web_proxy import WebExchange
from harness.core import steps
from harness.core.errors import Expectation, ProductFailure
from harness.core.redaction import redaction

UPTIME_UNITS = (1, 60, 3600, 86400)
"""Seconds for each figure of an uptime, the last one first (presentation: D HH:MM:SS)."""


@dataclass(frozen=True)
class SaveAnswer:
    """The page's answer to a save: its text, whether it asks for a reboot, and which fields it shows changed."""

    reboot_needed: bool
    page: Snapshot
    kept: dict[str, str]
    lost: dict[str, str]

    @property
    def confirmed(self) -> bool:
        """Whether every field that was filled shows its new value in the answer (secrets are not compared)."""
        return not self.lost


class WebUi(WebSession):
    """The pages of the web UI by name, and their fields by label; see WebSession for how to make one."""

    def open(self, page: str, identity: int | None = None) -> Snapshot:
        """Open a page of pages.yaml, such as `account` of identity 3 or `status-network`."""
        of = f" of identity {identity}" if identity else ""
        with steps.step("web", f"open {page}{of}"):
            self._filled.clear()
            return self.pages.find(page, identity or 0, self.visit)

    def tabs(self, identity: int) -> list[str]:
        """The texts of the tab bar of an identity, in the order of the page."""
        shown = self.open("account", identity)
        names = [model.tab for model in expected().pages.values() if model.tab]
        linked = [link.text for link in shown.links if link.text in names]
        missing = [name for name in names if name not in linked and name in shown.text]
        current = [name for name in missing if name == "Account"]
        return list(dict.fromkeys(current + linked))

    def field(self, label: str) -> Field:
        """The field of this label or name on the page shown; ProductFailure without such a field."""
        found = self.page.field(label)
        if found is None:
            known = ", ".join(f"{f.label or '?'} ({f.name})" for f in self.page.inputs) or "no field at all"
            raise ProductFailure(
                Expectation(f"the page {self.page.name!r} has the field {label!r}", label, known),
                remedy="if this unit has another label, correct it under `learned` in the survey of `m9 survey`",
            )
        return found

    def read(self, label: str) -> str:
        """The visible value of a field of the page shown: the text of a choice, else the value."""
        self._refresh()
        return self.field(label).shown

    def value(self, label: str) -> str:
        """The form value of a field of the page shown."""
        self._refresh()
        return self.field(label).sent

    def fill(self, label: str, value: str) -> None:
        """Put a value into a field of any kind; a choice may be named by its text or its value."""
        field = self.field(label)
        shown = "(secret)" if field.type == "password" else repr(value)
        with steps.step("web", f"fill {field.label or field.name} with {shown}"):
            if field.options:
                self._choose(field, value)
            else:
                if field.type == "password":
                    redaction.register(value)
                self.browser.write(selector(field), value)
                self._filled[field.name] = value

    def choose(self, label: str, text: str) -> None:
        """Choose an option of a drop-down, radio group or check box by its text (or its value)."""
        field = self.field(label)
        with steps.step("web", f"choose {text!r} in {field.label or field.name}"):
            self._choose(field, text)

    def save(self, button: str = "Save") -> SaveAnswer:
        """Press Save and read the page's answer; ProductFailure for a status of 400 or more, or without an answer."""
        filled, names = dict(self._filled), set(self._filled)
        forms = [field.form for field in self.page.inputs if field.name in names]
        title = self.page.name
        with steps.step("web", f"save {title}: {', '.join(filled) or 'nothing filled'}"):
            answer = self.press(button, forms[0] if forms else None)
            if self.shows_login:
                raise ProductFailure(
                    Expectation("a form is saved while the session lasts", "the saved page", "the login form"),
                    remedy="the session ended between opening and saving the page: raise session_timeout",
                )
        kept: dict[str, str] = {}
        lost: dict[str, str] = {}
        for name, value in filled.items():
            field = answer.field(name)
            if field is None or field.type == "password":
                continue
            (kept if field.sent == value else lost)[name] = field.sent
        self._filled.clear()
        return SaveAnswer(expected().messages["reboot_needed"] in answer.text, answer, kept, lost)

    def status(self) -> dict[str, str]:
        """The rows of Status → Network: Version, Uptime, MAC, IP Address and so on."""
        return self.open("status-network").rows(with_row="Version")

    def uptime(self) -> int | None:
        """Seconds since the unit started, as shown by Status → Network; None if it shows none."""
        return seconds_of(self.status().get("Uptime", ""))

    def registrations(self) -> list[dict[str, str]]:
        """The rows of Status → Registration by the column headings the base gives them."""
        return largest(self.open("status-registration"))

    @property
    def dect(self) -> DectPages:
        """The pages and buttons for handsets."""
        return DectPages(self)

    @property
    def address_book(self) -> AddressBookPage:
        """The address book tabs of the identities."""
        return AddressBookPage(self)

    def log(self) -> list[LogEntry]:
        """The messages now on the log page, in its order."""
        return read_entries(self.open("log"))

    def reboot(self) -> WebExchange:
        """Press Reboot on the update page; returns the exchange, which may end without an answer (facts sheet 4.2)."""
        self.open("update")
        mark = len(self.proxy.exchanges)
        with steps.step("web", "reboot", did={"kind": "reboot"}):
            self.press("Reboot", must_answer=False)
        sent = [exchange for exchange in self.proxy.exchanges.snapshot(mark) if exchange.method == "POST"]
        if not sent:
            raise ProductFailure(
                Expectation("the Reboot button sends a request", "POST to the base", "no request at the proxy")
            )
        self.page = Snapshot("")
        return sent[0]

    def screenshot(self, name: str) -> Path:
        """A PNG of the page shown."""
        return self.browser.picture(name)

    def _choose(self, field: Field, wanted: str) -> None:
        if field.type == "checkbox":
            want = wanted.lower() in ("on", "true", "1", "yes")
            self.browser.tick(selector(field), state=want)
            self._filled[field.name] = "on" if want else "off"
            return
        options = [o for o in field.options if wanted == o.text] or [o for o in field.options if wanted == o.value]
        options = options or [o for o in field.options if _same_choice(wanted, o.text, o.value)]
        if not options:
            offered = ", ".join(f"{option.text} ({option.value})" for option in field.options)
            raise ProductFailure(Expectation(f"{field.label or field.name} offers {wanted!r}", wanted, offered))
        if field.type == "select":
            self.browser.select(selector(field), options[0].value)
        else:
            self.browser.tick(selector(field), options[0].value)
        self._filled[field.name] = options[0].value


def seconds_of(uptime: str) -> int | None:
    """An uptime in seconds; None for another text.

    The notation is judged by a separate test: here seconds alone are accepted, and minutes, hours, days before them.
    """
    figures = re.findall(r"\d+", uptime)
    if not 1 <= len(figures) <= len(UPTIME_UNITS):
        return None
    return sum(int(figure) * unit for figure, unit in zip(reversed(figures), UPTIME_UNITS, strict=False))


_SAME_WORDS = ({"on", "true", "1", "yes"}, {"off", "false", "0", "no"})


def _same_choice(wanted: str, text: str, value: str) -> bool:
    return any(wanted.lower() in words and {text.lower(), value.lower()} & words for words in _SAME_WORDS)
