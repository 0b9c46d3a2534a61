"""The tabs of an identity: what they show, and what they store."""

from __future__ import annotations

import re
from collections.abc import Iterable

from harness.base.pages import expected
from harness.procedures.web.access import WebAccess, page_of

MASK = re.compile(r"([^\w\s])\1*|")
"""A password field is empty, or repeats one character that is no letter and no digit."""


class Tabs:
    """The fields of an identity's tabs, by their labels."""

    def __init__(self, access: WebAccess) -> None:
        self._access = access
        self._context = access.context
        self._web = access.web

    def expect_on_every_identity(self, tabs: list[str]) -> None:
        """Each of the nine identities shows these tabs in this order."""
        for identity in range(1, 10):
            self._context.same(f"tabs of identity {identity}", self._web.tabs(identity), [tabs])

    def expect_every_page(self, identity: int) -> None:
        """A click on each tab shows that tab's page of this identity."""
        for name, model in expected().pages.items():
            if model.tab:
                self._web.open(name, identity)

    def expect_title(self, identity: int, tab: str, title: str) -> None:
        """The page of a tab has this title."""
        self._web.open(page_of(tab), identity)
        if not self._web.page.says(re.escape(title)):
            self._context.broken(f"title of {tab}", title, self._web.page.title)

    def save(self, identity: int, tab: str, fields: dict[str, str]) -> None:
        """Fill fields by their labels and save; the old values are restored after the test."""
        self._web.open(page_of(tab), identity)
        self._access.base.about_to_change(self._settings(identity, fields))
        self._web.open(page_of(tab), identity)
        for label, value in fields.items():
            self._web.fill(label, value)
        self._web.save()

    def expect_shown(self, identity: int, tab: str, fields: dict[str, str]) -> None:
        """A fresh look at the page shows these values."""
        self._web.open(page_of(tab), identity)
        for label, value in fields.items():
            self._context.same(f"{label} of identity {identity}", self._web.read(label), value)

    def expect_shown_nowhere_else(self, identity: int, tab: str, fields: dict[str, str]) -> None:
        """The pages of all other identities show other values."""
        for other in range(1, 10):
            if other == identity:
                continue
            self._web.open(page_of(tab), other)
            for label, value in fields.items():
                if self._web.read(label) == value:
                    self._context.broken(f"{label} of identity {other}", f"not {value!r}", repr(value))

    def expect_provisioned_accounts(self) -> None:
        """The fields of each identity's account have the values of the PBX and of the base's document."""
        for identity in [entry.identity for entry in self._context.rig.handsets][:9]:
            account = self._context.account(identity)
            given = {
                "Account": account.user,
                "Registrar": self._access.base.given("user_host", identity),
                "Display Name": self._access.base.given("user_realname", identity),
            }
            self.expect_shown(identity, "Account", given)

    # passwords

    def save_password(self, identity: int, password: str, *, repeated: str) -> None:
        """A password and its repetition are typed into the account tab and saved."""
        self.save(identity, "Account", {"Password": password, "Password (repeat)": repeated})

    def expect_passwords_differ(self, repeated: str) -> None:
        """The page reports that the two passwords differ."""
        lines = self._web.page.lines
        if not any(re.search(expected().messages["passwords_differ"], line, re.IGNORECASE) for line in lines):
            claim = f"a password repeated as {repeated!r} is refused"
            self._context.broken(claim, "a message about the passwords", " / ".join(lines[:6]))

    def expect_password_hidden(self, identity: int) -> None:
        """The stored password is not in the page on the wire."""
        since = self._access.wire.mark()
        shown = self._web.open("account", identity)
        answers = [body for path, body in self._access.bodies(since) if path == shown.url]
        if not answers:
            self._context.missing(f"{shown.url} on the wire", "no answer with it")
        if any(self._context.account(identity).password in body for body in answers):
            self._context.broken("a stored password is not shown", "a page without it", f"it is in {shown.url}")

    def expect_no_secret_to_read(self) -> None:
        """No password field of any page shows its value, neither of the base nor of an identity."""
        seen = 0
        for page, identity in (("account", 1), ("ldap", 1), ("dect", 0), ("network", 0)):
            shown = self._web.open(page, identity or None)
            for field in [one for one in shown.inputs if one.type == "password"]:
                seen += 1
                if not MASK.fullmatch(field.value):
                    self._context.broken(
                        f"{field.label or field.name} of {shown.name} is not shown", "nothing", "a value"
                    )
        if not seen:
            self._context.missing("a password field on the pages", "none")

    def _settings(self, identity: int, labels: Iterable[str]) -> list[tuple[str, int]]:
        """The settings behind the labels of the page shown; a password and its repetition are one setting."""
        fields = [self._web.field(label.removesuffix(" (repeat)")) for label in labels]
        return list(dict.fromkeys(self._access.base.locator.key_of(field, identity) for field in fields))
