"""One run on a rig: its profiles one after the other; at the end the rig is as it was before."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Self

from harness.rig import factory
from harness.rig.model import Rig
from harness.rig.session import Session, SessionRequest

if TYPE_CHECKING:
    from harness.capture.live import Wire
    from harness.handset.dongle import Dongle
    from harness.power.protocol import Power


class RigSession(Session):
    """The rig of a run; a part that not every test needs is started when it is first used."""

    @classmethod
    def of(cls, rig: Rig, rig_file: Path, folder: Path, wait: float = 0.0, worker: str = "") -> Self:
        """A run on this rig; `worker` names one of several rigs side by side."""
        return cls(SessionRequest(rig, rig_file, folder, wait, worker))

    @cached_property
    def dongle(self) -> Dongle:
        """The dongle, opened once for the run."""
        return self._stack.enter_context(factory.dongle(self.rig, self.dongle_port))

    @cached_property
    def plug(self) -> Power:
        """The base's plug."""
        return factory.power(self.rig)

    @property
    def names(self) -> dict[str, str]:
        """The names of addresses for ladders, the base first."""
        network = self.rig.network
        named = {network.host: "harness", network.at(network.pbx): "PBX"}
        named |= {network.at(network.peers + index): f"peer{index + 1}" for index in range(8)}
        if network.address6 is not None:
            named |= {str(network.host6): "harness", str(network.at6(network.pbx)): "PBX"}
            named |= {str(network.at6(network.peers + index)): f"peer{index + 1}" for index in range(8)}
        return named

    @contextmanager
    def watched(self) -> Iterator[Wire]:
        """The wire for one test. A capture that died is a rig fault of this test, and is restarted for the next.

        The same holds for the servers of the rig's network.
        """
        factory.require_room(self.folder)
        self.capture.revive()
        self.services.revive()
        self.wire.mark()
        yield self.wire
        self.capture.check()
        self.capture.losses()

    @contextmanager
    def powered(self) -> Iterator[Power]:
        """The power switch for one test; the power is always on again afterwards."""
        plug = self.plug
        try:
            yield plug
        finally:
            if not plug.state().enabled:
                plug.on()
