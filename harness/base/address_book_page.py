"""The address book tab of an identity: its contacts, the upload of vCards, and the button that deletes all contacts."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from harness.base.pages import expected
from harness.base.session import selector
from harness.base.snapshot import BUTTON_TYPES
from harness.core import steps
from harness.core.errors import InvalidTest

if TYPE_CHECKING:
    from harness.base.snapshot import Snapshot
    from harness.base.web import WebUi

PAGE = "addressbook"


class AddressBookPage:
    """The tabs of one base."""

    def __init__(self, web: WebUi) -> None:
        self._web = web

    def contacts(self, identity: int) -> list[tuple[str, ...]]:
        """The cells of each row of the tab's tables, as a fresh look shows them."""
        shown = self._web.open(PAGE, identity)
        return [row for table in shown.tables for row in table]

    def upload(self, identity: int, name: str, data: bytes) -> Snapshot:
        """Upload a file of vCards; returns the page's answer. InvalidTest without a field for a file."""
        wanted = expected().address_book
        shown = self._web.open(PAGE, identity)
        files = [field for field in shown.fields if field.type == "file"]
        named = [field for field in files if re.search(wanted["file"], field.label, re.IGNORECASE)] or files
        if not named:
            known = ", ".join(field.label or field.name for field in shown.fields) or "no field at all"
            remedy = "correct `address_book` in harness/base/pages.yaml"
            raise InvalidTest("a field for a vCard file on the address book tab", known, remedy=remedy)
        with steps.step("web", f"upload {name} ({len(data)} bytes) to identity {identity}"):
            file = self._web.browser.directory / name  # it stays there as evidence
            file.write_bytes(data)
            self._web.browser.attach(selector(named[0]), file)
            return self._web.press(wanted["button"], named[0].form)

    def clear(self, identity: int) -> bool:
        """Delete all contacts of an identity; False if the page has no button for it, as where there are none."""
        shown = self._web.open(PAGE, identity)
        caption = expected().actions["clear-contacts"].caption
        for field in [field for field in shown.fields if field.type in BUTTON_TYPES]:
            text = field.value or field.label
            if re.fullmatch(caption, text, re.IGNORECASE):
                with steps.step("web", f"press {text!r} of identity {identity}"):
                    self._web.press(text)
                return True
        return False
