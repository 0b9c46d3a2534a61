"""A base whose address was typed in by hand: what it asks for, and what it says of itself."""

from __future__ import annotations

import contextlib
import ipaddress

from harness.clock import WaitExpired
from harness.procedures.leasing import Leasing

ROWS = ("IP Address", "Netmask", "IP Gateway")
ANSWERS_OVER_IPV6_WITHIN = 3.0
"""Seconds that the web pages get at an address of IPv6, when the base was not at its own after the time of a boot."""


class FixedAddress(Leasing):
    """DHCP switched off and on again; the settings journal puts back what the base had."""

    def has_its_address_fixed(self) -> None:
        """Address, mask, router and name server that the base has by DHCP are typed in, and DHCP is switched off."""
        network = self.desk.rig.network
        self._fixed = {
            "ip_adr": self.base.web.address,
            "netmask": str(ipaddress.ip_interface(network.address).netmask),
            "gateway": network.host,
            "dns_server1": network.host,
        }
        self.desk.afterwards(self._can_be_reached)
        wanted: dict[tuple[str, int], str | bool] = {(name, 0): text for name, text in self._fixed.items()}
        self.base.change_all({("dhcp", 0): False, **wanted}, reboot=False)

    def asked_for_no_address(self) -> None:
        """Since power came the base has asked no DHCP server for anything."""
        self.wire.dhcp.never(
            mac=self.desk.rig.base.mac.lower(),
            type=("Discover", "Request"),
            since=self.began,
            claim="a base with a fixed address asks nobody for one",
        )

    def shows_its_fixed_address(self) -> None:
        """The status page shows what was typed in, and says of none of it that it came by DHCP (presentation)."""
        shown = self.base.web.status()
        for row, wanted in zip(ROWS, self._fixed.values(), strict=False):
            seen = shown.get(row, "")
            if wanted not in seen.split() or "dhcp" in seen.lower():
                self.desk.broken(f"{row} on the status page", f"{wanted}, not by DHCP", repr(seen))
        if self._fixed["dns_server1"] not in shown.get("DNS Server", "").split():
            self.desk.broken("DNS Server on the status page", self._fixed["dns_server1"], repr(shown.get("DNS Server")))

    def _can_be_reached(self) -> None:
        """Before the journal puts DHCP back by the pages: a base that is not at its address is tried over IPv6."""
        usual = self.base.web.address
        for address in (usual, *reversed(self._own[1:])):
            self.base.web.address = address
            with contextlib.suppress(WaitExpired):
                self.base.web.answers(self._limit if address == usual else ANSWERS_OVER_IPV6_WITHIN)
                return
        self.base.web.address = usual
