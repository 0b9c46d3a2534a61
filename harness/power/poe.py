"""A PSE port of a PoE switch: POWER-ETHERNET-MIB (RFC 3621), confirmed by detection status and link (RFC 2863)."""

from __future__ import annotations

from harness.core import clock, steps
from harness.core.clock import WaitExpired, wait_until
from harness.core.errors import RigFault
from harness.core.limits import Limits
from harness.power.plug import SnmpPlug
from harness.power.protocol import PowerCut, PowerState
from harness.power.snmp import SnmpAccess

ADMIN = "1.3.6.1.2.1.105.1.1.1.3"
"""pethPsePortAdminEnable: true(1), false(2)."""
DETECTION = "1.3.6.1.2.1.105.1.1.1.6"
"""pethPsePortDetectionStatus."""
OPER_STATUS = "1.3.6.1.2.1.2.2.1.8"
"""ifOperStatus: up(1), down(2)."""
TRUE, FALSE = 1, 2
DETECTED = {1: "disabled", 2: "searching", 3: "deliveringPower", 4: "fault", 5: "test", 6: "otherFault"}
DELIVERING = 3
LINK_UP = 1


class PoePort(SnmpPlug):
    """The base's plug: one PSE port of a switch. `within` is how long, in seconds, a change may take to show.

    A change is confirmed by the switch's state of the power and by its state of the link.
    """

    def __init__(
        self,
        access: SnmpAccess,
        group: int,
        port: int,
        if_index: int,
        *,
        within: float = Limits.power,
    ) -> None:
        super().__init__(access, within)
        self._admin = f"{ADMIN}.{group}.{port}"
        self._detection = f"{DETECTION}.{group}.{port}"
        self._link = f"{OPER_STATUS}.{if_index}"
        self.name = f"{access.host} group {group} port {port}"

    def state(self) -> PowerState:
        """What the switch says of power and link; raises RigFault when it says nothing."""
        admin, detection, link = (int(value) for value in self._agent.get(self._admin, self._detection, self._link))
        word = DETECTED.get(detection, str(detection))
        text = f"{'enabled' if admin == TRUE else 'disabled'}, {word}, link {'up' if link == LINK_UP else 'down'}"
        return PowerState(admin == TRUE, detection == DELIVERING, link == LINK_UP, text)

    def _switch(self, on: bool) -> PowerCut:
        wanted = "delivered, link up" if on else "gone, link down"
        word = "on" if on else "off"
        with steps.step("power", f"{self.name} {word}", did={"kind": f"power-{word}"}) as taken:
            asked = clock.now()
            self._agent.set(self._admin, TRUE if on else FALSE)
            try:
                state = wait_until(
                    lambda: self._confirmed(on),
                    what=f"power {wanted}",
                    within=self._within,
                )
            except WaitExpired as expired:
                raise self._unconfirmed(on, self.state()) from expired
            taken.data["state"] = str(state)
            return PowerCut(on, asked, clock.now(), (self._admin, self._detection, self._link))

    def _confirmed(self, on: bool) -> PowerState | None:
        """The state once all three objects say so; a switch too busy with its port to answer is asked again in time."""
        try:
            now = self.state()
        except RigFault:
            return None
        return now if now.enabled == on and now.delivering == on and now.link == on else None

    def _unconfirmed(self, on: bool, seen: PowerState) -> RigFault:
        text = f"{self.name} was switched {'on' if on else 'off'}, but is {seen} after {self._within:g} s"
        if not on:
            remedy = "check that the base has no power adapter and is on this port"
        elif not seen.delivering:
            remedy = "check that the base is plugged in and the switch's power budget is sufficient"
        else:
            remedy = "the port has power but no link: check power.if_index and the cable"
        return RigFault("power", text, remedy=remedy)
