"""An outlet of a switched power bar: one OID that takes an on and an off value, both from the rig file."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from harness.core import clock, steps
from harness.core.clock import WaitExpired, wait_until
from harness.core.errors import RigFault
from harness.power.protocol import PowerCut, PowerState
from harness.power.snmp import SnmpAccess


class Outlet:
    """The base's plug: one outlet. It has no witness but its own word, which is read back."""

    def __init__(
        self,
        access: SnmpAccess,
        outlet: str,
        on_value: int = 1,
        off_value: int = 2,
        *,
        within: float = 10.0,
    ) -> None:
        self._agent = access
        self._outlet = outlet.lstrip(".")
        self._values = {True: on_value, False: off_value}
        self._within = within
        self.name = f"{access.host} outlet {self._outlet}"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the power bar; the outlet stays as it is."""
        self._agent.close()

    def state(self) -> PowerState:
        """What the power bar says."""
        value = int(self._agent.get(self._outlet)[0])
        on = value == self._values[True]
        return PowerState(on, on, None, f"outlet {'on' if on else 'off'} ({value})")

    def off(self) -> PowerCut:
        """Take power away."""
        return self._switch(False)

    def on(self) -> PowerCut:
        """Give power."""
        return self._switch(True)

    def cycle(self) -> PowerCut:
        """Off and on again."""
        self.off()
        return self.on()

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
