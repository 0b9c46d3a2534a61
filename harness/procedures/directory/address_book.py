"""The address books of the identities: filled by a document or by vCards, shown on a tab, used at the handset."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from harness.base import vcards
from harness.base.provisioning import Contact
from harness.core.errors import InvalidTest
from harness.handset.menus import menus
from harness.procedures import judging
from harness.procedures.directory.browsing import NameSearch

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.procedures.context import TestContext
    from harness.procedures.provisioning.boot import BootProcedure
    from harness.services.portraits import Portrait

Person = tuple[str, str]
"""Name and number of a contact."""
VERSIONS: dict[str, Callable[[str, Sequence[str], bytes], str]] = {
    "2.1": vcards.version_21,
    "3.0": vcards.version_30,
}
"""The versions of a vCard, and who writes them."""


class AddressBook:
    """The books of one base; `handset` browses that of its identity. What a test put in is deleted after it."""

    def __init__(self, context: TestContext, boot: BootProcedure, handset: int = 1) -> None:
        self._context = context
        self._boot = boot
        self._page = context.base.web.address_book
        self._driver = context.handset(handset)
        self._used: set[int] = set()
        self.handset = NameSearch(context, self._driver, menus().address_book)

    # acts

    def provision(self, books: Mapping[int, Sequence[Person]], *, complete: bool = True) -> None:
        """The base fetches contacts by identity in a document, beside its settings, as it starts."""
        contacts = [Contact(*person, identity) for identity, people in books.items() for person in people]
        self._clear_afterwards(set(books))
        self._boot.documents.serve_phone_book(contacts, complete=complete)
        at = self._context.wire.mark()
        self._boot.power_cycle()
        self._boot.expect.ready()
        self._note(at, [(one.identity, one.name, one.number, "") for one in contacts], complete=complete)

    def upload(
        self, *contacts: Person, version: str = "3.0", portrait: Portrait | None = None, identity: int = 1
    ) -> None:
        """The contacts are uploaded to an identity in one file, a vCard of this version each.

        Contacts with the same name share a card; with a `portrait` each card has it.
        """
        people: dict[str, list[str]] = {}
        for name, number in contacts:
            people.setdefault(name, []).append(number)
        text = "".join(
            VERSIONS[version](name, numbers, portrait.file if portrait else b"") for name, numbers in people.items()
        )
        self.upload_text(text, identity=identity)
        told = [(identity, name, _digits(number), portrait.name if portrait else "") for name, number in contacts]
        self._note(self._context.wire.mark(), told)

    def upload_text(self, text: str, *, identity: int = 1) -> None:
        """A file is uploaded as it is; what it says is not noted."""
        self._clear_afterwards({identity})
        self._page.upload(identity, f"contacts-{identity}.vcf", text.encode())

    def clear(self, identity: int = 1) -> None:
        """All contacts of an identity are deleted, by the button of its tab."""
        if not self._page.clear(identity):
            raise InvalidTest("contacts to be deleted, and a button for it", "none on the address book tab")
        self._note(self._context.wire.mark(), [], complete=True)

    def look_at_display(self, *words: str) -> None:
        """The display is read until it shows one of these, for as long as a handset may take: rules judge it."""
        self._driver.look_for(list(words), self._context.display)

    # what is expected

    def expect_shown(self, identity: int, *contacts: Person) -> None:
        """The identity's tab shows these contacts, name and number each, and no other."""
        rows = [row for row in self._page.contacts(identity) if any(re.search(r"\d{3}", cell) for cell in row)]
        for name, number in contacts:
            plain = _digits(number)
            found = [row for row in rows if name in row and plain in map(_digits, row)]
            if len(found) != 1:
                shown = "; ".join(" ".join(row) for row in rows) or "no contact"
                claim = f"contacts of identity {identity}: {name} stands there"
                self._context.broken(claim, f"{name} {plain} once", shown)
        if len(rows) > len(contacts):
            names = [name for name, _ in contacts]
            more = [" ".join(row) for row in rows if not any(name in row for name in names)] or [f"{len(rows)} rows"]
            self._context.broken(f"contacts of identity {identity}: no others", f"{len(contacts)}", ", ".join(more))

    def expect_none_shown(self, identity: int) -> None:
        """The identity's tab shows no contact."""
        self.expect_shown(identity)

    def judge(self, *rules: str) -> None:
        """The test by some rules of the profile."""
        __tracebackhide__ = True
        for rule in rules:
            judging.judge_rule(self._context, self._context.profile.rule(rule))

    # small parts

    def _note(self, at: float, told: Sequence[tuple[int, str, str, str]], *, complete: bool = False) -> None:
        text = json.dumps(list(told), ensure_ascii=False)
        self._context.did("contacts", at=at, text=text, complete="yes" if complete else "")

    def _clear_afterwards(self, identities: set[int]) -> None:
        for identity in identities - self._used:
            self._used.add(identity)
            self._context.addfinalizer(lambda number=identity: self._clear(number))  # type: ignore[misc]

    def _clear(self, identity: int) -> None:
        """By the button of the tab; by a document with no contacts where it has none and shows contacts still."""
        if not self._page.clear(identity) and self._page.contacts(identity)[1:]:
            self._boot.documents.serve_phone_book(())
            self._boot.power_cycle()
            self._boot.expect.ready()
        self._note(self._context.wire.mark(), [], complete=True)


def _digits(text: str) -> str:
    return re.sub(r"[^\d*#+]", "", text)
