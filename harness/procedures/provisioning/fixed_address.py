"""A base whose address was typed in by hand."""

from __future__ import annotations

import contextlib
import ipaddress
from typing import TYPE_CHECKING

from harness.core.clock import WaitExpired

if TYPE_CHECKING:
    from harness.procedures.provisioning.state import BootState

ANSWERS_OVER_IPV6_WITHIN = 3.0
"""Seconds that the web pages get at an address of IPv6, when the base was not at its own after the time of a boot."""


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
            web.answers(state.limit if address == usual else ANSWERS_OVER_IPV6_WITHIN)
            return
    web.address = usual
