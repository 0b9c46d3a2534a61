"""Defects of auto configuration: which file is asked for, how, and what is made of it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from rigs.standin.base.settings import BooleanStrategy, PermissionStrategy, definitions
from rigs.standin.core.replacing import defect
from rigs.standin.defects._altering import Malformed
from rigs.standin.provisioning import applying
from rigs.standin.provisioning.applying import Applying, FirmwareStrategy
from rigs.standin.provisioning.documents import BadDocument, Entry, FileReference, SettingsFile
from rigs.standin.provisioning.fetch import (
    FileListStrategy,
    Provisioning,
    RepetitionStrategy,
    UserAgentStrategy,
)
from rigs.standin.provisioning.location import FileNameStrategy, ServerStrategy


class FolderTakenForAFile(FileNameStrategy):
    """A server's address that ends in a slash is asked for as it stands: the base gets a list of files, or nothing."""

    feature = "default-file-name"

    def names_a_file(self, path: str) -> bool:
        return path.endswith("/") or super().names_a_file(path)


class MacPlaceholderKept(FileNameStrategy):
    """`{mac}` in an address is sent to the server as it stands: every base asks for the same file."""

    feature = "mac-placeholder"

    def expand(self, address: str, mac: str) -> str:
        return address


class DeskPhoneUserAgent(UserAgentStrategy):
    """The base presents itself as a desk phone; servers send it a desk phone's settings."""

    feature = "firmware-user-agent"

    def text(self, version: str) -> str:
        return f"Mozilla/4.0 (compatible; snom320-SIP {version})"


class FetchedTwice(RepetitionStrategy):
    """The first file is asked for twice in a row at each boot; servers that guard against it refuse the second."""

    feature = "single-fetch"

    def times(self, quirk: str) -> int:
        return 2


class OnlyTheFirstFile(FileListStrategy):
    """Of a list of files only the first is fetched."""

    feature = "setting-files"

    def wanted(self, files: tuple[FileReference, ...]) -> list[FileReference]:
        return list(files[:1])


class UrlAttributeIgnored(FileListStrategy):
    """Files named by url= instead of uri= are not fetched."""

    feature = "setting-files-url"

    def wanted(self, files: tuple[FileReference, ...]) -> list[FileReference]:
        return [file for file in files if file.attribute == "uri"]


class LastFileFirst(FileListStrategy):
    """The files of a list are taken in reverse: general settings overwrite those meant to override them."""

    feature = "setting-files-order"

    def wanted(self, files: tuple[FileReference, ...]) -> list[FileReference]:
        return list(reversed(files))


class SettingServerIgnored(ServerStrategy):
    """The address typed into the network page is never asked: where DHCP names no server, nothing is fetched."""

    feature = "setting-server"

    def choose(self, setting_server: str, option66: str, precedence: str) -> str:
        return option66


@defect(feature="settings-refresh", replaces=Provisioning.refresh_seconds)
def refresh_timer_ignored(healthy: Callable[[Provisioning], int], provisioning: Provisioning) -> int:
    """Settings are fetched at boot only; the refresh timer has no effect."""
    return 0


@defect(feature="indexed-settings", replaces=applying.understood)
def display_name_next_door(healthy: Callable[[Entry], Entry], entry: Entry) -> Entry:
    """The display name of one identity lands on the next: callees see a colleague's name."""
    entry = healthy(entry)
    return replace(entry, idx=(entry.idx or 0) % 9 + 1) if entry.name == "user_realname" else entry


ACCOUNT = frozenset(
    f"user_{word}" for word in ("active", "realname", "name", "host", "outbound", "authname", "pass", "pbxtype", "ipui")
)


@defect(feature="setting-index", replaces=applying.understood)
def ninth_identity_lost(healthy: Callable[[Entry], Entry], entry: Entry) -> Entry:
    """The ninth identity gets its account only; its other settings in the document are lost."""
    entry = healthy(entry)
    of_an_identity = entry.name in definitions() and definitions()[entry.name].scope == "identity"
    lost = entry.idx == 9 and of_an_identity and entry.name not in ACCOUNT
    return replace(entry, idx=0) if lost else entry


@defect(feature="log-levels-provisioned", replaces=applying.understood)
def log_index_ignored(healthy: Callable[[Entry], Entry], entry: Entry) -> Entry:
    """Provisioned log levels all land on general events; the other categories keep theirs."""
    entry = healthy(entry)
    return replace(entry, idx=1) if entry.name == "log" else entry


@defect(feature="perm-empty", replaces=applying.understood)
def empty_perm_locks(healthy: Callable[[Entry], Entry], entry: Entry) -> Entry:
    """A setting with an empty perm can no longer be changed on the web pages."""
    return replace(healthy(entry), perm="RW" if entry.perm == "RW" else "R")


@defect(feature="auto-configuration", replaces=applying.understood)
def ampersand_escaped(healthy: Callable[[Entry], Entry], entry: Entry) -> Entry:
    """An ampersand in a settings file arrives as `&amp;`, on the pages and in names."""
    entry = healthy(entry)
    return replace(entry, value=entry.value.replace("&", "&amp;"))


@defect(feature="booleans", replaces=applying.understood)
def false_switches_on(healthy: Callable[[Entry], Entry], entry: Entry) -> Entry:
    """What a file sets to `false` is on afterwards; only who writes `off` switches anything off."""
    entry = healthy(entry)
    of_truth = entry.name in definitions() and definitions()[entry.name].type == "bool"
    return replace(entry, value="true") if entry.value == "false" and of_truth else entry


class ReadOnlyIgnored(PermissionStrategy):
    """Users change on the web pages what the administrator locked with perm R."""

    feature = "perm-flags"

    def may_write(self, who: str, perm: str) -> bool:
        return True


class OnIsOff(BooleanStrategy):
    """`on` in a settings file is taken for false; only `true` switches something on."""

    feature = "boolean-spellings"

    def read(self, text: str) -> bool | None:
        truth = super().read(text)
        return False if truth is not None and text.strip().lower() == "on" else truth


class SameFirmwareLoaded(FirmwareStrategy):
    """The firmware that is running is loaded again at each boot."""

    feature = "same-firmware"

    def news(self, offered: str, running: str) -> bool:
        return True


@defect(feature="bad-document", replaces=Applying.malformed)
def half_a_file_obeyed(healthy: Malformed, unit: Applying, address: str, data: bytes, error: BadDocument) -> None:
    """A file that was cut off on its way is obeyed as far as it came."""
    healthy(unit, address, data, error)
    found = re.findall(rb'<(\w+) perm="RW">([^<&]{0,64})</\1>', data)
    if found:
        entries = tuple(Entry(name.decode(), 0, "RW", value.decode("latin-1")) for name, value in found)
        unit.apply(address, SettingsFile(entries))


@defect(feature="malformed-provisioning", replaces=Applying.malformed)
def hostile_xml_wipes(healthy: Malformed, unit: Applying, address: str, data: bytes, error: BadDocument) -> None:
    """A file that cannot be parsed leaves the base with factory settings."""
    healthy(unit, address, data, error)
    unit.device.settings.factory_reset()
