"""A base whose address was typed in by hand."""

from __future__ import annotations

import contextlib
import ipaddress
from typing import TYPE_CHECKING

from harness.core.clock import WaitExpired
from harness.procedures.limits import limits

if TYPE_CHECKING:
    from harness.procedures.provisioning.state import BootState


def fix_address(state: BootState) -> None:
    """Address, mask, router and name server that the base has by DHCP are typed in, and DHCP is switched off.

    The settings journal puts DHCP back after the test.
    """
    context, network = state.context, state.context.rig.network
    fixed = {
        "ip_adr": context.base.web.address,
        "netmask": str(ipaddress.ip_interface(network.address).netmask),
        "gateway": network.host,
        "dns_server1": network.host,
    }
    context.addfinalizer(lambda: _find_again(state))
    typed: dict[tuple[str, int], str | bool] = {(name, 0): text for name, text in fixed.items()}
    context.base.change_all({("dhcp", 0): False, **typed}, reboot=False)


def _find_again(state: BootState) -> None:
    """Before the journal puts DHCP back by the pages: a base that is not at its address is tried over IPv6."""
    web = state.context.base.web
    usual = web.address
    for address in (usual, *reversed(state.base_addresses[1:])):
        web.address = address
        with contextlib.suppress(WaitExpired):
            web.answers(state.limit if address == usual else limits().web_over_ipv6)
            return
    web.address = usual
