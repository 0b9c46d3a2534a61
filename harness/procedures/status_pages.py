"""What the web pages say of the unit itself: status, registrations, log, landing page; and the reboot button."""

from __future__ import annotations

import re

from harness.base import diagnostics
from harness.base.pages import expected
from harness.errors import RigFault
from harness.procedures.page_acts import LOGIN_PATH, PageActs

UPTIME = re.compile(r"\d+ \d\d:\d\d:\d\d")
VERSION = re.compile(r"\d+\.\d+\.\d+(-[a-z])?")
DHCP_ROWS = ("DHCP server", "IP Address", "Netmask", "IP Gateway")
DHCP_TAG = "(DHCP eth1)"
REGISTERED = re.compile(r"(?<!not )(?<!un)\bregistered\b|\bok\b|\b200\b", re.IGNORECASE)
"""How a row of the registration status says it; the words are inferred."""
FACTORY_PIN = "0000"
LOUDEST = 9
SILENT = 0


class StatusPages(PageActs):
    """Pages that tell of the unit."""

    # status

    def status_names_version_mac_and_address(self) -> None:
        """MAC and address on the status page are those of the wire, and the version is one."""
        rows = self.web.status()
        self.desk.same("MAC on the status page", rows.get("MAC"), self.desk.rig.base.mac.upper())
        if not VERSION.fullmatch(rows.get("Version", "")):
            self.desk.broken("Version on the status page", "9.2.45-a or the like", repr(rows.get("Version")))
        address = rows.get("IP Address", "").partition(" ")[0]
        self.desk.same("IP Address on the status page", address, self.web.address)

    def status_tells_what_came_by_dhcp(self) -> None:
        """Server, address, netmask and gateway are each tagged with their source (presentation, Network Status)."""
        rows = self.web.status()
        for row in DHCP_ROWS:
            if not rows.get(row, "").endswith(f" {DHCP_TAG}"):
                self.desk.broken(f"{row} on the status page", f"an address and {DHCP_TAG}", repr(rows.get(row)))

    def uptime_has_its_format(self) -> None:
        """Days, then HH:MM:SS."""
        seen = self.web.status().get("Uptime", "")
        if not UPTIME.fullmatch(seen):
            self.desk.broken("format of Uptime", "D HH:MM:SS", repr(seen))

    # registrations

    def switch_off(self, identity: int) -> None:
        """Switch an identity off on its account tab; it is switched on again after the test."""
        since = self.wire.mark()
        self.base.change("user_active", False, identity)
        self.wire.sip.expect(
            status=200,
            cseq_method="REGISTER",
            dest=self.desk.base_addresses,
            to_user=self.desk.account(identity).user,
            since=since,
            timeout=self.desk.rig.timing.register_,
            claim="an identity that is switched off de-registers",
        )

    def registration_status_says(self, identity: int, *, registered: bool) -> None:
        """The identity's row says that it is registered, or does not."""
        row = self.desk.registration_row(identity)
        if bool(REGISTERED.search(row)) != registered:
            wanted = "registered" if registered else "anything but registered"
            self.desk.broken(f"registration status of identity {identity}", wanted, row or "no row with its account")

    # landing page

    def has_pin(self, pin: str) -> None:
        """Give the base this PIN, typed twice; the rig's own comes back after the test."""
        self.base.change("base_pin", pin)

    def has_the_factory_pin(self) -> None:
        """The base has PIN 0000."""
        if self.desk.rig.base.pin.value() != FACTORY_PIN:
            self.has_pin(FACTORY_PIN)

    def landing_page_warns_of_the_pin(self) -> None:
        """The page after the login has a word about the factory PIN (vendor's blog)."""
        lines = self._landing_page()
        if not _about_the_pin(lines):
            self.desk.broken(
                f"a warning while the PIN is {FACTORY_PIN}", "a line about the PIN", " / ".join(lines[:12])
            )

    def landing_page_is_silent_about_the_pin(self) -> None:
        """With a PIN of one's own there is nothing to warn of."""
        found = _about_the_pin(self._landing_page())
        if found:
            self.desk.broken("no warning of a PIN that was changed", "no line about the PIN", found)

    def _landing_page(self) -> list[str]:
        self.web.login()
        return self.web.visit(LOGIN_PATH).lines

    # log

    def set_log(self, **levels: int) -> None:
        """Set levels of the log filter by the first word of their labels; the old ones come back after the test."""
        before = diagnostics.levels(self.web)
        self.desk.afterwards(lambda: diagnostics.set_levels(self.web, before))
        wanted = {_category(word): level for word, level in levels.items()}
        diagnostics.set_levels(self.web, {**before, **wanted})
        self._logged = set(self._lines())

    def log_tells_of_a_login(self) -> None:
        """A login under everybody's eyes is a new message of web server events."""
        self._log_in_again()
        new = self._new_lines()
        if not any(self.web.username in line for line in new):
            self.desk.broken("a login is in the log", f"a new message with {self.web.username!r}", _listed(new))

    def log_has_no_new(self, word: str) -> None:
        """A login writes no message of this category any more."""
        category = _category(word)
        self._log_in_again()
        found = [line for line in self._new_lines() if category in line]
        if found:
            self.desk.broken(f"{category!r} at level 0 writes nothing", "no new message", _listed(found))

    def log_goes_on_with(self, word: str) -> None:
        """Registration mode, started again, is a new message of DECT events: other categories are not silenced."""
        category = _category(word)
        self.web.close_registration()
        self.web.open_registration()
        new = self._new_lines()
        if not any(category in line for line in new):
            self.desk.broken(f"{category!r} at level 9 go on", "a new message", _listed(new))

    def _log_in_again(self) -> None:
        self.web.forget_session()
        if not self.web.login():
            raise RigFault("web login", "refused", remedy="check base.web of the rig file")

    def _lines(self) -> list[str]:
        return [entry.text for entry in diagnostics.entries(self.web)]

    def _new_lines(self) -> list[str]:
        return [line for line in self._lines() if line not in self._logged]

    # reboot

    def press_reboot(self) -> None:
        """The reboot button of the update page."""
        self.wire.mark()
        self.web.reboot()


def _about_the_pin(lines: list[str]) -> str:
    """The line that warns of the PIN, empty if none does."""
    return next((line for line in lines if re.search(expected().messages["pin_warning"], line)), "")


def _category(word: str) -> str:
    """The label of the log category that begins with this word."""
    return next(label for label in diagnostics.categories() if label.lower().startswith(word.lower()))


def _listed(lines: list[str]) -> str:
    return "; ".join(lines[-5:]) or "none"
