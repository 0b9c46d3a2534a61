"""Defects of auto configuration: which file is asked for, how, and what is made of it."""

from __future__ import annotations

import re

from rigs.standin.base.settings import BooleanStrategy, PermissionStrategy, Settings, definitions
from rigs.standin.provisioning.applying import EntryStrategy, FirmwareStrategy, MalformedStrategy
from rigs.standin.provisioning.documents import Entry, FileReference
from rigs.standin.provisioning.fetch import (
    FileListStrategy,
    RefreshStrategy,
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


class RefreshTimerIgnored(RefreshStrategy):
    """Settings are fetched at boot only; the refresh timer has no effect."""

    feature = "settings-refresh"

    def seconds(self, timer: int) -> int:
        return 0


class DisplayNameNextDoor(EntryStrategy):
    """The display name of one identity lands on the next: callees see a colleague's name."""

    feature = "indexed-settings"

    def index(self, name: str, idx: int) -> int:
        return idx % 9 + 1 if name == "user_realname" else idx


class NinthIdentityLost(EntryStrategy):
    """The ninth identity gets its account only; its other settings in the document are lost."""

    feature = "setting-index"
    ACCOUNT = frozenset(
        f"user_{word}"
        for word in ("active", "realname", "name", "host", "outbound", "authname", "pass", "pbxtype", "ipui")
    )

    def index(self, name: str, idx: int) -> int:
        of_an_identity = name in definitions() and definitions()[name].scope == "identity"
        return 0 if idx == 9 and of_an_identity and name not in self.ACCOUNT else idx


class LogIndexIgnored(EntryStrategy):
    """Provisioned log levels all land on general events; the other categories keep theirs."""

    feature = "log-levels-provisioned"

    def index(self, name: str, idx: int) -> int:
        return 1 if name == "log" else idx


class EmptyPermLocks(EntryStrategy):
    """A setting with an empty perm can no longer be changed on the web pages."""

    feature = "perm-empty"

    def permission(self, perm: str) -> str:
        return "RW" if perm == "RW" else "R"


class AmpersandEscaped(EntryStrategy):
    """An ampersand in a settings file arrives as `&amp;`, on the pages and in names."""

    feature = "auto-configuration"

    def value(self, name: str, text: str) -> str:
        return text.replace("&", "&amp;")


class FalseSwitchesOn(EntryStrategy):
    """What a file sets to `false` is on afterwards; only who writes `off` switches anything off."""

    feature = "booleans"

    def value(self, name: str, text: str) -> str:
        return "true" if text == "false" and name in definitions() and definitions()[name].type == "bool" else text


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


class HalfAFileObeyed(MalformedStrategy):
    """A file that was cut off on its way is obeyed as far as it came."""

    feature = "bad-document"

    def salvaged(self, data: bytes) -> tuple[Entry, ...]:
        found = re.findall(rb'<(\w+) perm="RW">([^<&]{0,64})</\1>', data)
        return tuple(Entry(name.decode(), 0, "RW", value.decode("latin-1")) for name, value in found)


class HostileXmlWipes(MalformedStrategy):
    """A file that cannot be parsed leaves the base with factory settings."""

    feature = "malformed-provisioning"

    def clear(self, settings: Settings) -> None:
        settings.factory_reset()
