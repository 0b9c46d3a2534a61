"""pyroute2's DHCP client as the base uses it: no memory, no goodbye, one retry a second, one transaction id."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pyroute2.dhcp.client import AsyncDHCPClient, ClientConfig
from pyroute2.dhcp.enums.dhcp import Option as Option
from pyroute2.dhcp.fsm import State
from pyroute2.dhcp.hooks import Hook
from pyroute2.dhcp.leases import Lease
from pyroute2.dhcp.xids import Xid

RETRY_SECONDS = 1.0
REQUESTED = (
    Option.SUBNET_MASK,
    Option.ROUTER,
    Option.NAME_SERVER,
    Option.DOMAIN_NAME,
    Option.BROADCAST_ADDRESS,
    Option.NTP_SERVERS,
    Option.LEASE_TIME,
    Option.RENEWAL_TIME,
    Option.REBINDING_TIME,
    Option.TFTP_SERVER_NAME,
    Option.BOOTFILE_NAME,
)
"""Which options the m9 asks for was not found (facts 10, 13): these are the ones it is seen to use."""


@dataclass
class VolatileLease(Lease):  # type: ignore[misc]  # pyroute2 has no annotations to check
    """A lease in RAM: a base without power does not remember its address."""

    def dump(self) -> None:
        """Nothing is kept."""

    @classmethod
    def load(cls, interface: str) -> None:
        """There is never one from before."""


def _every_second() -> Iterator[float]:
    return itertools.repeat(RETRY_SECONDS)


class SteadyXid(Xid):  # type: ignore[misc]  # pyroute2 has no annotations to check
    """A transaction id that stays the same from DISCOVER to ACK (RFC 2131 section 4.4.1)."""

    def for_state(self, state: State) -> Xid:
        return Xid(self.random_part)


class DhcpClient(AsyncDHCPClient):  # type: ignore[misc]  # pyroute2 has no annotations to check
    """pyroute2's client keeps its state in the id's last digit, which servers and captures see change; this one not."""

    @property
    def xid(self) -> SteadyXid:
        return SteadyXid(self._xid)

    async def _process_msg(self, msg: Any) -> None:
        if self.xid.matches(msg.xid):
            msg.dhcp["xid"] = self.xid.random_part | self.state
        await super()._process_msg(msg)


def configuration(interface: str, host_name: str, hooks: list[Hook]) -> ClientConfig:
    """Looks for an address until there is one, and never releases it."""
    return ClientConfig(
        interface=interface,
        lease_type=VolatileLease,
        requested_parameters=REQUESTED,
        hooks=hooks,
        timeouts={State.REBOOTING: 5, State.REQUESTING: 5, State.SELECTING: 60},
        retransmission=_every_second,
        release=False,
        handle_signals=False,
        vendor_id=None,
        host_name=host_name or None,
    )
