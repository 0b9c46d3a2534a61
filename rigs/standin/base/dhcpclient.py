"""pyroute2's DHCP client as the base uses it: no memory, no goodbye, one retry a second, one transaction id."""

from __future__ import annotations

import itertools
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pyroute2.dhcp.client import AsyncDHCPClient, ClientConfig
from pyroute2.dhcp.dhcp4socket import AsyncDHCP4Socket
from pyroute2.dhcp.enums.dhcp import MessageType
from pyroute2.dhcp.enums.dhcp import Option as Option
from pyroute2.dhcp.fsm import State
from pyroute2.dhcp.hooks import Hook
from pyroute2.dhcp.leases import Lease
from pyroute2.dhcp.messages import ReceivedDHCPMessage
from pyroute2.dhcp.xids import Xid

from rigs.standin.base import values
from rigs.standin.core.owner import Owner

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


DAMAGED = (ArithmeticError, AttributeError, LookupError, RuntimeError, TypeError, ValueError, struct.error)
"""What pyroute2 raises for packets that are cut short or of no sense; only ValueError does not end its reader."""


class DhcpSocket(AsyncDHCP4Socket):  # type: ignore[misc]  # pyroute2 has no annotations to check
    """pyroute2's socket, which passes over all that it cannot read."""

    @classmethod
    def _decode_msg(cls, data: bytes) -> ReceivedDHCPMessage:
        try:
            return super()._decode_msg(data)
        except DAMAGED as error:
            raise ValueError(f"no DHCP message: {error!r}") from error


class DhcpClient(AsyncDHCPClient):  # type: ignore[misc]  # pyroute2 has no annotations to check
    """pyroute2's client keeps its state in the id's last digit, which servers and captures see change; this one not.

    What fails in it is the `owner`'s, as its tasks would end and the base would be without an address for ever.
    """

    def __init__(self, config: ClientConfig, owner: Owner) -> None:
        super().__init__(config)
        self._owner = owner
        self._sock = DhcpSocket(config.interface)

    @property
    def xid(self) -> SteadyXid:
        return SteadyXid(self._xid)

    async def _process_msg(self, msg: Any) -> None:
        with self._owner.minding("a DHCP message"):
            why = unusable(msg.dhcp)
            if why:
                raise ValueError(why)
            if self.xid.matches(msg.xid):
                msg.dhcp["xid"] = self.xid.random_part | self.state
            await super()._process_msg(msg)

    async def _recv_forever(self) -> None:
        await self._owner.again(super()._recv_forever, "the reading of DHCP messages")

    async def _send_forever(self) -> None:
        await self._owner.again(super()._send_forever, "the sending of DHCP messages")


def unusable(message: Any) -> str:
    """Why an offer or acknowledgement cannot be taken, in words; empty for one that can, and for other messages."""
    options = message["options"]
    if options.get("message_type") not in (MessageType.OFFER, MessageType.ACK):
        return "" if "message_type" in options else "a message without a type"
    for name, form, text in (
        ("address", "host_address", message["yiaddr"]),
        ("subnet mask", "netmask", options.get("subnet_mask", "")),
        ("server", "host_address", options.get("server_id", "none")),
    ):
        if why := values.trouble(str(text), form, values.LONGEST):
            return f"{name} {text}: {why}"
    return "no lease time" if options["message_type"] == MessageType.ACK and "lease_time" not in options else ""


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
