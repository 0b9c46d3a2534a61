"""The rig check: eight parts, each by itself, so that a loose cable is found before the night."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from harness.capture import known_packets
from harness.core.clock import WaitExpired
from harness.core.errors import M9Error, NotApplicable
from harness.rig import bringup, capture_point, factory, lease, network, whereabouts
from harness.rig.bringup import Ready
from harness.rig.factory import Services
from harness.rig.model import PduPower, PoePower, Rig

if TYPE_CHECKING:
    from harness.capture.live import Capture
    from harness.handset.dongle import Dongle

PARTS = ("network", "base web", "switch", "dongle", "handsets", "capture", "pbx", "peer")


@dataclass
class Finding:
    """One part's line: what was tried, what answered, and how to repair it if it is dead."""

    part: str
    tried: str
    answered: str
    ok: bool
    remedy: str = ""
    applicable: bool = True
    untried: bool = False
    """The rig has this part, but it could not be tried, because another part is dead."""
    seconds: float = 0.0

    def line(self) -> str:
        """The line as `m9 doctor` prints it."""
        mark = "✓" if self.ok else ("-" if not self.applicable else "✗")
        remedy = f"   {self.remedy}" if self.remedy and not self.ok else ""
        return f"{mark} {self.part:<9} {self.tried:<44} {self.answered}{remedy}"


class NotTried(NotApplicable):
    """A part that cannot be tried without another one, which is dead."""


@dataclass
class Doctor:
    """Checks a rig; a check shares nothing with another one except the parts that it needs."""

    rig: Rig
    rig_file: Path
    folder: Path
    profile: str
    wait: float = 0.0
    findings: list[Finding] = field(default_factory=list)
    on_finding: Callable[[Finding], None] = lambda finding: None
    _ready: Ready = field(default_factory=Ready)
    _services: Services | None = None
    _notes: Path = Path()
    _address: str = ""
    _dongle: Dongle | None = None

    def run(self) -> list[Finding]:
        """Check all parts; raises RigFault only when the rig is taken or cannot be brought up at all."""
        with ExitStack() as stack:
            self._notes = stack.enter_context(lease.held(self.rig, self.folder, wait=self.wait)).directory
            if self.rig.bringup is not None:
                self._ready = stack.enter_context(bringup.started(self.rig.bringup, self.rig_file, self.folder))
            self._check("network", self._network_tried(), lambda: self._network(stack))
            self._check("base web", self._web_tried(), self._web)
            self._check("switch", self._switch_tried(), self._switch)
            self._check("dongle", f"ATI on {self._port()}", lambda: self._identify(stack))
            self._check("handsets", f"AT+HS?, {len(self.rig.handsets)} wanted", self._handsets)
            self._check("capture", f"a marked packet on {self.rig.capture.interface}", self._capture)
            self._check("pbx", f"OPTIONS to the PBX of {self.profile}", self._pbx)
            self._check("peer", f"a worker on {self.rig.network.at(self.rig.network.peers)}", self._peer)
        return self.findings

    def _check(self, part: str, tried: str, check: Callable[[], str]) -> None:
        began = time.monotonic()
        finding = Finding(part, tried, "", False)
        try:
            finding.answered = check()
            finding.ok = True
        except NotApplicable as error:
            finding.answered, finding.applicable = error.text, False
            finding.untried = isinstance(error, NotTried)
        except M9Error as error:
            finding.answered, finding.remedy = error.text.removeprefix("rig fault: "), error.remedy
        except OSError as error:
            finding.answered, finding.remedy = str(error), "read the message: the operating system refused an operation"
        finding.seconds = time.monotonic() - began
        self.findings.append(finding)
        self.on_finding(finding)

    # the parts

    def _network_tried(self) -> str:
        return f"{self.rig.network.interface} {self.rig.network.address}, DHCP for {self.rig.base.mac}"

    def _network(self, stack: ExitStack) -> str:
        rig = self.rig
        interface = self._ready.interface or rig.network.interface
        stack.enter_context(network.addressed(rig.network, interface, self._notes))
        self._services = stack.enter_context(factory.services(rig, self.folder, self._notes))
        power = None if rig.power.kind == "none" else factory.power(rig)
        restart = power.cycle if power is not None else None
        self._address = whereabouts.base_address(rig, self._services, rig.timing.boot, restart)
        return f"the base is at {self._address}"

    def _web_tried(self) -> str:
        web = self.rig.base.web
        return f"a page by {web.scheme}, port {web.port or {'http': 80, 'https': 443}[web.scheme]}"

    def _web(self) -> str:
        self._require("network")
        address = self._address
        with factory.web(self.rig, address, self.folder / "doctor") as web:
            try:
                found = web.answers(self.rig.timing.web)
            except WaitExpired as error:
                raise factory.lost(
                    "base web",
                    f"{address}: {error}",
                    "check that the base has booted: its lamp, then its cable, then base.web",
                ) from error
        return f"{found.status} from {address} in {found.seconds * 1000:.0f} ms"

    def _switch_tried(self) -> str:
        power = self.rig.power
        if isinstance(power, PoePower):
            return f"{power.host} group {power.group} port {power.port}"
        return f"{power.host} outlet {power.outlet}" if isinstance(power, PduPower) else "power.kind"

    def _switch(self) -> str:
        plug = factory.power(self.rig)
        self._require_address()
        return str(plug.state())

    def _port(self) -> str:
        return self._ready.dongle or self.rig.dongle.port or "no port"

    def _identify(self, stack: ExitStack) -> str:
        """The dongle is opened once: a serial server may need a moment until it takes the next client."""
        self._dongle = stack.enter_context(factory.dongle(self.rig, self._port()))
        return str(self._dongle.identify())

    def _handsets(self) -> str:
        self._require("dongle")
        assert self._dongle is not None, "the dongle answered"
        there = {status.ipui: status for status in self._dongle.handsets()}
        missing = [entry for entry in self.rig.handsets if entry.ipui not in there]
        if missing:
            names = ", ".join(f"{entry.number} ({entry.ipui})" for entry in missing)
            raise factory.lost("handsets", f"not on the dongle: {names}", "charge them, and check handsets.*.ipui")
        off = [entry for entry in self.rig.handsets if there[entry.ipui].state == "LOST"]
        if off:
            names = ", ".join(str(entry.number) for entry in off)
            raise factory.lost(
                "handsets", f"off or out of range: {names}", "switch them on, or put them in the charger"
            )
        return ", ".join(f"{entry.number} {there[entry.ipui].state}" for entry in self.rig.handsets)

    def _capture(self) -> str:
        if self.rig.capture.mode == "host":
            self._require_address()
        version = known_packets.require_dissection()
        capture = factory.capture(self.rig, self.folder / "doctor" / "capture.pcap")
        with capture as wire:
            began = time.monotonic()
            wire.fence()
            seen = f"seen after {(time.monotonic() - began) * 1000:.0f} ms; tshark {version} reads known packets"
            counted = capture.check_mirror()
            seen += f", {counted} of {counted} marked packets through the mirror" if counted else ""
            return f"{seen}; {self._sight(capture)}" if self._address else seen

    def _sight(self, capture: Capture) -> str:
        """Whether the capture point is where base and PBX can be judged."""
        pbx = factory.pbx(self.rig, self.profile, self.folder / "doctor")
        return capture_point.prove(capture, self._address, pbx, self.rig.timing.answer)

    def _pbx(self) -> str:
        self._require_address()
        server = factory.pbx(self.rig, self.profile, self.folder / "doctor")
        server.start()
        try:
            return f"{server.registrar} answers"
        finally:
            server.stop()

    def _peer(self) -> str:
        self._require_address()
        with factory.peer(self.rig, 0, self.folder / "doctor") as peer:
            return f"{peer.name} is up, it can {', '.join(peer.features) or 'call'}"

    def _require(self, part: str) -> None:
        """A part that cannot be tried without another one is not counted as faulty."""
        if not any(finding.part == part and finding.ok for finding in self.findings):
            raise NotTried(f"not tried: needs the {part}")

    def _require_address(self) -> None:
        """Parts on the rig's network need the harness's addresses there, not the base."""
        if self._services is None:
            raise NotTried("not tried: needs the network")
