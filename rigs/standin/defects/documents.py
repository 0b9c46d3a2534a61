"""Faults of reading documents and keeping what they say: words, lists, timers, permissions, HTTP."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from dataclasses import replace

from rigs.standin.base.settings import PermissionStrategy
from rigs.standin.core.replacing import Async, defect
from rigs.standin.provisioning import applying, http
from rigs.standin.provisioning.applying import FirmwareStrategy
from rigs.standin.provisioning.documents import Entry, FileReference
from rigs.standin.provisioning.fetch import FileListStrategy, Provisioning
from rigs.standin.provisioning.http import HttpStrategy
from rigs.standin.provisioning.location import FileNameStrategy


@defect(feature="document-writing", replaces=applying.understood)
def umlauts_mangled(healthy: Callable[[Entry], Entry], entry: Entry) -> Entry:
    """Names with letters outside ASCII arrive as pairs of foreign signs."""
    entry = healthy(entry)
    return replace(entry, value=entry.value.encode().decode("latin-1"))


NAMES = ("asset_id", "user_realname")


@defect(feature="empty-element", replaces=applying.understood)
def blank_for_empty(healthy: Callable[[Entry], Entry], entry: Entry) -> Entry:
    """A name that is to be taken away becomes a blank: the far end sees an empty line instead of the number."""
    entry = healthy(entry)
    return replace(entry, value=" ") if not entry.value and entry.name in NAMES else entry


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


@defect(feature="settings-refresh", replaces=Provisioning.refresh_seconds)
def refresh_at_half_pace(healthy: Callable[[Provisioning], int], provisioning: Provisioning) -> int:
    """Changes made at the server reach the base in twice the time that was set."""
    return 2 * healthy(provisioning)


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


@defect(feature="bad-document", replaces=http.read_body)
async def short_body_taken(
    healthy: Callable[[asyncio.StreamReader, dict[str, str], int, HttpStrategy], Async[bytes]],
    reader: asyncio.StreamReader,
    headers: dict[str, str],
    limit: int,
    speaks: HttpStrategy,
) -> bytes:
    """A connection that breaks leaves the base with the part of its settings that came."""
    try:
        return await healthy(reader, headers, limit, speaks)
    except asyncio.IncompleteReadError as cut:
        if "content-length" not in headers:
            raise
        return cut.partial
