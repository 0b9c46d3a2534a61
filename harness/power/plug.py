"""What the plugs that are switched by SNMP have in common."""

from __future__ import annotations

from abc import abstractmethod

from harness.core.life_cycle import Closing
from harness.core.limits import Limits
from harness.power.protocol import PowerCut
from harness.power.snmp import SnmpAccess


class SnmpPlug(Closing):
    """The base's plug; `within` is how long, in seconds, a change may take to show."""

    def __init__(self, access: SnmpAccess, within: float = Limits.power) -> None:
        self._agent = access
        self._within = within

    def close(self) -> None:
        """Let go of the agent; the plug stays as it is."""
        self._agent.close()

    def off(self) -> PowerCut:
        """Take power away; returns when the change is confirmed."""
        return self._switch(False)

    def on(self) -> PowerCut:
        """Give power; returns when the change is confirmed."""
        return self._switch(True)

    def cycle(self) -> PowerCut:
        """Off and on again."""
        self.off()
        return self.on()

    @abstractmethod
    def _switch(self, on: bool) -> PowerCut:
        """Switch, and wait until the change is confirmed."""
