"""Faults of server types: an identity behaves at its platform as it would at another, or does not obey the setting."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Set
from dataclasses import replace

from rigs.standin.base.settings import Settings
from rigs.standin.call import short_numbers
from rigs.standin.call.sip_events import SipEvents
from rigs.standin.core.replacing import defect
from rigs.standin.core.strategies import Strategy
from rigs.standin.defects._altering import spoils_description
from rigs.standin.media.description import Direction
from rigs.standin.sip import platforms
from rigs.standin.sip.call_strategies import HoldStrategy
from rigs.standin.sip.message import Message
from rigs.standin.sip.platforms import (
    BatchedNotices,
    CommunicationsServerContact,
    CommunicationsServerRegister,
    FoundByUser,
    HistoryInfo,
    InactiveHold,
    NoPublication,
    Platform,
    TelephoneNumber,
)
from rigs.standin.sip.strategies import CalleeStrategy, ContactStrategy, RegisterStrategy
from rigs.standin.sip.values import Address, Uri


class HeldWithoutEars(HoldStrategy):
    """Who is held may still talk: the base listens."""

    def offer(self, holding: bool, held: bool, quirk: str, *, first: bool) -> Direction:
        return "recvonly" if holding else super().offer(holding, held, quirk, first=first)


OfIdentity = Callable[[Settings, int], Platform | None]
"""The healthy look-up of a platform by the setting of an identity."""


def _as_others(platform: Platform | None, *own: type[Strategy]) -> Platform | None:
    """The platform without some of its own choices."""
    return platform and replace(platform, choices=tuple(one for one in platform.choices if one not in own))


def _as_at_another(platform: Platform | None, *foreign: type[Strategy]) -> Platform | None:
    """The platform with choices of another one."""
    return platform and replace(platform, choices=(*foreign, *platform.choices))


@defect(feature="profile-lync", replaces=platforms.of_identity)
def server_type_changes_nothing(
    healthy: Callable[[Settings, int], Platform | None], settings: Settings, identity: int
) -> Platform | None:
    """Which server type an identity has makes no difference: it registers and calls as at any server."""
    return None


@defect(feature="profile-lync", replaces=CommunicationsServerContact.register)
def lync_cannot_replace_the_address(
    healthy: Callable[[CommunicationsServerContact, str, str, str, str, str], str],
    contact: CommunicationsServerContact,
    user: str,
    host_port: str,
    transport: str,
    line: str,
    instance: str,
) -> str:
    """Behind a router no call comes in at Lync: the Contact does not ask the server to replace its address."""
    return ContactStrategy.register(contact, user, host_port, transport, line, instance)


@defect(feature="profile-lync", replaces=CommunicationsServerRegister.sender)
def lync_endpoint_has_no_number(
    healthy: Callable[[CommunicationsServerRegister, Address, str, str], str],
    register: CommunicationsServerRegister,
    address: Address,
    mac: str,
    tag: str,
) -> str:
    """Lync takes the phone for another endpoint of the same user: From has no epid=."""
    return RegisterStrategy.sender(register, address, mac, tag)


@defect(feature="profile-lync", replaces=CommunicationsServerRegister.extensions)
def lync_is_not_asked_for_events(
    healthy: Callable[[CommunicationsServerRegister, list[str]], list[tuple[str, str]]],
    register: CommunicationsServerRegister,
    supported: list[str],
) -> list[tuple[str, str]]:
    """Lync does not tell the phone that its registration ended: the REGISTER has no Event."""
    return RegisterStrategy.extensions(register, supported)


@defect(feature="profile-lync", replaces=CommunicationsServerRegister.supported)
def lync_is_told_of_no_extensions(
    healthy: Callable[[CommunicationsServerRegister, Set[str]], list[str]],
    register: CommunicationsServerRegister,
    refused: Set[str],
) -> list[str]:
    """Lync refuses the registration with 421: Supported names no gruu-10."""
    return RegisterStrategy.supported(register, refused)


@defect(feature="profile-lync", replaces=TelephoneNumber.uri)
def lync_takes_numbers_for_names(
    healthy: Callable[[TelephoneNumber, str, str, int | None], Uri],
    number: TelephoneNumber,
    user: str,
    host: str,
    port: int | None,
) -> Uri:
    """Lync finds no user of that name: a dialled number is not marked as one."""
    return CalleeStrategy.uri(number, user, host, port)


@defect(feature="profile-lync", replaces=InactiveHold.offer)
def lync_is_held_as_others(
    healthy: Callable[..., Direction],
    hold: InactiveHold,
    holding: bool,
    held: bool,
    quirk: str,
    *,
    first: bool,
) -> Direction:
    """At Lync the held party is offered sendonly, as at a server with music, and goes on waiting for some."""
    return HoldStrategy.offer(hold, holding, held, quirk, first=first)


@defect(feature="profile-lync", replaces=platforms.of_identity)
def lync_is_published_to(healthy: OfIdentity, settings: Settings, identity: int) -> Platform | None:
    """Lync refuses a PUBLISH with each change of presence: the base sends what other servers know."""
    return _as_others(healthy(settings, identity), NoPublication)


@defect(feature="profile-lync", replaces=platforms.of_identity)
def lync_is_told_of_diversions_as_cisco(healthy: OfIdentity, settings: Settings, identity: int) -> Platform | None:
    """A call that is forwarded at Lync does not say by History-Info whom it was for."""
    return _as_others(healthy(settings, identity), HistoryInfo)


@defect(feature="profile-cisco", replaces=platforms.of_identity)
def cisco_is_published_to(healthy: OfIdentity, settings: Settings, identity: int) -> Platform | None:
    """The Call Manager refuses a PUBLISH with each change of presence, as it takes none from this make of phone."""
    return _as_others(healthy(settings, identity), NoPublication)


@defect(feature="profile-cisco", replaces=platforms.of_identity)
def cisco_is_told_of_diversions_as_lync(healthy: OfIdentity, settings: Settings, identity: int) -> Platform | None:
    """A forwarded call comes to the mailbox of the wrong user: the 302 has History-Info in the place of Diversion."""
    return _as_at_another(healthy(settings, identity), HistoryInfo)


@defect(feature="profile-asterisk", replaces=platforms.of_identity)
def asterisk_gets_numbers_as_lync(healthy: OfIdentity, settings: Settings, identity: int) -> Platform | None:
    """Calls are for user=phone, as at Lync: a dial plan that goes by names does not find them."""
    return _as_at_another(healthy(settings, identity), TelephoneNumber)


@defect(feature="profile-asterisk", replaces=platforms.of_identity)
def asterisk_must_name_the_line(healthy: OfIdentity, settings: Settings, identity: int) -> Platform | None:
    """Calls of an Asterisk that strips line= are not found: 404, as for a server that keeps it."""
    return _as_others(healthy(settings, identity), FoundByUser)


@spoils_description(feature="profile-asterisk")
def asterisk_plays_music_to_nobody(body: str, message: Message) -> str:
    """Who is held hears no music of the server: sendonly is answered inactive."""
    return body.replace("a=recvonly", "a=inactive")


@spoils_description(feature="profile-avaya")
def avaya_events_have_the_usual_number(body: str, message: Message) -> str:
    """Digits do not arrive at an Avaya that numbers events 120: the answer says 101."""
    return body.replace(" 120\r", " 101\r").replace(":120 ", ":101 ")


@defect(feature="profile-lync", replaces=platforms.of_identity)
def lync_gets_answers_to_batched_notices(healthy: OfIdentity, settings: Settings, identity: int) -> Platform | None:
    """Lync closes the connection over an answer that belongs to no request: BENOTIFY is refused as at any server."""
    return _as_others(healthy(settings, identity), BatchedNotices)


@defect(feature="profile-broadsoft", replaces=platforms.events_of)
def broadsoft_presses_no_key(
    healthy: Callable[[Settings, int], tuple[str, ...]], settings: Settings, identity: int
) -> tuple[str, ...]:
    """Who answers at the computer hears nothing: NOTIFY talk of a BroadWorks is refused, as at an Asterisk."""
    return ()


@defect(feature="profile-snom-one", replaces=SipEvents.on_remote_control)
def snom_one_presses_in_vain(healthy: Callable[[SipEvents, str], None], events: SipEvents, event: str) -> None:
    """Who answers at the computer hears nothing: NOTIFY talk of a snom ONE is confirmed, and the handset rings on."""


@defect(feature="auto-answer", replaces=platforms.events_of)
def asterisk_may_press_keys(
    healthy: Callable[[Settings, int], tuple[str, ...]], settings: Settings, identity: int
) -> tuple[str, ...]:
    """Anybody who sends NOTIFY talk listens to the room: an identity at an Asterisk obeys it as at a BroadWorks."""
    return ("talk",)


@defect(feature="profile-avaya", replaces=platforms.of_identity)
def avaya_is_held_by_listening(healthy: OfIdentity, settings: Settings, identity: int) -> Platform | None:
    """An Avaya plays no music to who is held: the offer says recvonly, neither sendonly nor inactive."""
    return _as_at_another(healthy(settings, identity), HeldWithoutEars)


@defect(feature="profile-asterisk", replaces=short_numbers.mailbox)
def asterisk_names_the_mailbox(
    healthy: Callable[[Settings, int, Mapping[int, str]], str],
    settings: Settings,
    identity: int,
    accounts: Mapping[int, str],
) -> str:
    """The message key calls sip:asterisk, which no dial plan has: Message-Account goes before the mailbox set."""
    return accounts.get(identity, "") or healthy(settings, identity, accounts)
