"""Faults of the handset's call lists."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from rigs.standin.core.replacing import defect
from rigs.standin.handset import lists
from rigs.standin.handset.calls import HandsetCall
from rigs.standin.handset.lists import CallLists, Entry, Kind
from rigs.standin.handset.strategies import ListingStrategy


@defect(feature="call-list-received", replaces=lists.placed)
def oldest_calls_first(
    healthy: Callable[[list[Entry], Entry], list[Entry]], entries: list[Entry], entry: Entry
) -> list[Entry]:
    """The lists begin with the oldest call; the last one is at the end, far below."""
    return [*entries, entry]


@defect(feature="call-list-dialed", replaces=lists.placed)
def only_the_last_call_is_kept(
    healthy: Callable[[list[Entry], Entry], list[Entry]], entries: list[Entry], entry: Entry
) -> list[Entry]:
    """Each call pushes the one before out of its list."""
    return [entry]


@defect(feature="call-list-missed", replaces=CallLists.seen)
def missed_calls_stay_new(healthy: Callable[[CallLists], None], lists: CallLists) -> None:
    """The idle screen goes on telling of missed calls that were looked at."""


@defect(feature="call-list-dialed", replaces=CallLists.load)
def lists_lost_with_the_battery(healthy: Callable[[CallLists], None], lists: CallLists) -> None:
    """The lists are empty after a change of the battery."""
    lists.memory.values["lists"] = {}
    healthy(lists)


class NamesAreNotListed(ListingStrategy):
    """The received list shows a bare number where the call itself showed a name."""

    feature = "call-list-received"

    def entry(self, call: HandsetCall, at: float | None) -> Entry:
        return replace(super().entry(call, at), name="")


class ListsAreTwoHoursOff(ListingStrategy):
    """The entry of a call tells another time than that of the call."""

    feature = "call-list-received"

    def entry(self, call: HandsetCall, at: float | None) -> Entry:
        return super().entry(call, at and at - 7200)


@defect(feature="call-list-missed", replaces=CallLists.seen)
def one_missed_call_is_seen(healthy: Callable[[CallLists], None], lists: CallLists) -> None:
    """Of several missed calls only one counts as seen when the list is looked at: lamp and notice stay."""
    lists.unseen = max(0, lists.unseen - 1)


class OnlyAnsweredCallsAreListed(ListingStrategy):
    """A number that was busy or did not answer is not among the dialed ones: it cannot be redialled."""

    feature = "call-list-dialed"

    def kind(self, call: HandsetCall, reason: str, by_user: bool) -> Kind | None:
        found = super().kind(call, reason, by_user)
        return None if found == "dialed" and not call.answered else found
