"""Faults of boot, DHCP and auto configuration that show at the second time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary, WeakSet

from pyroute2.dhcp.enums.dhcp import MessageType
from pyroute2.dhcp.leases import Lease
from pyroute2.dhcp.messages import ReceivedDHCPMessage

from rigs.standin.base.dhcp import Network
from rigs.standin.base.dhcpclient import DhcpClient
from rigs.standin.base.settings import Settings
from rigs.standin.core.replacing import Async, defect
from rigs.standin.defects._altering import Malformed
from rigs.standin.provisioning import applying
from rigs.standin.provisioning.applying import Applying
from rigs.standin.provisioning.documents import BadDocument, Entry, FileReference
from rigs.standin.provisioning.fetch import FileListStrategy, Provisioning

NEVER_S = 365 * 86400


@defect(feature="dhcp-host-name", replaces=Network.host_name)
def long_host_name_is_cut(healthy: Callable[[Network], str], network: Network) -> str:
    """Bases with long names are the same to the DHCP server: only fifteen characters of the name are told."""
    return healthy(network)[:15]


_bound: WeakSet[DhcpClient] = WeakSet()


@defect(feature="dhcp-renewal", replaces=DhcpClient._process_msg)
async def lease_is_renewed_once(
    healthy: Callable[[DhcpClient, ReceivedDHCPMessage], Async[None]], client: DhcpClient, msg: ReceivedDHCPMessage
) -> None:
    """The first renewal of a lease comes in time; every later one not before the rebinding time, by broadcast."""
    if msg.message_type == MessageType.ACK:
        if client in _bound:
            msg.dhcp["options"]["renewal_time"] = NEVER_S
        _bound.add(client)
    await healthy(client, msg)


@defect(feature="boot-file", replaces=Network.take_options)
def boot_file_loses_its_server(healthy: Callable[[Network, Lease], None], network: Network, lease: Lease) -> None:
    """An option 67 that is a whole URL is looked for at the server of option 66, by its path only."""
    healthy(network, lease)
    parts = urlsplit(network.state.option67)
    if parts.netloc:
        network.state.option67 = parts.path + (f"?{parts.query}" if parts.query else "")


class UnchangedListIsNotFollowed(FileListStrategy):
    """A refresh sees no change in the files of a list as long as the list itself is the same."""

    feature = "settings-refresh"

    def __init__(self) -> None:
        self._followed: set[tuple[FileReference, ...]] = set()

    def wanted(self, files: tuple[FileReference, ...]) -> list[FileReference]:
        if files in self._followed:
            return []
        self._followed.add(files)
        return super().wanted(files)


_timers: WeakKeyDictionary[Provisioning, int] = WeakKeyDictionary()


@defect(feature="settings-refresh", replaces=Provisioning.refresh_seconds)
def refresh_timer_of_the_boot_stays(healthy: Callable[[Provisioning], int], provisioning: Provisioning) -> int:
    """Another refresh timer, set by page or file, has no effect before the next boot."""
    return _timers.setdefault(provisioning, healthy(provisioning))


@defect(feature="perm-flags", replaces=Settings.set)
def lock_cannot_be_taken_back(
    healthy: Callable[..., None],
    settings: Settings,
    name: str,
    value: str,
    idx: int = 0,
    *,
    who: str,
    perm: str | None = None,
) -> None:
    """A setting that was perm R once stays locked on the pages, though a later file says RW."""
    locked = perm is not None and settings.permission(name, idx) == "R"
    healthy(settings, name, value, idx, who=who, perm="R" if locked else perm)


@defect(feature="log-levels-provisioned", replaces=applying.understood)
def log_levels_end_at_nine(healthy: Callable[[Entry], Entry], entry: Entry) -> Entry:
    """Log levels of Network, TLS and ICE that a file sets change the level of DECT events instead."""
    entry = healthy(entry)
    return replace(entry, idx=min(entry.idx, 9)) if entry.name == "log" and entry.idx is not None else entry


@defect(feature="bad-document", replaces=Applying.malformed)
def broken_file_ends_the_refresh(
    healthy: Malformed, unit: Applying, address: str, data: bytes, error: BadDocument
) -> None:
    """After one broken file the base never fetches again by its timer, though the file was mended."""
    healthy(unit, address, data, error)
    unit.device.settings.set("settings_refresh_timer", "0", who="provisioning")
