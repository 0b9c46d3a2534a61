"""A plug of memory only, for tests of what uses one: it remembers, and can be told to stick."""

from __future__ import annotations

from harness.core import clock, steps
from harness.core.errors import RigFault
from harness.power.protocol import PowerCut, PowerState


class FakePower:
    """A fake plug: `stuck` makes it ignore what it is told, as a broken relay does; `cuts` is what was done with it."""

    def __init__(self, *, on: bool = True) -> None:
        self.stuck = False
        self.cuts: list[PowerCut] = []
        self._on = on

    def state(self) -> PowerState:
        """Its state."""
        return PowerState(self._on, self._on, self._on, "on" if self._on else "off")

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

    def close(self) -> None:
        """Nothing to let go of."""

    def _switch(self, on: bool) -> PowerCut:
        word = "on" if on else "off"
        with steps.step("power", f"fake plug {word}", did={"kind": f"power-{word}"}):
            if self.stuck and on != self._on:
                raise RigFault("power", f"the fake plug is stuck {'off' if on else 'on'}", remedy="mend the relay")
            self._on = on
            now = clock.now()
            self.cuts.append(PowerCut(on, now, now, ("memory",)))
            return self.cuts[-1]
