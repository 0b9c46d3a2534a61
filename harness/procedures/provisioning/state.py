"""What the parts of a provisioning procedure share: the rig's servers, the plug, and since when events count."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.core.errors import NotApplicable

if TYPE_CHECKING:
    from harness.power.protocol import Power
    from harness.procedures.context import TestContext
    from harness.rig.factory import Services
    from harness.services.dnsmasq import Dnsmasq


@dataclass
class BootState:
    """One base between the plug and its first registration; `began` is since when its requests count."""

    context: TestContext
    services: Services
    power: Power
    began: float

    @property
    def dnsmasq(self) -> Dnsmasq:
        """The rig's DHCP and DNS server."""
        if self.services.dnsmasq is None:
            raise NotApplicable("this rig's network has a DHCP server of its own")
        return self.services.dnsmasq

    @property
    def limit(self) -> float:
        """How long a boot may take, in seconds."""
        return self.context.rig.timing.boot

    @property
    def base_addresses(self) -> tuple[str, ...]:
        """The base's addresses."""
        return self.context.base_addresses
