"""Makes the driver of each part of a rig; only this module turns keys of the rig file into arguments of drivers.

Drivers are imported inside the functions, so that reading a rig file does not load them.
"""

from __future__ import annotations

import ipaddress
import secrets
import shutil
import string
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from harness.core.errors import NotApplicable, RigFault, UsageError
from harness.rig import certificates
from harness.rig.model import BASES, NoPower, PduPower, PoePower, Rig
from harness.rig.pbx_model import AccountEntry, AsteriskPbx, BaselinePbx, DialectPbx, ExternalPbx, OwnPbx

if TYPE_CHECKING:
    from harness.base.web import WebUi
    from harness.capture.live import Capture
    from harness.handset.dongle import Dongle
    from harness.pbx.dialect import Dialect
    from harness.pbx.protocol import Pbx, PbxAccount
    from harness.pbx.start_command import StartCommand
    from harness.power.protocol import Power
    from harness.services.action_server import ActionServer
    from harness.services.authority import ServerFiles
    from harness.services.dnsmasq import Dnsmasq
    from harness.services.http import ProvisioningServer
    from harness.services.lossy_path import LossyPath
    from harness.services.slapd import Slapd
    from harness.services.sntp import SntpServer
    from harness.softphone.peer import Peer

PROVISIONING = "/provisioning"
OPTION_SERVER = 66
POE_OBJECTS = "power.group, power.port and power.if_index (RFC 3621 indexes ports by group and port)"
LEAST_ROOM = 1 << 20
"""Bytes that must be free before a test: about as much as the evidence of the shortest call."""
BASE_NUMBERS = range(101, 110)
PEER_NUMBERS = range(301, 309)
WITH_LOGINS = ("cisco",)
"""Platforms whose digest user is another than the directory number (REG-3)."""
WITH_OWN_OFFERS = ("cisco", "lync")
"""Platforms that change what a far end offers: a late offer (CAL-2), codecs of their own (RTP-1)."""


@dataclass
class Services:
    """What the rig's network offers the base; `actions` listens once a test has started it."""

    http: ProvisioningServer
    actions: ActionServer
    dnsmasq: Dnsmasq | None = None
    sntp: SntpServer | None = None
    slapd: Slapd | None = None

    @property
    def provisioning_url(self) -> str:
        """The value of option 66: the base appends its file name."""
        return self.http.url(PROVISIONING)

    def check(self) -> None:
        """Raise RigFault for the first dead server."""
        for server in self._servers:
            server.check()

    def revive(self) -> None:
        """Restart every dead server."""
        for server in self._servers:
            server.revive()

    @property
    def directory(self) -> Slapd:
        """The LDAP server; NotApplicable where the rig file does not name it."""
        if self.slapd is None:
            raise NotApplicable("network.services of the rig file does not name ldap")
        return self.slapd

    @property
    def _servers(self) -> list[ProvisioningServer | Dnsmasq | SntpServer | Slapd]:
        return [server for server in (self.dnsmasq, self.http, self.sntp, self.slapd) if server is not None]


def capture(rig: Rig, file: Path, secured: ServerFiles | None = None) -> Capture:
    """The capture of a whole run into this file; a context manager that returns the wire. Their key opens TLS."""
    from harness.capture.live import Capture

    entry = rig.capture
    return Capture(
        entry.interface,
        file.parent,
        name=file.name,
        mode=entry.mode,
        send_on=rig.network.interface,
        mac=rig.base.mac,
        sip_ports=_ports_of_servers(rig),
        secrets=secured.key if secured is not None else None,
        limits=rig.timing.limits,
    )


def _ports_of_servers(rig: Rig) -> set[int]:
    """The ports at which the lab's servers are asked: there, too, SIP over TCP is put together as it comes."""
    from harness.pbx.external import first_hop_of

    lab = [entry for entry in rig.pbx.values() if isinstance(entry, ExternalPbx)]
    asked = [(server, entry.transport) for entry in lab for server in (entry.registrar, entry.outbound) if server]
    return {first_hop_of(*one)[1] for one in asked}


@contextmanager
def services(rig: Rig, folder: Path, state: Path) -> Iterator[Services]:
    """The services that the rig file names, for the rig's MAC only; `state` keeps the leases for the next run."""
    from harness.services.action_server import ActionServer
    from harness.services.http import ProvisioningServer
    from harness.services.slapd import Slapd
    from harness.services.sntp import SntpServer

    wanted = rig.network.services
    with ExitStack() as stack:
        actions = ActionServer(rig.network.host)
        stack.callback(actions.stop)
        offered = Services(stack.enter_context(ProvisioningServer(rig.network.host)), actions)
        if "ntp" in wanted:
            offered.sntp = stack.enter_context(SntpServer(rig.network.host))
        if "ldap" in wanted:
            offered.slapd = stack.enter_context(Slapd(rig.network.host, folder / "slapd"))
        if {"dhcp", "dns"} & set(wanted):
            offered.dnsmasq = stack.enter_context(_dnsmasq(rig, folder, state, offered))
        yield offered


def _dnsmasq(rig: Rig, folder: Path, state: Path, offered: Services) -> Dnsmasq:
    from harness.services.dnsmasq import Dnsmasq
    from harness.services.names import rig_names

    network = rig.network
    prefix6 = str(ipaddress.IPv6Interface(network.address6).network.network_address) if network.address6 else ""
    return Dnsmasq(
        network.interface,
        folder / "dnsmasq",
        network.host,
        (network.at(network.bases), network.at(network.bases + BASES - 1)),
        [rig.base.mac],
        {OPTION_SERVER: offered.provisioning_url},
        ra_prefix=prefix6,
        names=rig_names(
            host4=network.host,
            host6=network.host6 or "",
            pbx4=network.at(network.pbx),
            pbx6=network.at6(network.pbx) or "",
        ),
        physical=not rig.private,
        dhcp="dhcp" in network.services,
        lease_file=state / "leases",
    )


def pbx_driver(rig: Rig, profile: str) -> type[Pbx]:
    """The class that drives the PBX of a profile and lists its capabilities."""
    from harness.pbx.asterisk import Asterisk
    from harness.pbx.external import ExternalPbx as External
    from harness.pbx.kamailio import Kamailio

    entry = rig.pbx[profile]  # type: ignore[index]
    if isinstance(entry, BaselinePbx):
        return Kamailio
    if isinstance(entry, AsteriskPbx):
        return Asterisk
    return _dialect(entry.platform or profile) if isinstance(entry, DialectPbx) else External


def _dialect(platform: str) -> type[Dialect]:
    """The driver of the dialect server as this platform."""
    from harness.pbx.dialect import Dialect, DialectWithOwnOffers

    return DialectWithOwnOffers if platform in WITH_OWN_OFFERS else Dialect


def pbx(rig: Rig, profile: str, folder: Path, secured: ServerFiles | None = None) -> Pbx:
    """The PBX of a profile: embedded, with TLS if it has a certificate, or the lab's own."""
    from harness.pbx.external import ExternalPbx as External

    entry, folder = rig.pbx[profile], folder / f"pbx-{profile}"  # type: ignore[index]
    if isinstance(entry, ExternalPbx):
        return External(
            entry.registrar,
            [_account(account) for account in entry.accounts],
            outbound=entry.outbound or "",
            transport=entry.transport,
            peer_accounts=[_account(account) for account in entry.peer_accounts],
            within=rig.timing.answer,
            command=_start_command(rig, entry, folder),
        )
    return _embedded(rig, entry, profile, folder, secured)


def _embedded(rig: Rig, entry: OwnPbx, profile: str, folder: Path, secured: ServerFiles | None) -> Pbx:
    """The harness's own server, at the place of the rig's network that is kept for it."""
    from harness.pbx.asterisk import Asterisk
    from harness.pbx.kamailio import Kamailio

    address, address6 = rig.network.at(rig.network.pbx), rig.network.at6(rig.network.pbx)
    accounts, peers = _own_accounts(BASE_NUMBERS, "Base"), _own_accounts(PEER_NUMBERS, "Peer")
    if isinstance(entry, DialectPbx):
        platform = entry.platform or profile
        if platform in WITH_LOGINS:
            accounts = [replace(account, auth_user=f"phone-{account.user}") for account in accounts]
        return _dialect(platform)(address, address6, folder, accounts, peer_accounts=peers, platform=platform)
    if isinstance(entry, AsteriskPbx):
        how = entry.model_dump(include={"command", "driver", "media"})
        return Asterisk(address, address6, folder, accounts=accounts, peer_accounts=peers, **how)
    return Kamailio(address, address6, folder, accounts, peer_accounts=peers, tls=certificates.tls(rig, secured))


def _start_command(rig: Rig, entry: ExternalPbx, folder: Path) -> StartCommand | None:
    from harness.pbx.start_command import StartCommand

    if entry.start is None:
        return None
    start, address = entry.start, rig.network.at(rig.network.pbx)
    return StartCommand(start.command, folder, address=address, ready=start.ready, limit=start.limit)


def pbx_identities(rig: Rig, profile: str) -> int:
    """For how many identities of the base the PBX of a profile has accounts."""
    entry = rig.pbx[profile]  # type: ignore[index]
    return len(entry.accounts) if isinstance(entry, ExternalPbx) else len(BASE_NUMBERS)


def _own_accounts(numbers: range, display: str) -> list[PbxAccount]:
    """Accounts of the embedded PBX: their passwords are new for each run, and no name contains the account's number.

    So a test can tell whether a handset shows a caller's name or the number.
    """
    from harness.pbx.protocol import PbxAccount

    return [
        PbxAccount(str(number), secrets.token_hex(8), f"{display} {letter}")
        for number, letter in zip(numbers, string.ascii_uppercase, strict=False)
    ]


def _account(entry: AccountEntry) -> PbxAccount:
    from harness.pbx.protocol import PbxAccount

    display = entry.display or entry.user
    return PbxAccount(entry.user, entry.password.value(), display, entry.authname or "", entry.number or "")


def web(rig: Rig, address: str, folder: Path) -> WebUi:
    """The base's web UI; a context manager that starts the browser when it is first needed."""
    from harness.base import survey
    from harness.base.web import WebUi

    entry = rig.base.web
    return WebUi(
        address,
        entry.username,
        entry.password.value(),
        folder / "web",
        scheme=entry.scheme,
        port=entry.port,
        within=rig.timing.web,
        oldest_tls=rig.base.tls.minimum,
        known=survey.load(Path(rig.base.survey)).known() if rig.base.survey else None,
        sources=[source for source in (rig.network.host, rig.network.host6) if source],
    )


def peer(rig: Rig, index: int, folder: Path, codecs: tuple[str, ...] = (), worker: list[str] | None = None) -> Peer:
    """The peer with this index, from 0, on its own address; a peer for G.726 is a baresip, as pjsua2 lacks it."""
    from harness.rig.model import PEERS
    from harness.softphone.peer import DEFAULT_CODECS, Peer
    from harness.softphone.process import BARESIP_WORKER

    if index >= PEERS:
        raise UsageError(f"a rig has {PEERS} peers", remedy="use fewer in one test")
    worker = worker or rig.peer.worker or (list(BARESIP_WORKER) if "G726-32" in codecs else None)
    address = rig.network.at(rig.network.peers + index)
    name, codecs = f"peer{index + 1}", codecs or DEFAULT_CODECS
    return Peer(name, address, folder / "peers", worker, codecs=codecs, limits=rig.timing.limits)


def lossy_path(rig: Rig, index: int) -> LossyPath:
    """The way of all packets of the peer with this index, from 0: a test may make it a bad one; a context manager."""
    from harness.services.lossy_path import LossyPath

    return LossyPath(rig.network.at(rig.network.peers + index))


def power(rig: Rig) -> Power:
    """The base's plug; raises NotApplicable for a rig without one."""
    from harness.power.pdu import Outlet
    from harness.power.poe import PoePort
    from harness.power.snmp import Named, SnmpAccess

    entry = rig.power
    if isinstance(entry, NoPower):
        raise NotApplicable(f"{rig.name} has no power switch")
    user = entry.v3
    access = SnmpAccess(
        entry.host,
        entry.udp_port,
        community=entry.community.value() if entry.community and entry.version == "2c" else "",
        user=user.user if user else "",
        auth_key=user.auth.value() if user and user.auth else "",
        auth_protocol=user.auth_protocol if user else "SHA",
        privacy_key=user.privacy.value() if user and user.privacy else "",
        privacy_protocol=user.privacy_protocol if user else "AES",
        timeout=rig.timing.power,
        named=Named(_credentials(entry), "power.outlet" if entry.kind == "pdu" else POE_OBJECTS),
    )
    if isinstance(entry, PoePower):
        return PoePort(access, entry.group, entry.port, entry.if_index, within=rig.timing.power)
    return Outlet(access, entry.outlet, entry.on, entry.off, within=rig.timing.power)


def _credentials(entry: PoePower | PduPower) -> str:
    """The key of the rig file that says how the agent is spoken to, with the places of its secrets."""
    if entry.version == "2c":
        return f"power.community ({entry.community.source})" if entry.community else "power.community"
    keys = [key.source for key in (entry.v3.auth, entry.v3.privacy) if key] if entry.v3 else []
    return f"power.v3 (user, protocols{''.join(f', {key}' for key in keys)})"


def dongle(rig: Rig, port: str) -> Dongle:
    """The serial DECT test dongle on a port; a context manager."""
    from harness.handset.backends import backend

    return backend(rig.dongle.backend)(port, baudrate=rig.dongle.baudrate, timeout=rig.timing.dongle)


def require_room(folder: Path) -> None:
    """Raise RigFault if the disk has no room for a test's evidence."""
    free = shutil.disk_usage(folder).free
    if free < LEAST_ROOM:
        text = f"less than {LEAST_ROOM // 1024} KiB are free in {folder}: no evidence can be written"
        raise lost("disk", text, f"make room in {folder}")


def lost(part: str, text: str, remedy: str) -> RigFault:
    """The rig fault of a missing part."""
    return RigFault(part, text, remedy=remedy)
