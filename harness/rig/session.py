"""Starts a rig: lease, bring-up, addresses, capture and services, in this order; stops them in reverse order."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from harness.core import overrides
from harness.core.life_cycle import Stacked
from harness.evidence.run_folder import RunFolder
from harness.host.watch import HostWatch
from harness.rig import bringup, certificates, factory, lease, network, whereabouts
from harness.rig.bringup import Ready
from harness.rig.factory import Services
from harness.rig.lease import Lease
from harness.rig.model import Rig

if TYPE_CHECKING:
    from harness.capture.live import Capture, Wire
    from harness.services.authority import ServerFiles


@dataclass(frozen=True)
class SessionRequest:
    """The arguments of a session: the rig, its file, the evidence's folder, and how long to wait for a taken rig.

    `worker` names one of several sessions side by side that share one evidence folder.
    """

    rig: Rig
    rig_file: Path
    folder: Path
    wait: float = 0.0
    worker: str = ""


class Session(Stacked):
    """Holds a rig while the context lasts; every started part is stopped in any case.

    Raises RigFault naming the part that does not answer.
    """

    lease: Lease
    ready: Ready
    capture: Capture
    wire: Wire
    services: Services
    host: HostWatch
    secured: ServerFiles | None
    """The certificate of the embedded servers; none where all servers are the lab's own."""

    def __init__(self, asked: SessionRequest) -> None:
        self.asked = asked
        self.rig = asked.rig
        overrides.use(asked.rig.base.survey)
        self.files = RunFolder(asked.folder, asked.worker)
        self.folder = self.files.parts

    @property
    def dongle_port(self) -> str:
        """The dongle's serial port: from the bring-up's answer, else from the rig file."""
        port = self.ready.dongle or self.rig.dongle.port
        if not port:
            raise factory.lost("dongle", "neither the rig file nor the bring-up names its port", "set dongle.port")
        return port

    def base_address(self, within: float, *, restart: bool = False) -> str:
        """The base's address: fixed in the rig file, by DHCP or where it was before; RigFault when it has none in time.

        With `restart` a silent base is restarted once, if the rig can.
        """
        power = restart and self.rig.power.kind != "none"
        cycle = (lambda: factory.power(self.rig).cycle()) if power else None
        return whereabouts.base_address(self.rig, self.services, within, cycle)

    def _start(self, stack: ExitStack) -> None:
        rig, folder = self.rig, self.folder
        folder.mkdir(parents=True, exist_ok=True)
        self.host = stack.enter_context(HostWatch())
        self.lease = stack.enter_context(lease.held(rig, folder, wait=self.asked.wait))
        self.ready = Ready()
        if rig.bringup is not None:
            self.ready = stack.enter_context(bringup.started(rig.bringup, self.asked.rig_file, folder))
        interface = self.ready.interface or rig.network.interface
        stack.enter_context(network.addressed(rig.network, interface, self.lease.directory))
        self.secured = certificates.server_files(rig, self.files.server_key.parent)
        self.capture = factory.capture(rig, self.files.capture_file, self.secured)
        self.wire = stack.enter_context(self.capture)
        self.services = stack.enter_context(factory.services(rig, folder, self.lease.directory))
