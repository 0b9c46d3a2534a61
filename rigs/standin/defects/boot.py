"""Faults of boot, DHCP and auto configuration that show at the second time."""

from __future__ import annotations

from urllib.parse import urlsplit

from rigs.standin.base.dhcp import HostNameStrategy, OptionStrategy, RenewalStrategy
from rigs.standin.base.settings import PermissionStrategy, Settings
from rigs.standin.provisioning.applying import EntryStrategy, MalformedStrategy
from rigs.standin.provisioning.documents import FileReference
from rigs.standin.provisioning.fetch import FileListStrategy, RefreshStrategy


class LongHostNameIsCut(HostNameStrategy):
    """Bases with long names are the same to the DHCP server: only fifteen characters of the name are told."""

    feature = "dhcp-host-name"

    def host_name(self, base_name: str) -> str:
        return base_name[:15]


class LeaseIsRenewedOnce(RenewalStrategy):
    """The first renewal of a lease comes in time; every later one not before the rebinding time, by broadcast."""

    feature = "dhcp-renewal"

    def __init__(self) -> None:
        self._due = 0

    def renews(self) -> bool:
        self._due += 1
        return self._due == 1


class BootFileLosesItsServer(OptionStrategy):
    """An option 67 that is a whole URL is looked for at the server of option 66, by its path only."""

    feature = "boot-file"

    def file(self, option67: str) -> str:
        parts = urlsplit(option67)
        if not parts.netloc:
            return option67
        return parts.path + (f"?{parts.query}" if parts.query else "")


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


class RefreshTimerOfTheBootStays(RefreshStrategy):
    """Another refresh timer, set by page or file, has no effect before the next boot."""

    feature = "settings-refresh"

    def __init__(self) -> None:
        self._timer: int | None = None

    def seconds(self, timer: int) -> int:
        if self._timer is None:
            self._timer = timer
        return super().seconds(self._timer)


class LockCannotBeTakenBack(PermissionStrategy):
    """A setting that was perm R once stays locked on the pages, though a later file says RW."""

    feature = "perm-flags"

    def given(self, before: str, perm: str) -> str:
        return "R" if before == "R" else super().given(before, perm)


class LogLevelsEndAtNine(EntryStrategy):
    """Log levels of Network, TLS and ICE that a file sets change the level of DECT events instead."""

    feature = "log-levels-provisioned"

    def index(self, name: str, idx: int) -> int:
        return min(idx, 9) if name == "log" else super().index(name, idx)


class BrokenFileEndsTheRefresh(MalformedStrategy):
    """After one broken file the base never fetches again by its timer, though the file was mended."""

    feature = "bad-document"

    def clear(self, settings: Settings) -> None:
        settings.set("settings_refresh_timer", "0", who="provisioning")
