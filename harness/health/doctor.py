"""The rig check: eight parts, each by itself, so that a loose cable is found before the night."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from harness.capture import known_packets
from harness.core.clock import WaitExpired
from harness.core.errors import M9Error, NotApplicable
from harness.rig import bringup, factory, lease, network
from harness.rig.bringup import Ready
from harness.rig.factory import Services
from harness.rig.model import PoePower, Rig

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
    seconds: float = 0.0

    def line(self) -> str:
        """The line as `m9 doctor` prints it."""
        mark = "✓" if self.ok else ("-" if not self.applicable else "✗")
        remedy = f"   {self.remedy}" if self.remedy and not self.ok else ""
        return f"{mark} {self.part:<9} {self.tried:<44} {self.answered}{remedy}"


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
    _notes: Path | None = None

    def run(self) -> list[Finding]:
        """Check all parts; raises RigFault only when the rig is taken or cannot be brought up at all."""
        with ExitStack() as stack:
            self._notes = stack.enter_context(lease.held(self.rig, self.folder, wait=self.wait)).directory
            if self.rig.bringup is not None:
                self._ready = stack.enter_context(bringup.started(self.rig.bringup, self.rig_file, self.folder))
            self._check("network", self._network_tried(), lambda: self._network(stack))
            self._check("base web", self._web_tried(), self._web)
            self._check("switch", self._switch_tried(), self._switch)
            self._check("dongle", f"ATI on {self._port()}", self._dongle)
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
        self._services = stack.enter_context(factory.services(rig, self.folder))
        return f"the base is at {self._base_address()}"

    def _base_address(self) -> str:
        assert self._services is not None, "the network was there"
        return factory.base_address(self.rig, self._services, self.rig.timing.boot)

    def _web_tried(self) -> str:
        web = self.rig.base.web
        return f"a page by {web.scheme}, port {web.port or {'http': 80, 'https': 443}[web.scheme]}"

    def _web(self) -> str:
        self._require("network")
        address = self._base_address()
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
        return f"{power.host} group {power.group} port {power.port}" if isinstance(power, PoePower) else "power.kind"

    def _switch(self) -> str:
        plug = factory.power(self.rig)
        self._require_address()
        return str(plug.state())

    def _port(self) -> str:
        return self._ready.dongle or self.rig.dongle.port or "no port"

    def _dongle(self) -> str:
        with factory.dongle(self.rig, self._port()) as dongle:
            return str(dongle.identify())

    def _handsets(self) -> str:
        self._require("dongle")
        with factory.dongle(self.rig, self._port()) as dongle:
            there = {status.ipui: status for status in dongle.handsets()}
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
            return f"seen after {(time.monotonic() - began) * 1000:.0f} ms; tshark {version} reads known packets"

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
            raise NotApplicable(f"not tried: needs the {part}")

    def _require_address(self) -> None:
        """Parts on the rig's network need the harness's addresses there, not the base."""
        if self._services is None:
            raise NotApplicable("not tried: needs the network")
