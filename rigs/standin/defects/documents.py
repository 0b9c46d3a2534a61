"""Faults of reading documents and keeping what they say: words, lists, timers, permissions, HTTP."""

from __future__ import annotations

import re

from rigs.standin.base.settings import PermissionStrategy
from rigs.standin.provisioning.applying import EntryStrategy, FirmwareStrategy
from rigs.standin.provisioning.documents import FileReference
from rigs.standin.provisioning.fetch import FileListStrategy, RefreshStrategy
from rigs.standin.provisioning.http import HttpStrategy
from rigs.standin.provisioning.location import FileNameStrategy


class UmlautsMangled(EntryStrategy):
    """Names with letters outside ASCII arrive as pairs of foreign signs."""

    feature = "document-writing"

    def value(self, name: str, text: str) -> str:
        return text.encode().decode("latin-1")


class BlankForEmpty(EntryStrategy):
    """A name that is to be taken away becomes a blank: the far end sees an empty line instead of the number."""

    feature = "empty-element"
    NAMES = ("asset_id", "user_realname")

    def value(self, name: str, text: str) -> str:
        return text or (" " if name in self.NAMES else "")


class FirstPlaceholderOnly(FileNameStrategy):
    """An address that names the unit twice is asked for with a placeholder left in it."""

    feature = "mac-placeholder"

    def expand(self, address: str, mac: str) -> str:
        return re.sub(r"\{mac\}", mac, address, count=1, flags=re.IGNORECASE)


class TwoFilesAtMost(FileListStrategy):
    """The third file of a list, the phone book say, is never fetched."""

    feature = "setting-files"

    def wanted(self, files: tuple[FileReference, ...]) -> list[FileReference]:
        return list(files)[:2]


class ListedFilesTwice(FileListStrategy):
    """Each file of a list is fetched twice: servers that guard against loops refuse the second."""

    feature = "single-fetch"

    def wanted(self, files: tuple[FileReference, ...]) -> list[FileReference]:
        return [one for file in files for one in (file, file)]


class RefreshAtHalfPace(RefreshStrategy):
    """Changes made at the server reach the base in twice the time that was set."""

    feature = "settings-refresh"

    def seconds(self, timer: int) -> int:
        return 2 * timer


class NewFirmwareIgnored(FirmwareStrategy):
    """A newer firmware is on offer for months, and no base takes it."""

    feature = "firmware-upgrade"

    def news(self, offered: str, running: str) -> bool:
        return False


class ReadOnlyForAll(PermissionStrategy):
    """What was provisioned read-only once cannot be changed by provisioning either."""

    feature = "perm-flags"

    def may_write(self, who: str, perm: str) -> bool:
        return perm != "R"


class HostUnsaid(HttpStrategy):
    """A web server with several sites gives the base the pages of another, or an error."""

    feature = "auto-configuration"

    def host(self, name: str) -> list[str]:
        return []


class ChunksTakenForText(HttpStrategy):
    """Documents made by a script arrive with foreign figures between their lines, and are thrown away."""

    feature = "chunked-document"

    def chunked(self, coding: str) -> bool:
        return False


class ShortBodyTaken(HttpStrategy):
    """A connection that breaks leaves the base with the part of its settings that came."""

    feature = "bad-document"

    def least(self, length: int) -> int:
        return 0
