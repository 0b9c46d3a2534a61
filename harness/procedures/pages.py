"""The base's web pages as a person uses them, and the few raw requests a browser would not send."""

from __future__ import annotations

import re
import urllib.error
import urllib.parse
import urllib.request
from typing import TYPE_CHECKING, Any

from harness import clock
from harness.base import diagnostics
from harness.clock import WaitExpired, wait_until
from harness.procedures.desk import Desk

if TYPE_CHECKING:
    from harness.capture.messages import HttpMessage

UPTIME = re.compile(r"\d+ \d\d:\d\d:\d\d")
LOGIN_PATH = "/index.htm"
GRACE = 3.0
NETWORK_FIELDS = (
    "base_name", "asset_id", "dhcp", "dns_domain", "vlan_id", "vlan_prio", "setting_server", "settings_refresh_timer",
    "sip_port", "retry_t1", "tos_rtp", "tos_sip", "allow_check_sync", "stun_server", "stun_interval", "ethernet_replug",
)  # fmt: skip


class Pages:
    """The web UI of one base."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.base = desk.base
        self.web = desk.base.web
        self.wire = desk.wire
        self._password = ""

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
        self.desk.same("a fresh session is open", self._asks_for_login(cookie), False)
        idle = clock.Deadline(within + GRACE)
        try:
            wait_until(lambda: idle.expired, what="the session's time", within=within + GRACE + 1, poll=0.2)
        except WaitExpired:
            self.desk.broken("session time", within, "the clock stood still")
        self.desk.same("an idle session has ended", self._asks_for_login(cookie), True)

    def fresh_unit_asked_for_the_licence(self) -> None:
        """Reset the unit; the first login is answered with the licence, which is then accepted."""
        self.desk.same("a fresh unit shows its licence first", self.web.licences_shown > 0, True)

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
        before = {label: self.web.read(label) for label in fields if "assword" not in label}
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
        """The page says so, and the old password still opens the registration: nothing was stored."""
        text = self.web.page.text.lower()
        if "password" not in text or not any(word in text for word in ("match", "differ", "identical", "same")):
            self.desk.broken("two different passwords are refused", "a message about the passwords", text[:120])

    def never_show_the_password(self, identity: int) -> None:
        """The stored password is nowhere in the page as it came over the wire."""
        since = self.wire.mark()
        self.web.open("account", identity)
        secret = self.desk.account(identity).password.encode()
        for answer in self.wire.http.all(source=self.desk.base_addresses, since=since, status=200):
            if secret in answer.body:
                self.desk.broken("a stored password is not shown", "a page without it", "it is in the page", [answer])

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
        since = self.wire.mark()
        self._get(path)
        answer = self.wire.http.expect(
            source=self.desk.base_addresses, since=since, where=lambda m: m.status > 0, claim=f"{path} is answered"
        )
        self.desk.same(f"status of {path}", answer.status, status, answer)

    # status

    def status_names_version_mac_and_address(self) -> None:
        """Version, MAC and address on the status page are those of the wire."""
        rows = self.web.status()
        self.desk.same("MAC on the status page", rows.get("MAC"), self.desk.rig.base.mac.upper())
        self.desk.same("Version on the status page", rows.get("Version"), self.base.version())
        self.desk.same("IP Address on the status page", rows.get("IP Address"), f"{self.web.address} (DHCP eth1)")

    def uptime_has_its_format(self) -> None:
        """Days, then HH:MM:SS."""
        seen = self.web.status().get("Uptime", "")
        if not UPTIME.fullmatch(seen):
            self.desk.broken("format of Uptime", "D HH:MM:SS", repr(seen))

    def registration_rows_agree_with_the_server(self) -> None:
        """Each active identity's row names its account."""
        for entry in self.desk.rig.handsets:
            user = self.desk.account(entry.identity).user
            row = self.desk.registration_row(entry.identity)
            if user not in row:
                self.desk.broken(f"registration row of identity {entry.identity}", f"a row with {user}", row or "none")

    # log and reboot

    def silence(self, category: str) -> None:
        """Set one category of the log filter to 0."""
        before = diagnostics.levels(self.web)
        self.desk.afterwards(lambda: diagnostics.set_levels(self.web, before))
        diagnostics.set_levels(self.web, {**before, category: 0})

    def log_has_no_new(self, category: str) -> None:
        """Neither logins nor page views write this category any more, but others are still written."""
        before = len([line for line in diagnostics.entries(self.web) if category in line.text.lower()])
        self.web.forget_session()
        self.web.login()
        after = len([line for line in diagnostics.entries(self.web) if category in line.text.lower()])
        self.desk.same(f"new log lines of {category}", after - before, 0)

    def press_reboot(self) -> None:
        """The reboot button of the update page."""
        self.wire.mark()
        self.web.reboot()

    # small parts

    def _cookie(self) -> str:
        """The browser's session cookie as a request carries it."""
        if self.web.page.url == "" or self.web.shows_login:
            self.web.visit(LOGIN_PATH)
        return "; ".join(f"{name}={value}" for name, value in self.web.browser.cookies().items())

    def _fill(self, identity: int, tab: str, fields: dict[str, str]) -> None:
        self.web.open(page_of(tab), identity)
        for label, value in fields.items():
            self.web.fill(label, value)
        self.web.save()

    def _login_answer(self) -> HttpMessage:
        asked = self.wire.http.witness(
            method="POST", dest=self.desk.base_addresses, uri=LOGIN_PATH, what="POST of the login"
        )
        return self.wire.http.expect(
            source=self.desk.base_addresses,
            since=asked.at,
            where=lambda m: m.status > 0 and m.dport == asked.sport,
            claim="a login is answered",
        )

    def _asks_for_login(self, cookie: str) -> bool:
        text = self._get("/network.htm", cookie)
        return 'name="password"' in text and 'name="setting_server"' not in text

    def _get(self, path: str, cookie: str = "") -> str:
        return self._ask(
            urllib.request.Request(self.web.door.base_url + path, headers={"Cookie": cookie or self._cookie()})
        )

    def _post(self, path: str, fields: dict[str, str]) -> str:
        data = urllib.parse.urlencode(fields).encode()
        headers = {"Cookie": self._cookie()} if path != LOGIN_PATH else {}
        return self._ask(urllib.request.Request(self.web.door.base_url + path, data=data, headers=headers))

    def _ask(self, request: Any) -> str:
        try:
            with urllib.request.urlopen(request, timeout=self.desk.rig.timing.web) as answer:
                return str(answer.read().decode("utf-8", "replace"))
        except urllib.error.HTTPError as error:
            return error.read().decode("utf-8", "replace")


def page_of(tab: str) -> str:
    """The page of a tab, as harness/base/pages.yaml names it."""
    return {"RSS Feeds": "rss"}.get(tab, tab.lower().replace(" ", "-"))
