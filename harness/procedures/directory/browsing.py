"""Directory and address book at a handset: a name is searched, the list is read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.handset.menus import menus
from harness.handset.text_entry import keys_for
from harness.procedures.handset.lists import entries_of
from harness.procedures.judging import rules_first

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.handset.display import Display
    from harness.handset.driver import Handset
    from harness.handset.menus import AddressBook
    from harness.procedures.context import TestContext


class NameSearch:
    """One handset's search for a name, at the rows of its menu that lead there."""

    def __init__(self, context: TestContext, handset: Handset, rows: AddressBook) -> None:
        self._context = context
        self._handset = handset
        self._rows = rows

    # acts

    def search(self, text: str) -> None:
        """A name, or its beginning, is typed and searched; without any everybody is listed."""
        rows = self._rows
        self._handset.menu.choose(*rows.open)
        self._handset.expect_display_any(list(rows.asks))
        self._handset.press(*keys_for(text, in_letters=rows.begins_in_letters))
        if text:
            self._handset.expect_display(text)
        self._begin(text)

    def _begin(self, text: str) -> None:
        self._handset.press(self._rows.search)

    def leave(self) -> None:
        """Back to the idle screen."""
        self._handset.go_idle()

    # what is expected

    def expect_listed(self, *names: str) -> None:
        """These people are listed, and nobody else."""
        found = self._all_listed(len(names) + 1, f"{', '.join(names)} in the list")
        if sorted(found) != sorted(names):
            self._context.broken("people listed for a search", ", ".join(names), ", ".join(found))

    def expect_number_listed(self, count: int) -> None:
        """So many people are listed."""
        found = self._all_listed(count + 1, f"{count} people in the list")
        if len(found) != count:
            self._context.broken("number of people listed for a search", count, f"{len(found)}: {', '.join(found[:9])}")

    def expect_nobody(self) -> None:
        """The handset says that there is no entry."""
        self._says(self._rows.none)

    def _says(self, words: Sequence[str]) -> None:
        with rules_first(self._context):
            self._handset.expect_display_any(list(words), self._context.answer)

    def _all_listed(self, most: int, what: str) -> list[str]:
        """The rows of the list, marked one after the other until the first comes again; `most` at most."""
        with rules_first(self._context):
            display = self._handset.expect_shown(lambda d: bool(entries_of(d)), what, self._context.answer)
        found: list[str] = []
        first = _marked(display)
        while len(found) < most:
            found.append(_marked(display))
            self._handset.press(menus().menu.down)
            display = self._handset.next_display(display)
            if _marked(display) in (first, found[-1]):  # at its end a list begins again, or stays
                break
        return found


class Browsing(NameSearch):
    """One handset's search in the corporate directory."""

    def __init__(self, context: TestContext, handset: Handset) -> None:
        super().__init__(context, handset, menus().directory)

    def _begin(self, text: str) -> None:
        at = self._context.wire.mark()
        super()._begin(text)
        self._context.did("look-up", at=at, handset=self._handset.number, text=text)

    # what is expected

    def expect_refused_login(self) -> None:
        """It says that the server does not take the login."""
        self._says(menus().directory.refused)

    def expect_no_answer(self) -> None:
        """It says that the server does not answer."""
        self._says(menus().directory.no_answer)

    def expect_switched_off(self) -> None:
        """It says that no directory is in use."""
        self._says(menus().directory.off)


def _marked(display: Display) -> str:
    return display.marked.text.strip() if display.marked is not None else ""
