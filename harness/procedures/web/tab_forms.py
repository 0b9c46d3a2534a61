"""The tabs of an identity: what they show, and what becomes of what is filled in."""

from __future__ import annotations

import re

from harness.base.pages import expected
from harness.procedures.web.page_acts import page_of
from harness.procedures.web.status_pages import StatusPages

MASK = re.compile(r"([^\w\s])\1*|")
"""A password field holds nothing, or one sign that is no letter and no digit again and again."""
WRONG_REPEATS = ("another-one", "", "One-password", "one-passwor", "one-password1")


class TabForms(StatusPages):
    """Fields by their labels, on the tab of an identity."""

    def every_identity_has(self, tabs: list[str]) -> None:
        """Each of the nine identities shows these tabs in this order."""
        for identity in range(1, 10):
            self.context.same(f"tabs of identity {identity}", self.web.tabs(identity), [tabs])

    def every_tab_leads_to_its_page(self, identity: int) -> None:
        """A click on each tab shows that tab's page of this identity."""
        for name, model in expected().pages.items():
            if model.tab:
                self.web.open(name, identity)

    def tab_is_titled(self, identity: int, tab: str, title: str) -> None:
        """The page of a tab carries this title."""
        self.web.open(page_of(tab), identity)
        if not self.web.page.says(re.escape(title)):
            self.context.broken(f"title of {tab}", title, self.web.page.title)

    def save(self, identity: int, tab: str, fields: dict[str, str]) -> None:
        """Fill fields by their labels and save; the old values come back after the test."""
        self.web.open(page_of(tab), identity)
        self.base.about_to_change(self._settings(identity, fields))
        self._fill(identity, tab, fields)

    def shows(self, identity: int, tab: str, fields: dict[str, str]) -> None:
        """A fresh look at the page shows these values."""
        self.web.open(page_of(tab), identity)
        for label, value in fields.items():
            self.context.same(f"{label} of identity {identity}", self.web.read(label), value)

    def no_other_identity_shows(self, identity: int, tab: str, fields: dict[str, str]) -> None:
        """The pages of all other identities show something else."""
        for other in range(1, 10):
            if other == identity:
                continue
            self.web.open(page_of(tab), other)
            for label, value in fields.items():
                if self.web.read(label) == value:
                    self.context.broken(f"{label} of identity {other}", f"not {value!r}", repr(value))

    def account_tabs_show_what_was_provisioned(self) -> None:
        """By their labels, the fields of each identity's account are those of the PBX and of the base's document."""
        for identity in [entry.identity for entry in self.context.rig.handsets][:9]:
            account = self.context.account(identity)
            wanted = {
                "Account": account.user,
                "Registrar": self.base.given("user_host", identity),
                "Display Name": self.base.given("user_realname", identity),
            }
            self.shows(identity, "Account", wanted)

    # passwords

    def refuses_two_different_passwords(self, identity: int) -> None:
        """Whatever the repetition misses, the page says so; the password that was tried works for nobody."""
        fields = {"Password": "one-password", "Password (repeat)": WRONG_REPEATS[0]}
        self.save(identity, "Account", fields)
        for again in WRONG_REPEATS:
            if again != WRONG_REPEATS[0]:
                self._fill(identity, "Account", {**fields, "Password (repeat)": again})
            lines = self.web.page.lines
            if not any(re.search(expected().messages["passwords_differ"], line, re.IGNORECASE) for line in lines):
                told = f"a password repeated as {again!r} is refused"
                self.context.broken(told, "a message about the passwords", " / ".join(lines[:6]))

    def never_show_the_password(self, identity: int) -> None:
        """The stored password is nowhere in the page as it came over the wire."""
        since = self.wire.mark()
        shown = self.web.open("account", identity)
        answers = [body for path, body in self._bodies(since) if path == shown.url]
        if not answers:
            self.context.missing(f"{shown.url} on the wire", "no answer with it")
        if any(self.context.account(identity).password in body for body in answers):
            self.context.broken("a stored password is not shown", "a page without it", f"it is in {shown.url}")

    def keep_their_secrets(self) -> None:
        """No password field of any page holds anything to read: none of the base's own, none of an identity."""
        seen = 0
        for page, identity in (("account", 1), ("ldap", 1), ("dect", 0), ("network", 0)):
            shown = self.web.open(page, identity or None)
            for field in [one for one in shown.inputs if one.type == "password"]:
                seen += 1
                if not MASK.fullmatch(field.value):
                    self.context.broken(
                        f"{field.label or field.name} of {shown.name} is not shown", "nothing", "a value"
                    )
        if not seen:
            self.context.missing("a password field on the pages", "none")
