"""The addresses that DHCP gave the base: each Ack with the request it answers."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness.capture.messages import DhcpMessage
    from harness.rules.evidence import Evidence

SUBNET_MASK, ROUTER, NAME_SERVERS, DOMAIN = 1, 3, 6, 15
LEASE_TIME, RENEWAL_TIME, SETTINGS_SERVER, BOOT_FILE = 51, 58, 66, 67
NO_ADDRESS = ("", "0.0.0.0")


@dataclass(frozen=True)
class Lease:
    """An Ack to the base; `starts` is true if the base had no address before."""

    request: DhcpMessage
    ack: DhcpMessage

    @property
    def at(self) -> float:
        """The time of the Ack."""
        return self.ack.at

    @property
    def starts(self) -> bool:
        """Whether it is the base's first Ack and not a renewal."""
        return self.request.client_address in NO_ADDRESS

    @property
    def renewal_after(self) -> float | None:
        """T1 in seconds: the server's value, else half of the lease (RFC 2131 §4.4.5); None for a lease without end."""
        if (told := self._seconds(RENEWAL_TIME)) is not None:
            return told
        whole = self._seconds(LEASE_TIME)
        return None if whole is None or whole == 0xFFFFFFFF else whole / 2

    def text(self, option: int) -> str:
        """The value of an option with a text."""
        return self.ack.options.get(option, b"").rstrip(b"\0").decode("utf-8", "replace").strip()

    def addresses(self, option: int) -> list[str]:
        """The value of an option with addresses of four bytes each (RFC 2132)."""
        value = self.ack.options.get(option, b"")
        return [str(IPv4Address(value[place : place + 4])) for place in range(0, len(value) - 3, 4)]

    def _seconds(self, option: int) -> float | None:
        value = self.ack.options.get(option, b"")
        return float(int.from_bytes(value)) if len(value) == 4 else None


def leases_of(evidence: Evidence) -> list[Lease]:
    """All leases, in order."""
    found: list[Lease] = []
    asked: dict[int, DhcpMessage] = {}
    for message in evidence.dhcp:
        if message.mac not in evidence.own_macs:
            continue
        if message.type == "Request":
            asked[message.xid] = message
        elif message.type == "Ack" and evidence.is_base(message.your_address):
            request = asked.pop(message.xid, None)
            if request is not None:
                found.append(Lease(request, message))
    return found
