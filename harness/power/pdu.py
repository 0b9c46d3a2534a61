"""An outlet of a switched power bar: one OID that takes an on and an off value, both from the rig file."""

from __future__ import annotations

from harness.core import clock, steps
from harness.core.clock import WaitExpired, wait_until
from harness.core.errors import RigFault
from harness.core.limits import Limits
from harness.power.plug import SnmpPlug
from harness.power.protocol import PowerCut, PowerState
from harness.power.snmp import SnmpAccess


class Outlet(SnmpPlug):
    """The base's plug: one outlet. A change is confirmed by reading its state back."""

    def __init__(
        self,
        access: SnmpAccess,
        outlet: str,
        on_value: int = 1,
        off_value: int = 2,
        *,
        within: float = Limits.power,
    ) -> None:
        super().__init__(access, within)
        self._outlet = outlet.lstrip(".")
        self._values = {True: on_value, False: off_value}
        self.name = f"{access.host} outlet {self._outlet}"

    def state(self) -> PowerState:
        """What the power bar says."""
        value = int(self._agent.get(self._outlet)[0])
        on = value == self._values[True]
        return PowerState(on, on, None, f"outlet {'on' if on else 'off'} ({value})")

    def _switch(self, on: bool) -> PowerCut:
        word = "on" if on else "off"
        with steps.step("power", f"{self.name} {word}", did={"kind": f"power-{word}"}):
            asked = clock.now()
            self._agent.set(self._outlet, self._values[on])
            try:
                wait_until(lambda: self._is(on), what=f"outlet {word}", within=self._within, poll=0.1)
            except WaitExpired as expired:
                remedy = "some power bars delay an outlet: raise timing.power, or check power.on and power.off"
                raise RigFault("power", f"{self.name} is not {word}: {self.state()}", remedy=remedy) from expired
            return PowerCut(on, asked, clock.now(), (self._outlet,))

    def _is(self, on: bool) -> bool:
        """Whether it says so; a power bar too busy with its relays to answer is asked again."""
        try:
            return int(self._agent.get(self._outlet)[0]) == self._values[on]
        except RigFault:
            return False
