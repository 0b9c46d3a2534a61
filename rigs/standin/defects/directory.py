"""Faults of the LDAP directory: callers' names, searches of handsets, filters and the login."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import replace

from rigs.standin.air.directory import DirectoryEnd, DirectoryHit, DirectorySearch
from rigs.standin.air.protocol import Identify, Message
from rigs.standin.air.radio import Radio
from rigs.standin.base.settings import Settings
from rigs.standin.call.base_call import BaseCall
from rigs.standin.core.replacing import Async, defect
from rigs.standin.directory import desk, filters, numbers
from rigs.standin.directory.callers import CallerNames
from rigs.standin.directory.client import Connection, DirectoryFailed, Entry, Query
from rigs.standin.directory.desk import Directory
from rigs.standin.directory.searches import Searches
from rigs.standin.handset import directory as handset_directory
from rigs.standin.handset.handset import Handset
from rigs.standin.sip.incoming import IncomingCall

LookUp = Callable[[CallerNames, BaseCall, str], None]


# callers


@defect(feature="ldap-caller-name", replaces=CallerNames.look_up)
def callers_are_not_looked_up(healthy: LookUp, callers: CallerNames, call: BaseCall, number: str) -> None:
    """The display shows the number of a colleague, though the directory has the name."""


@defect(feature="ldap-caller-name", replaces=Radio.send)
def found_names_are_not_shown(healthy: Callable[[Radio, Message], None], radio: Radio, message: Message) -> None:
    """The base asks the directory who calls, and the handset goes on showing the number."""
    if not isinstance(message, Identify):
        healthy(radio, message)


@defect(feature="ldap-caller-name", replaces=Directory.names_callers)
def callers_are_looked_up_without_being_asked(
    healthy: Callable[[Directory, int], bool], directory: Directory, identity: int
) -> bool:
    """The lookup of callers is switched off, and the directory still learns who calls."""
    return directory._is_on(identity)


@defect(feature="ldap-caller-name", replaces=desk.shown)
def names_are_always_the_common_one(
    healthy: Callable[[Settings, int, Entry], str], settings: Settings, identity: int, entry: Entry
) -> str:
    """The pattern of names is not obeyed: everybody is shown by the attribute cn."""
    return entry.first("cn")


@defect(feature="ldap-caller-name", replaces=desk.shown)
def names_are_cut_at_the_first_umlaut(
    healthy: Callable[[Settings, int, Entry], str], settings: Settings, identity: int, entry: Entry
) -> str:
    """Names that are not plain ASCII are shown with question marks."""
    return healthy(settings, identity, entry).encode("ascii", "replace").decode()


@defect(feature="ldap-caller-name", replaces=IncomingCall.ring)
async def rings_when_the_directory_has_answered(
    healthy: Callable[[IncomingCall], Async[None]], call: IncomingCall
) -> None:
    """Callers hear nothing until the directory has answered; while it is slow they hang up."""
    directory = Directory(call.agent.device)
    if directory.names_callers(call.identity):
        with contextlib.suppress(DirectoryFailed):
            await directory.caller_name(call.identity, call.caller_number)
    await healthy(call)


# numbers and filters


@defect(feature="ldap-dial-plan", replaces=numbers.forms)
def numbers_are_compared_as_they_come(
    healthy: Callable[[str, str, str], list[str]], number: str, country: str, area: str
) -> list[str]:
    """A colleague is named only when the server presents the number as the directory writes it."""
    return healthy(number, "", "")


@defect(feature="ldap-dial-plan", replaces=numbers.forms)
def the_area_code_is_not_used(
    healthy: Callable[[str, str, str], list[str]], number: str, country: str, area: str
) -> list[str]:
    """Callers within one's own town are not named, as their number comes without area code."""
    return healthy(number, country, "")


@defect(feature="ldap-filters", replaces=filters.escaped)
def what_is_searched_changes_the_filter(healthy: Callable[[str], str], value: str) -> str:
    """A caller or a user who sends a star or brackets gets entries that the filter was to keep away."""
    return value


@defect(feature="ldap-filters", replaces=filters.filled)
def the_filter_of_the_page_is_not_used(
    healthy: Callable[[str, str, str], str], template: str, value: str, ending: str = ""
) -> str:
    """Names are searched by cn and numbers by telephoneNumber, whatever filter is set."""
    return healthy("(cn=%)" if ending else "(telephoneNumber=%)", value, ending)


# searches


@defect(feature="ldap-search", replaces=filters.filled)
def only_whole_names_are_found(
    healthy: Callable[[str, str, str], str], template: str, value: str, ending: str = ""
) -> str:
    """The beginning of a name finds nobody: it has to be typed in full."""
    return healthy(template, value, ending if not value else "")


@defect(feature="ldap-search", replaces=handset_directory.Directory.heard)
def hits_of_the_search_before_stay(
    healthy: Callable[[handset_directory.Directory, DirectoryHit | DirectoryEnd], None],
    directory: handset_directory.Directory,
    message: DirectoryHit | DirectoryEnd,
) -> None:
    """The list still shows what was found before: nobody is ever told that nobody was found."""
    if isinstance(message, DirectoryHit) or directory.people or not directory._search > 1:
        healthy(directory, message)


@defect(feature="ldap-address-book", replaces=Directory.search)
async def everybody_is_nobody(
    healthy: Callable[[Directory, int, str], Async[list[desk.Hit]]], directory: Directory, identity: int, text: str
) -> list[desk.Hit]:
    """Without a typed name the list is empty: nobody can leaf through the address book."""
    return await healthy(directory, identity, text) if text else []


@defect(feature="ldap-address-book", replaces=Searches.begin)
def a_search_without_a_directory_never_ends(
    healthy: Callable[[Searches, DirectorySearch, int], None],
    searches: Searches,
    message: DirectorySearch,
    identity: int,
) -> None:
    """Where no directory is set the handset goes on showing that it searches."""
    if searches._device.settings.bool("ldap_enabled", identity):
        healthy(searches, message, identity)


@defect(feature="ldap-call", replaces=handset_directory.call)
def the_second_number_is_called(
    healthy: Callable[[Handset, tuple[str, ...], int], None], handset: Handset, called: tuple[str, ...], at: int
) -> None:
    """Calling a hit rings the mobile phone, though the desk's number is the first one."""
    healthy(handset, called, min(at + 1, len(called) - 1))


@defect(feature="ldap-call", replaces=numbers.dialled)
def blanks_of_a_number_are_dialled(healthy: Callable[[str], str], number: str) -> str:
    """A number that the directory writes with blanks can not be called."""
    return number


@defect(feature="ldap-max-hits", replaces=Connection.search)
async def the_number_of_hits_has_no_limit(
    healthy: Callable[[Connection, Query, str], Async[list[Entry]]], connection: Connection, query: Query, wanted: str
) -> list[Entry]:
    """However few hits are set, the whole company comes over the network and into the list."""
    return await healthy(connection, replace(query, limit=0), wanted)


@defect(feature="ldap-max-hits", replaces=Connection.search)
async def half_a_list_is_no_list(
    healthy: Callable[[Connection, Query, str], Async[list[Entry]]], connection: Connection, query: Query, wanted: str
) -> list[Entry]:
    """If the server has more than it gives, nothing is listed at all."""
    found = await healthy(connection, query, wanted)
    return found if len(found) < 30 or query.limit == 0 else []


# the login


@defect(feature="ldap-bind", replaces=Connection.bind)
async def the_login_is_anonymous(
    healthy: Callable[[Connection, str, str], Async[int]], connection: Connection, name: str, password: str
) -> int:
    """User and password are not used: the directory shows only what everybody may see."""
    return await healthy(connection, "", "")


@defect(feature="ldap-bind", replaces=Connection.bind)
async def the_login_has_no_password(
    healthy: Callable[[Connection, str, str], Async[int]], connection: Connection, name: str, password: str
) -> int:
    """The directory refuses the login, as its password is not sent."""
    return await healthy(connection, name, "")


@defect(feature="ldap-bind", replaces=Connection.bind)
async def a_refused_login_is_overlooked(
    healthy: Callable[[Connection, str, str], Async[int]], connection: Connection, name: str, password: str
) -> int:
    """With a wrong password the handset says that there is no such entry, and nobody looks at the password."""
    await healthy(connection, name, password)
    return 0
