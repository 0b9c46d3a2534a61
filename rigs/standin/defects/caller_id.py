"""Faults of what is shown of a caller."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from rigs.standin.call.sip_events import SipEvents
from rigs.standin.core.replacing import defect
from rigs.standin.handset.calls import HandsetCall
from rigs.standin.sip import caller_identity
from rigs.standin.sip.call import Call
from rigs.standin.sip.call_strategies import CallerIdStrategy
from rigs.standin.sip.message import Headers, Message, Response
from rigs.standin.sip.values import Address


class RemotePartyIdIgnored(CallerIdStrategy):
    """A caller whom the server presents by Remote-Party-ID is shown by From: without a name."""

    feature = "caller-id"

    def address(self, headers: Headers, trusted: bool) -> Address | None:
        known = Headers([line for line in headers if line[0] != "Remote-Party-ID"])
        return super().address(known, trusted)


class HiddenPartyIsShown(CallerIdStrategy):
    """A number that Remote-Party-ID hides (privacy=full) is shown."""

    feature = "caller-id-withheld"

    def withheld(self, headers: Headers, address: Address) -> bool:
        return super().withheld(headers, Address(address.uri, address.display))


class QuotesEndTheName(CallerIdStrategy):
    """A name with quotes in it is shown up to the first of them."""

    feature = "caller-id"

    def address(self, headers: Headers, trusted: bool) -> Address | None:
        found = super().address(headers, trusted)
        return found and Address(found.uri, found.display.partition('"')[0], found.params)


class LatinLettersAreLost(CallerIdStrategy):
    """Names from a server that writes Latin-1 are shown with a question mark for each umlaut."""

    feature = "caller-id"

    def address(self, headers: Headers, trusted: bool) -> Address | None:
        found = super().address(headers, trusted)
        told = "".join(headers.values("P-Asserted-Identity"))
        if found is None or not any("\udc80" <= letter <= "\udcff" for letter in told):
            return found
        return Address(found.uri, found.display.encode("ascii", "replace").decode(), found.params)


class Noting(Protocol):
    """The healthy look at who the far end says it is."""

    def __call__(self, call: Call, message: Message, /, *, announce: bool = True) -> None: ...


@defect(feature="caller-id", replaces=caller_identity.note_identity)
def update_brings_no_name(healthy: Noting, call: Call, message: Message, *, announce: bool = True) -> None:
    """After a transfer that the server tells of by UPDATE, the handset goes on showing the first caller."""
    if message.cseq.method != "UPDATE":
        healthy(call, message, announce=announce)


@defect(feature="caller-id", replaces=caller_identity.note_identity)
def answer_brings_no_name(healthy: Noting, call: Call, message: Message, *, announce: bool = True) -> None:
    """Who answers is not shown: the display stays with what rang first."""
    if not (isinstance(message, Response) and 200 <= message.status < 300):
        healthy(call, message, announce=announce)


@defect(feature="caller-id", replaces=SipEvents.on_identity)
def nameless_party_is_nobody(
    healthy: Callable[[SipEvents, str, str], None], events: SipEvents, number: str, name: str
) -> None:
    """A far end that changes to one without a name leaves the display empty where its number belongs."""
    healthy(events, number if name else " ", name)


@defect(feature="call-list-received", replaces=HandsetCall.identify)
def list_keeps_the_first_number(
    healthy: Callable[[HandsetCall, str, str], None], call: HandsetCall, number: str, name: str
) -> None:
    """Calling back from the list reaches who called first, not who talked."""
    before = call.listed
    healthy(call, number, name)
    call.listed = before or call.listed
