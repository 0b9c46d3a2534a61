"""The base's pages after a test: registrations, uptime, and one page of settings in turn."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from harness.base.pages import expected
from harness.base.plain_web import NotShown, PlainWeb
from harness.base.snapshot import BUTTON_TYPES, Snapshot
from harness.base.web import seconds_of
from harness.core import clock
from harness.rules.idle_state import ShownRegistration

if TYPE_CHECKING:
    from harness.base.pages import Place

MOST_PAGES = 4
"""The most pages that are read after one test."""
SECRET = ("password", "hidden", "file", *BUTTON_TYPES)


class IdlePages:
    """Reads without a browser; a page that cannot be read is None."""

    def __init__(self, web: PlainWeb, accounts: list[str]) -> None:
        self._web = web
        self._accounts = accounts
        self._turn = 0

    def status(self) -> tuple[dict[str, str], float | None]:
        """The rows of the status page, and when the base started by its uptime."""
        try:
            rows = self._web.open("status-network").rows(with_row="Version")
        except NotShown:
            return {}, None
        up = seconds_of(rows.get("Uptime", ""))
        return rows, None if up is None else clock.now() - up

    def registrations(self) -> tuple[ShownRegistration, ...] | None:
        """The rows of the accounts in use; an account without a row is left out."""
        try:
            page = self._web.open("status-registration")
        except NotShown:
            return None
        found = (_row_of(page, account) for account in self._accounts)
        return tuple(row for row in found if row is not None)

    def settings(self, saved: Collection[str] = ()) -> dict[str, str]:
        """The fields of the saved pages, by their paths, and of one more page in turn; no secrets."""
        known = {place: url for place, url in sorted(self._web.known().items()) if _has_settings(place)}
        chosen = [place for place, url in known.items() if url in saved]
        if known:
            chosen.append(list(known)[self._turn % len(known)])
            self._turn += 1
        found: dict[str, str] = {}
        for page, identity in dict.fromkeys(chosen[:MOST_PAGES]):
            with contextlib.suppress(NotShown):
                shown = self._web.open(page, identity)
                where = f"{page} {identity}" if identity else page
                found |= {f"{where}: {f.name}": f.sent for f in shown.fields if f.name and f.type not in SECRET}
        return found


def _has_settings(place: Place) -> bool:
    model = expected().pages[place[0]]
    return bool(model.tab) or place[0] in ("network", "dect", "log-filter")


def seconds_left(row: Mapping[str, str]) -> int | None:
    """The seconds in a row of the registration status, by its columns; None if it shows none."""
    column = expected().registration_expires
    told = next((value for name, value in row.items() if re.fullmatch(column, name, re.IGNORECASE)), "")
    return int(told) if told.isdecimal() else None


def _row_of(page: Snapshot, account: str) -> ShownRegistration | None:
    """The row of an account: one of its cells is the account's user, alone or before a host."""
    words = expected()
    for table in page.tables:
        for row in table[1:]:
            if not any(re.fullmatch(rf"(sips?:)?{re.escape(account)}(@.*)?", cell) for cell in row):
                continue
            told = dict(zip(table[0], row, strict=False))
            text = " | ".join(row)
            registered = re.search(words.messages["registered"], text, re.IGNORECASE) is not None
            return ShownRegistration(account, registered, seconds_left(told), text)
    return None
