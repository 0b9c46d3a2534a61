"""A base whose address was typed in by hand."""

from __future__ import annotations

import contextlib
import ipaddress

from harness.core.clock import WaitExpired
from harness.procedures.provisioning.dhcp import Leasing

ANSWERS_OVER_IPV6_WITHIN = 3.0
"""Seconds that the web pages get at an address of IPv6, when the base was not at its own after the time of a boot."""


class FixedAddress(Leasing):
    """DHCP switched off and on again; the settings journal puts back what the base had."""

    def has_its_address_fixed(self) -> None:
        """Address, mask, router and name server that the base has by DHCP are typed in, and DHCP is switched off."""
        network = self.context.rig.network
        fixed = {
            "ip_adr": self.base.web.address,
            "netmask": str(ipaddress.ip_interface(network.address).netmask),
            "gateway": network.host,
            "dns_server1": network.host,
        }
        self.context.addfinalizer(self._can_be_reached)
        wanted: dict[tuple[str, int], str | bool] = {(name, 0): text for name, text in fixed.items()}
        self.base.change_all({("dhcp", 0): False, **wanted}, reboot=False)

    def looks_at_its_status(self) -> None:
        """The status page is read: address, mask, router and name server as the base tells them."""
        self.context.saw("status", "network", self.base.web.status())

    def _can_be_reached(self) -> None:
        """Before the journal puts DHCP back by the pages: a base that is not at its address is tried over IPv6."""
        usual = self.base.web.address
        for address in (usual, *reversed(self._own[1:])):
            self.base.web.address = address
            with contextlib.suppress(WaitExpired):
                self.base.web.answers(self._limit if address == usual else ANSWERS_OVER_IPV6_WITHIN)
                return
        self.base.web.address = usual
