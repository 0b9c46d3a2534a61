"""What the base does with a directory: it names callers, and looks names up for handsets (settings ldap_*)."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rigs.standin.directory import client, filters, numbers
from rigs.standin.directory.ber import Malformed
from rigs.standin.directory.client import Connection, DirectoryFailed, Entry, Query

if TYPE_CHECKING:
    from rigs.standin.base.device import Device
    from rigs.standin.base.settings import Settings

CALLER_S = 15.0
"""Seconds after which the name of a caller is of no use any more."""
HANDSET_S = 8.0
"""Seconds that a user waits for a search."""
_PATTERN = re.compile(r"%([A-Za-z][A-Za-z0-9-]*)")


@dataclass(frozen=True)
class Hit:
    """A person as a handset shows it: the name, and the numbers as they are dialled."""

    name: str
    numbers: tuple[str, ...]


class Directory:
    """Looks up by the settings of an identity; nothing here waits in the way of a call."""

    def __init__(self, device: Device) -> None:
        self._device = device

    def names_callers(self, identity: int) -> bool:
        """Whether the callers of an identity are looked up."""
        return self._is_on(identity) and self._device.settings.bool("ldap_lookup_incoming", identity)

    async def caller_name(self, identity: int, number: str) -> str:
        """Whose number it is; empty where the directory does not know or does not answer."""
        settings = self._device.settings
        template = settings.get("ldap_number_filter", identity)
        codes = (numbers.code(settings.get(f"ldap_{name}_code", identity)) for name in ("country", "area"))
        wanted = [filters.filled(template, form) for form in numbers.forms(number, *codes)]
        found = await self._look_up(identity, wanted, CALLER_S) if template and number else []
        return next((name for entry in found if (name := shown(settings, identity, entry))), "")

    async def search(self, identity: int, text: str) -> list[Hit]:
        """The people whose name begins so, by name; all of them for an empty text. Raises DirectoryFailed."""
        settings = self._device.settings
        if not self._is_on(identity):
            raise DirectoryFailed("off", "no directory is set")
        wanted = filters.filled(settings.get("ldap_search_filter", identity), text, "*")
        found = await self._look_up(identity, [wanted], HANDSET_S)
        kinds = settings.get("ldap_number_attributes", identity).split()
        hits = [Hit(shown(settings, identity, entry), _numbers(entry, kinds)) for entry in found]
        return sorted((hit for hit in hits if hit.name), key=lambda hit: hit.name.casefold())

    def _is_on(self, identity: int) -> bool:
        settings = self._device.settings
        return settings.bool("ldap_enabled", identity) and bool(settings.get("ldap_server", identity).strip())

    async def _look_up(self, identity: int, wanted: Sequence[str], seconds: float) -> list[Entry]:
        """The entries that fit the first of some filters that any fits. Raises DirectoryFailed."""
        try:
            async with asyncio.timeout(seconds):
                connection = await self._connected(identity)
                try:
                    return await self._first(connection, self._query(identity, seconds), wanted)
                finally:
                    connection.close()
        except TimeoutError:
            raise self._failed("unreachable", f"no answer in {seconds:g} s") from None
        except (Malformed, filters.NotAFilter) as wrong:
            raise self._failed("unreachable", str(wrong)) from wrong
        except DirectoryFailed as failed:
            raise self._failed(failed.why, str(failed)) from failed
        except OSError as error:
            raise self._failed("unreachable", error.strerror or str(error)) from error

    async def _first(self, connection: Connection, query: Query, wanted: Sequence[str]) -> list[Entry]:
        for one in wanted:
            found = await connection.search(query, one)
            self._log(6, f"{one}: {len(found)} found")
            if found:
                return found
        return []

    async def _connected(self, identity: int) -> Connection:
        settings = self._device.settings
        server = settings.get("ldap_server", identity).strip()
        addresses = await self._device.dns.addresses(server)
        if not addresses:
            raise DirectoryFailed("unreachable", f"{server} has no address")
        connection = await client.connect(addresses[0], settings.int("ldap_port", identity))
        name = settings.get("ldap_username", identity)
        password = settings.get("ldap_password", identity) if name else ""
        code = await connection.bind(name, password)
        if code != client.SUCCESS:
            connection.close()
            raise DirectoryFailed("login", f"{server} refuses the login: result {code}")
        return connection

    def _query(self, identity: int, seconds: float) -> Query:
        settings = self._device.settings
        base, limit = settings.get("ldap_base", identity), settings.int("ldap_max_hits", identity)
        return Query(base, attributes(settings, identity), limit, int(seconds))

    def _failed(self, why: str, text: str) -> DirectoryFailed:
        self._log(3, text)
        return DirectoryFailed(why, text)

    def _log(self, level: int, text: str) -> None:
        self._device.log.write("ldap", level, text)


def attributes(settings: Settings, identity: int) -> list[str]:
    """The attributes of names and numbers that are set, and those that the pattern of names wants; each once."""
    names = [settings.get(f"ldap_{kind}_attributes", identity).split() for kind in ("name", "number")]
    wanted = [*names[0], *names[1], *_PATTERN.findall(settings.get("ldap_display_name", identity))]
    return list({name.lower(): name for name in reversed(wanted)}.values())[::-1]


def shown(settings: Settings, identity: int, entry: Entry) -> str:
    """The name of a hit by the pattern that is set, `%cn` being an attribute; without one the first name it has."""
    pattern = settings.get("ldap_display_name", identity)
    if pattern:
        return " ".join(_PATTERN.sub(lambda found: entry.first(found[1]), pattern).split())
    kinds = settings.get("ldap_name_attributes", identity).split()
    return next((name for kind in kinds if (name := entry.first(kind))), "")


def _numbers(entry: Entry, kinds: Sequence[str]) -> tuple[str, ...]:
    found = (value for kind in kinds for value in entry.values.get(kind.lower(), []))
    return tuple(dict.fromkeys(number for value in found if (number := numbers.dialled(value))))
