"""The base's web pages as a person uses them: login, session, licence, tabs and forms."""

from __future__ import annotations

import re

from harness import clock
from harness.clock import WaitExpired, wait_until
from harness.procedures.page_acts import LOGIN_PATH, NO_COOKIE, asks_for_login, page_of
from harness.procedures.status_pages import StatusPages

GRACE = 3.0
ANY_PAGE = "/network.htm"
GUARDED = (
    ("network", 0), ("update", 0), ("status-network", 0), ("status-registration", 0), ("status-dect", 0), ("log", 0),
    ("log-filter", 0), ("account", 1), ("sip", 1),
)  # fmt: skip
NETWORK_FIELDS = (
    "base_name", "asset_id", "dhcp", "dns_domain", "vlan_id", "vlan_prio", "setting_server", "settings_refresh_timer",
    "sip_port", "retry_t1", "tos_rtp", "tos_sip", "allow_check_sync", "stun_server", "stun_interval", "ethernet_replug",
)  # fmt: skip


class Pages(StatusPages):
    """Everything that a test does with the web UI of one base."""

    # login

    def log_out(self) -> None:
        """Forget the session's cookie."""
        self.web.forget_session()

    def log_in(self) -> None:
        """Type name and password into the form."""
        self.wire.mark()
        self.web.login()

    def are_open(self) -> None:
        """The login was answered with a cookie, and a page behind it is shown."""
        answer = self._login_answer()
        if not answer.header("set-cookie"):
            self.desk.broken("the right password opens a session", "Set-Cookie", "none", [answer])
        self.desk.same("the login form is shown after the login", self.web.shows_login, False)

    def try_password(self, password: str) -> None:
        """Post the login form with another password."""
        self.wire.mark()
        fields = {"username": self.web.username, "password": password, "link": "index.htm", "submit": "Login"}
        self._post(LOGIN_PATH, fields)

    def gave_no_cookie(self) -> None:
        """The answer to the login sets no cookie (facts §4.1)."""
        answer = self._login_answer()
        if answer.header("set-cookie"):
            self.desk.broken("a wrong password gets no session", "no Set-Cookie", "a cookie", [answer])

    def idle_session_ends(self, within: float) -> None:
        """Left alone for the session's time, a page asks for the login again."""
        self.web.login()
        cookie = self._cookie()
        self.desk.same("a fresh session shows the login form", self._is_over(cookie), False)
        idle = clock.Deadline(within + GRACE)
        try:
            wait_until(lambda: idle.expired, what="the session's time", within=within + GRACE + 1, poll=0.2)
        except WaitExpired:
            self.desk.broken("session time", within, "the clock stood still")
        if not self._is_over(cookie):
            self.desk.broken(
                f"a session idle for {within:g} s has ended", "the login form", "the page that was asked for"
            )

    def ask_for_the_login(self) -> None:
        """Asked for without a session's cookie, every page is the login form and nothing else."""
        paths = [self.web.open(page, identity or None).url for page, identity in GUARDED]
        since = self.wire.mark()
        for path in paths:
            self._get(path, NO_COOKIE)
        answers = dict(self._bodies(since))
        for path in paths:
            if path not in answers:
                self.desk.missing(f"an answer to {path} on the wire", ", ".join(answers) or "none at all")
            if not asks_for_login(answers[path]):
                self.desk.broken(f"{path} without a login", "the login form", "the page itself")

    def fresh_unit_asked_for_the_licence(self) -> None:
        """The unit was new when this run met it: its first login was answered with the licence, which was accepted."""
        if self.web.licences_shown == 0:
            self.desk.broken("a fresh unit shows its licence first", "the licence after the first login", "no licence")

    # tabs and fields

    def every_identity_has(self, tabs: list[str]) -> None:
        """Each of the nine identities shows these tabs in this order."""
        for identity in range(1, 10):
            self.desk.same(f"tabs of identity {identity}", self.web.tabs(identity), [tabs])

    def tab_is_titled(self, identity: int, tab: str, title: str) -> None:
        """The page of a tab carries this title."""
        self.web.open(page_of(tab), identity)
        if not self.web.page.says(re.escape(title)):
            self.desk.broken(f"title of {tab}", title, self.web.page.title)

    def save(self, identity: int, tab: str, fields: dict[str, str]) -> None:
        """Fill fields by their labels and save; the old values come back after the test."""
        self.web.open(page_of(tab), identity)
        secret = self.desk.account(identity).password
        before = {label: secret if "assword" in label else self.web.read(label) for label in fields}
        self.desk.afterwards(lambda: self._fill(identity, tab, before))
        self._fill(identity, tab, fields)

    def shows(self, identity: int, tab: str, fields: dict[str, str]) -> None:
        """A fresh look at the page shows these values."""
        self.web.open(page_of(tab), identity)
        for label, value in fields.items():
            self.desk.same(f"{label} of identity {identity}", self.web.read(label), value)

    def does_not_show(self, identity: int, tab: str, fields: dict[str, str]) -> None:
        """Another identity's page shows something else."""
        self.web.open(page_of(tab), identity)
        for label, value in fields.items():
            if self.web.read(label) == value:
                self.desk.broken(f"{label} of identity {identity}", f"not {value!r}", repr(value))

    def refused_the_passwords(self) -> None:
        """The page says so."""
        lines = self.web.page.lines
        text = " ".join(lines).lower()
        if "password" not in text or not any(word in text for word in ("match", "differ", "identical", "same")):
            self.desk.broken(
                "two different passwords are refused", "a message about the passwords", " / ".join(lines[:6])
            )

    def never_show_the_password(self, identity: int) -> None:
        """The stored password is nowhere in the page as it came over the wire."""
        since = self.wire.mark()
        shown = self.web.open("account", identity)
        answers = [body for path, body in self._bodies(since) if path == shown.url]
        if not answers:
            self.desk.missing(f"{shown.url} on the wire", "no answer with it")
        if any(self.desk.account(identity).password in body for body in answers):
            self.desk.broken("a stored password is not shown", "a page without it", f"it is in {shown.url}")

    # raw requests

    def post_only(self, path: str, fields: dict[str, str]) -> None:
        """Post a form with these fields only; what the page had before is remembered."""
        self._before = {name: self.desk.setting(name) for name in NETWORK_FIELDS}
        before = {name: self._before[name] for name in fields}
        self.desk.afterwards(lambda: (self._post(path, {**before, "save": "Save"}), None)[1])
        self._post(path, {**fields, "save": "Save"})

    def network_fields_kept(self, except_for: dict[str, str]) -> None:
        """All fields of the network page are as before but the posted ones."""
        for name, value in {**self._before, **except_for}.items():
            self.desk.same(f"{name} after a partial post", self.desk.setting(name), value)

    def answers(self, path: str, status: int) -> None:
        """The status of a page on the wire, asked for with a session."""
        answer = self._answer_to(path)
        self.desk.same(f"status of {path}", answer.status, status, answer)

    def _is_over(self, cookie: str) -> bool:
        """Whether a page asked for with this cookie is the login form."""
        since = self.wire.mark()
        self._get(ANY_PAGE, cookie)
        answers = dict(self._bodies(since))
        if ANY_PAGE not in answers:
            self.desk.missing(f"an answer to {ANY_PAGE} on the wire", ", ".join(answers) or "none at all")
        return asks_for_login(answers[ANY_PAGE])
