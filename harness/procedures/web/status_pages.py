"""What the web pages say of the unit itself: status, registrations, log, landing page; and the reboot button."""

from __future__ import annotations

import ipaddress
import re

from harness.base.pages import expected
from harness.core import clock
from harness.core.clock import WaitExpired, wait_until
from harness.core.errors import NotApplicable
from harness.procedures.idle_pages import seconds_left
from harness.procedures.web.page_acts import LOGIN_PATH, PageActs

UPTIME = re.compile(r"(\d+) (\d\d):(\d\d):(\d\d)")
VERSION = re.compile(r"\d+\.\d+\.\d+(-[a-z])?")
DHCP_ROWS = ("DHCP server", "IP Address", "Netmask", "IP Gateway")
DHCP_TAG = "(DHCP eth1)"
TICKS = 2
TICK_ERROR = 1.5
RUNS_DOWN_S = 4.0
FACTORY_PIN = "0000"


class StatusPages(PageActs):
    """Pages that tell of the unit."""

    # status

    def status_names_version_mac_and_address(self) -> None:
        """MAC and address on the status page are those of the wire, and the version is one."""
        rows = self.web.status()
        self.context.same("MAC on the status page", rows.get("MAC"), self.context.rig.base.mac.upper())
        if not VERSION.fullmatch(rows.get("Version", "")):
            self.context.broken("Version on the status page", "9.2.45-a or the like", repr(rows.get("Version")))
        address = rows.get("IP Address", "").partition(" ")[0]
        self.context.same("IP Address on the status page", address, self.web.address)

    def status_tells_what_came_by_dhcp(self) -> None:
        """Server, address, netmask and gateway are each tagged with their source (presentation, Network Status)."""
        rows = self.web.status()
        for row in DHCP_ROWS:
            if not rows.get(row, "").endswith(f" {DHCP_TAG}"):
                self.context.broken(f"{row} on the status page", f"an address and {DHCP_TAG}", repr(rows.get(row)))

    def status_shows_what_dhcp_gave(self) -> None:
        """Server, address, netmask, gateway and name server are those that the rig's network hands out."""
        rows, network = self.web.status(), self.context.rig.network
        given = {
            "DHCP server": network.host,
            "IP Address": self.web.address,
            "Netmask": str(ipaddress.ip_interface(network.address).netmask),
            "IP Gateway": network.host,
            "DNS Server": network.host,
        }
        for row, value in given.items():
            if value not in rows.get(row, "").split():
                self.context.broken(f"{row} on the status page", value, repr(rows.get(row)))

    def status_shows_the_setting_server(self) -> None:
        """The row of option 66 is what the base was told at its last boot: a URL at the rig's own server."""
        seen = self.web.status().get("Option 66", "")
        if self.context.rig.network.host not in seen:
            self.context.broken("Option 66 on the status page", f"a URL at {self.context.rig.network.host}", repr(seen))

    def status_shows_the_link_local_address(self) -> None:
        """The link-local address is the one that the base makes itself from its MAC (RFC 4291)."""
        address, seen = self.context.base_addresses[1], self.web.status().get("IPv6 Link-Local URL", "")
        if address not in seen.lower():
            self.context.broken("IPv6 Link-Local URL on the status page", address, repr(seen))

    def uptime_runs(self) -> None:
        """Days, then HH:MM:SS; and it counts the seconds of the clock."""
        begun, first = clock.now(), self._uptime()
        seen = [first]

        def later() -> bool:
            seen.append(self._uptime())
            return seen[-1] >= first + TICKS

        try:
            wait_until(later, what=f"{TICKS} seconds more of uptime", within=TICKS * 3.0, poll=0.3)
        except WaitExpired:
            self.context.broken(
                "the uptime runs", f"{TICKS} s more than {first} s", f"{seen[-1]} s after {TICKS * 3} s"
            )
        passed, counted = clock.now() - begun, seen[-1] - first
        if abs(passed - counted) > TICK_ERROR:
            self.context.broken("the uptime counts seconds", f"{passed:.0f} s more", f"{counted} s more")

    def uptime_began_with(self, since: float) -> None:
        """The unit has not been up for longer than since this moment."""
        self.context.same("the uptime began with the restart", self._uptime() <= clock.now() - since + 1, True)

    def _uptime(self) -> int:
        seen = self.web.status().get("Uptime", "")
        found = UPTIME.fullmatch(seen)
        if found is None:
            self.context.broken("format of Uptime", "D HH:MM:SS", repr(seen))
        days, hours, minutes, seconds = (int(text) for text in found.groups())
        return ((days * 24 + hours) * 60 + minutes) * 60 + seconds

    # registrations

    def switch_off(self, identity: int) -> None:
        """Switch an identity off on its account tab; it is switched on again after the test."""
        since = self.wire.mark()
        self.base.change("user_active", False, identity)
        self._is_answered_200(identity, since, "an identity that is switched off de-registers")

    def registers_again_with_the_password_it_had(self, identity: int) -> None:
        """Switched off and on, the identity is bound again: what was saved left its password alone."""
        self.switch_off(identity)
        since = self.wire.mark()
        self.base.change("user_active", True, identity)
        self._is_answered_200(identity, since, "an identity still has its password after the save")

    def registers_as(self, identity: int, name: str, seconds: int) -> None:
        """Switched off and on, the identity registers under this name for this time: what was saved is what is used."""
        self.switch_off(identity)
        since = self.wire.mark()
        self.base.change("user_active", True, identity)
        request = self.wire.sip.expect(
            method="REGISTER",
            source=self.context.base_addresses,
            to_user=self.context.account(identity).user,
            since=since,
            where=lambda m: m.expires != 0,
            timeout=self.context.rig.timing.register_,
            claim="an identity that is switched on registers",
        )
        self.context.same("the display name that was saved, in From", request.from_.display, name, request)
        self.context.same("the expiry that was saved, asked for", request.expires, seconds, request)

    def _is_answered_200(self, identity: int, since: float, claim: str) -> None:
        """The registrar has said 200 to a REGISTER of the identity since this moment."""
        with self.context.registering(identity, since):
            self.wire.sip.expect(
                status=200,
                cseq_method="REGISTER",
                dest=self.context.base_addresses,
                to_user=self.context.account(identity).user,
                since=since,
                timeout=self.context.rig.timing.register_,
                claim=claim,
            )

    def registration_status_says(self, identity: int, *, registered: bool) -> None:
        """The identity's row says that it is registered, or does not."""
        row = self.context.registration_row(identity)
        if bool(re.search(expected().messages["registered"], row, re.IGNORECASE)) != registered:
            wanted = "registered" if registered else "anything but registered"
            self.context.broken(f"registration status of identity {identity}", wanted, row or "no row with its account")

    def registration_seconds_run_down(self, identity: int) -> None:
        """The seconds beside a registration get fewer: they are those that are left of it."""
        if self.context.profile.rule("IDLE-REGISTRATION").expect.get("expires") != "left":
            raise NotApplicable("the page of this base shows what was granted, not what is left")
        first = self._registration_seconds(identity)
        try:
            wait_until(
                lambda: self._registration_seconds(identity) < first, what="fewer seconds", within=RUNS_DOWN_S, poll=0.5
            )
        except WaitExpired:
            self.context.broken(
                f"the seconds beside the registration of identity {identity} run down",
                f"fewer than {first} within {RUNS_DOWN_S:g} s",
                self._registration_seconds(identity),
            )

    def _registration_seconds(self, identity: int) -> int:
        seconds = seconds_left(self.context.registration_cells(identity))
        if seconds is None:
            raise NotApplicable("the registration status shows no seconds")
        return seconds

    # landing page

    def has_pin(self, pin: str) -> None:
        """Give the base this PIN, typed twice; the rig's own comes back after the test."""
        self.base.change("base_pin", pin)

    def has_the_factory_pin(self) -> None:
        """The base has PIN 0000."""
        if self.context.rig.base.pin.value() != FACTORY_PIN:
            self.has_pin(FACTORY_PIN)

    def landing_page_warns_of_the_pin(self) -> None:
        """The page after the login has a word about the factory PIN (vendor's blog)."""
        lines = self._landing_page()
        if not _about_the_pin(lines):
            self.context.broken(
                f"a warning while the PIN is {FACTORY_PIN}", "a line about the PIN", " / ".join(lines[:12])
            )

    def landing_page_is_silent_about_the_pin(self) -> None:
        """With a PIN of one's own, or where nobody wants to be warned, there is no such word."""
        found = _about_the_pin(self._landing_page())
        if found:
            self.context.broken(
                "no warning of the PIN where there is nothing to warn of", "no line about the PIN", found
            )

    def _landing_page(self) -> list[str]:
        self.web.login()
        return self.web.visit(LOGIN_PATH).lines

    # reboot

    def press_reboot(self) -> float:
        """The reboot button of the update page; returns the moment."""
        pressed = self.wire.mark()
        self.web.reboot()
        return pressed


def _about_the_pin(lines: list[str]) -> str:
    """The line that warns of the PIN, empty if none does."""
    return next((line for line in lines if re.search(expected().messages["pin_warning"], line)), "")
