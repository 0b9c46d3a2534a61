"""The status page's data of the unit: version, addresses, lease, uptime."""

from __future__ import annotations

import ipaddress
import re

from harness.core import clock
from harness.core.clock import WaitExpired, wait_until
from harness.procedures.limits import limits
from harness.procedures.web.access import WebAccess

UPTIME = re.compile(r"(\d+) (\d\d):(\d\d):(\d\d)")
VERSION = re.compile(r"\d+\.\d+\.\d+(-[a-z])?")
DHCP_ROWS = ("DHCP server", "IP Address", "Netmask", "IP Gateway")
DHCP_TAG = "(DHCP eth1)"
TICKS = 2
"""Seconds that the uptime is to go on."""


class Status:
    """The network status of one base."""

    def __init__(self, access: WebAccess) -> None:
        self._context = access.context
        self._web = access.web
        self._read = (0.0, 0)

    def read_uptime(self) -> None:
        """The uptime is read and kept, see `expect_no_restart`."""
        self._read = (clock.now(), self._uptime())

    def expect_version_mac_and_address(self) -> None:
        """MAC and address on the status page are those on the wire, and the version has the right form."""
        rows = self._web.status()
        self._context.same("MAC on the status page", rows.get("MAC"), self._context.rig.base.mac.upper())
        if not VERSION.fullmatch(rows.get("Version", "")):
            self._context.broken("Version on the status page", "9.2.45-a or the like", repr(rows.get("Version")))
        address = rows.get("IP Address", "").partition(" ")[0]
        self._context.same("IP Address on the status page", address, self._web.address)

    def expect_dhcp_tags(self) -> None:
        """Server, address, netmask and gateway are each tagged with their source (presentation, Network Status)."""
        rows = self._web.status()
        for row in DHCP_ROWS:
            if not rows.get(row, "").endswith(f" {DHCP_TAG}"):
                self._context.broken(f"{row} on the status page", f"an address and {DHCP_TAG}", repr(rows.get(row)))

    def expect_lease(self) -> None:
        """Server, address, netmask, gateway and name server are those given by the rig's network."""
        rows, network = self._web.status(), self._context.rig.network
        given = {
            "DHCP server": network.host,
            "IP Address": self._web.address,
            "Netmask": str(ipaddress.ip_interface(network.address).netmask),
            "IP Gateway": network.host,
            "DNS Server": network.host,
        }
        for row, value in given.items():
            if value not in rows.get(row, "").split():
                self._context.broken(f"{row} on the status page", value, repr(rows.get(row)))

    def expect_setting_server(self) -> None:
        """The row of option 66 shows the value of the last boot: a URL at the rig's own server."""
        seen = self._web.status().get("Option 66", "")
        if self._context.rig.network.host not in seen:
            self._context.broken(
                "Option 66 on the status page", f"a URL at {self._context.rig.network.host}", repr(seen)
            )

    def expect_link_local_address(self) -> None:
        """The link-local address is the one made from the base's MAC (RFC 4291)."""
        address, seen = self._context.base_addresses[1], self._web.status().get("IPv6 Link-Local URL", "")
        if address not in seen.lower():
            self._context.broken("IPv6 Link-Local URL on the status page", address, repr(seen))

    def expect_uptime_to_run(self) -> None:
        """The uptime has days, then HH:MM:SS, and counts seconds."""
        begun, first = clock.now(), self._uptime()
        seen, within = [first], TICKS * limits().uptime_tick

        def later() -> bool:
            seen.append(self._uptime())
            return seen[-1] >= first + TICKS

        try:
            wait_until(later, what=f"{TICKS} seconds more of uptime", within=within, poll=0.3)
        except WaitExpired:
            later_by = f"{seen[-1]} s after {within:g} s"
            self._context.broken("the uptime runs", f"{TICKS} s more than {first} s", later_by)
        passed, counted = clock.now() - begun, seen[-1] - first
        if abs(passed - counted) > limits().uptime_error:
            self._context.broken("the uptime counts seconds", f"{passed:.0f} s more", f"{counted} s more")

    def expect_uptime_since(self, since: float) -> None:
        """The uptime is not longer than the time since this moment."""
        self._context.same("the uptime began with the restart", self._uptime() <= clock.now() - since + 1, True)

    def expect_no_restart(self) -> None:
        """The base has run on since its uptime was read.

        Only the clock can be awaited: a base that restarts is silent for a while, and so is one that nobody asks.
        """
        rest = clock.Deadline(limits().uptime_tick)
        wait_until(lambda: rest.expired, what="the time in which a base restarts", within=limits().uptime_tick + 1)
        self._web.answers(self._context.rig.timing.boot)
        at, before = self._read
        least, now = before + int(clock.now() - at - limits().uptime_error), self._uptime()
        if now < least:
            self._context.broken("the base has not restarted", f"an uptime of {least} s or more", f"{now} s")

    def _uptime(self) -> int:
        seen = self._web.status().get("Uptime", "")
        found = UPTIME.fullmatch(seen)
        if found is None:
            self._context.broken("format of Uptime", "D HH:MM:SS", repr(seen))
        days, hours, minutes, seconds = (int(text) for text in found.groups())
        return ((days * 24 + hours) * 60 + minutes) * 60 + seconds
