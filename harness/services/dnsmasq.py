"""The rig's DHCP, DNS, TFTP and router advertisement: a real dnsmasq that serves only the rig's MACs."""

from __future__ import annotations

import dataclasses
import shutil
import signal
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from harness.core import clock, steps
from harness.core.child_process import is_stopped
from harness.core.clock import EventList, WaitExpired
from harness.core.errors import HarnessFault, RigFault
from harness.core.files import LogFile
from harness.services.dhcp_probe import other_servers
from harness.services.dnsmasq_config import Serving, configuration, hosts_file
from harness.services.dnsmasq_log import DhcpEvent, DnsEvent, LogReader, NetworkEvent
from harness.services.names import Names, ServiceName


@dataclass(frozen=True)
class Lease:
    """A line of the lease file: MAC, address and end of the lease (epoch seconds)."""

    until: float
    mac: str
    address: str
    host_name: str


class Dnsmasq:
    """One dnsmasq on one interface, as a context manager; its log is `events`.

    With `physical` it first listens for other DHCP servers for a second and refuses to serve beside one. `hosts` are
    added to `names`. `lease_file` outlives the run, as a client keeps its address for longer than one. Raises RigFault
    with its last output if dnsmasq does not start.
    """

    def __init__(
        self,
        interface: str,
        directory: Path,
        address: str,
        range_: tuple[str, str],
        macs: Sequence[str],
        options: Mapping[int, str] | None = None,
        hosts: Mapping[str, Sequence[str]] | None = None,
        ra_prefix: str = "",
        tftp_root: Path | None = None,
        *,
        names: Names | None = None,
        physical: bool = False,
        lease: int = 3600,
        dhcp: bool = True,
        lease_file: Path | None = None,
        starting: float = 5.0,
    ) -> None:
        known = names or Names()
        merged = dict(known.hosts) | {name: list(addresses) for name, addresses in (hosts or {}).items()}
        self.serving = Serving(
            interface=interface,
            address=address,
            first=range_[0],
            last=range_[1],
            macs=tuple(macs),
            lease=lease,
            options=dict(options or {}),
            names=dataclasses.replace(known, hosts=merged),
            ra_prefix=ra_prefix,
            tftp_root=tftp_root,
            dhcp=dhcp,
            lease_file=lease_file or directory / "leases",
        )
        self.directory = directory
        self.physical = physical
        self.events: EventList[NetworkEvent] = EventList()
        self._starting = starting
        self._lines: EventList[str] = EventList()
        self._process: subprocess.Popen[str] | None = None
        self._reader: threading.Thread | None = None
        self._running_configuration = ""

    def __enter__(self) -> Dnsmasq:
        self.directory.mkdir(parents=True, exist_ok=True)
        if self.physical and self.serving.dhcp:
            refuse_beside_others(self.serving.interface)
        self._start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()
        self.events.close("dnsmasq stopped")

    @property
    def pid(self) -> int:
        """The process id; raises HarnessFault if it is not running."""
        if self._process is None:
            raise HarnessFault("dnsmasq was asked for its process id before it was started")
        return self._process.pid

    def check(self) -> None:
        """Raise RigFault if it has ended or was stopped."""
        if self._process is None or self._process.poll() is not None:
            how = "does not run" if self._process is None else f"has ended ({self._process.returncode})"
        elif is_stopped(self._process.pid):
            how = "was stopped by a signal"
        else:
            return
        raise RigFault(
            "dnsmasq",
            f"the rig's DHCP and DNS server {how}",
            remedy=f"read {self.directory / 'dnsmasq.log'}; it is restarted for the next test",
        )

    def revive(self) -> None:
        """Restart it if it has ended; its leases and names are kept."""
        try:
            self.check()
        except RigFault as fault:
            steps.publish("dnsmasq", f"it is restarted: {fault.text}")
            self._stop()
            self._start()

    def change(
        self,
        *,
        options: Mapping[int, str] | None = None,
        hosts: Mapping[str, Sequence[str]] | None = None,
        lease: int | None = None,
        ttl: int | None = None,
        services: Sequence[ServiceName] | None = None,
    ) -> None:
        """Replace DHCP options, lease time, time to live or SRV records, or add hosts (no addresses: removed)."""
        names = self.serving.names
        if services is not None:
            names = dataclasses.replace(names, services=tuple(services))
        if hosts is not None:
            merged = names.hosts | {name: list(addresses) for name, addresses in hosts.items()}
            names = dataclasses.replace(names, hosts={name: kept for name, kept in merged.items() if kept})
        self.serving = dataclasses.replace(
            self.serving,
            names=names,
            options=dict(self.serving.options if options is None else options),
            lease=self.serving.lease if lease is None else lease,
            ttl=self.serving.ttl if ttl is None else ttl,
        )
        self.reload()

    def reload(self) -> None:
        """Apply `serving` to the running server: a changed hosts file by SIGHUP, any other change by a restart."""
        same = configuration(self.serving, self.directory) == self._running_configuration
        if same and self._process is not None and self._process.poll() is None:
            mark = len(self._lines)
            self._write_hosts()
            self._process.send_signal(signal.SIGHUP)
            self._await_line("read ", "re-reading of the hosts file", since=mark)
            return
        self._stop()
        self._start()

    def leases(self) -> list[Lease]:
        """The IPv4 leases in the lease file."""
        path = self.serving.lease_file
        if not path.exists():
            return []
        words = [line.split() for line in path.read_text().splitlines()]
        return [Lease(float(w[0]), w[1].upper(), w[2], w[3]) for w in words if len(w) >= 5 and ":" not in w[2]]

    def expect_dhcp(self, kind: str, mac: str, within: float, since: float = 0.0) -> DhcpEvent:
        """Wait for a DHCP message such as ACK of this MAC at or after `since` (epoch seconds); raises WaitExpired."""
        found = self._expect(
            lambda event: isinstance(event, DhcpEvent) and event.kind == kind and event.mac == mac.upper(),
            f"DHCP{kind} for {mac}",
            within,
            since,
        )
        assert isinstance(found, DhcpEvent)
        return found

    def expect_dns(self, name: str, within: float, since: float = 0.0, type_: str = "") -> DnsEvent:
        """Wait for a DNS query of `name` (and of a type such as AAAA) at or after `since`; raises WaitExpired."""
        found = self._expect(
            lambda event: (
                isinstance(event, DnsEvent)
                and not event.answer
                and event.name.lower() == name.lower()
                and type_ in ("", event.type)
            ),
            f"DNS query {type_ or 'of any type'} for {name}",
            within,
            since,
        )
        assert isinstance(found, DnsEvent)
        return found

    def _expect(self, matches: Callable[[NetworkEvent], bool], what: str, within: float, since: float) -> NetworkEvent:
        def recent(seen: list[NetworkEvent]) -> str:
            return " | ".join(str(event) for event in seen if event.at >= since) or "nothing"

        return self.events.wait_for(
            lambda event: event.at >= since and matches(event),
            what=what,
            within=within,
            describe=lambda seen: recent(seen[-8:]),
        )

    def _start(self) -> None:
        program = shutil.which("dnsmasq", path="/usr/sbin:/usr/local/sbin:/usr/bin:/sbin:/bin")
        if program is None:
            raise RigFault("dnsmasq", "not installed", remedy="apt-get install dnsmasq-base")
        self._running_configuration = configuration(self.serving, self.directory)
        path = self.directory / "dnsmasq.conf"
        path.write_text(self._running_configuration)
        self._write_hosts()
        command = [*_dying_with_parent(), program, f"--conf-file={path}"]
        self._lines = EventList()
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            process_group=0,  # a Ctrl-C at the terminal must not end it before the teardown
        )
        self._reader = threading.Thread(
            target=self._read, args=(self._process, self._lines), name="dnsmasq-log", daemon=True
        )
        self._reader.start()
        self._await_line("started, version", "start of dnsmasq")
        steps.publish("dnsmasq", f"serves {self.serving.interface}, pid {self._process.pid}")

    def _await_line(self, words: str, what: str, since: int = 0) -> None:
        try:
            self._lines.wait_for(lambda line: words in line, what=what, within=self._starting, since=since)
        except WaitExpired as expired:
            self._stop()
            raise RigFault(
                "dnsmasq",
                str(expired),
                remedy=f"read {self.directory / 'dnsmasq.conf'}; stop any other DHCP or DNS server on this address",
            ) from expired

    def _write_hosts(self) -> None:
        (self.directory / "hosts").write_text(hosts_file(self.serving.names.hosts))

    def _read(self, process: subprocess.Popen[str], lines: EventList[str]) -> None:
        assert process.stderr is not None
        log = LogReader()
        with LogFile(self.directory / "dnsmasq.log") as kept:
            for line in process.stderr:
                at = clock.now()
                kept.write(f"{at:.6f} {line}".encode())
                lines.append(line.strip())
                event = log.read(line, at)
                if event is not None:
                    self.events.append(event)
                    steps.publish("dnsmasq", str(event), event=event)
        lines.close("dnsmasq ended")

    def _stop(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            process.wait(timeout=3)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(timeout=3)
        if self._reader is not None:
            self._reader.join(timeout=3)
        if process.stderr is not None:
            process.stderr.close()


def refuse_beside_others(interface: str, within: float = 1.0) -> None:
    """Raise RigFault if a DHCP server already answers on a physical interface (law 11)."""
    others = other_servers(interface, within)
    if others:
        names = ", ".join(offer.server for offer in others)
        raise RigFault(
            "network",
            f"another DHCP server answers on {interface}: {names}",
            remedy="give the rig a segment of its own, or take `dhcp` out of network.services and serve options 66/67 "
            "from that server",
        )


def _dying_with_parent() -> list[str]:
    """A command prefix that ends dnsmasq with the thread that starts it, so that none is left after a kill -9."""
    program = shutil.which("setpriv")
    return [program, "--pdeathsig", "TERM"] if program else []
