"""Faults of the handset's call lists."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from rigs.standin.handset.calls import HandsetCall
from rigs.standin.handset.lists import Entry, Kind, ListKeepingStrategy
from rigs.standin.handset.strategies import ListingStrategy


class OldestCallsFirst(ListKeepingStrategy):
    """The lists begin with the oldest call; the last one is at the end, far below."""

    feature = "call-list-received"

    def placed(self, entries: list[Entry], entry: Entry) -> list[Entry]:
        return [*entries, entry]


class OnlyTheLastCallIsKept(ListKeepingStrategy):
    """Each call pushes the one before out of its list."""

    feature = "call-list-dialed"

    def placed(self, entries: list[Entry], entry: Entry) -> list[Entry]:
        return [entry]


class MissedCallsStayNew(ListKeepingStrategy):
    """The idle screen goes on telling of missed calls that were looked at."""

    feature = "call-list-missed"

    def unseen(self, unseen: int) -> int:
        return unseen


class ListsLostWithTheBattery(ListKeepingStrategy):
    """The lists are empty after a change of the battery."""

    feature = "call-list-dialed"

    def loaded(self, stored: dict[str, Any]) -> dict[str, Any]:
        return {}


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


class OneMissedCallIsSeen(ListKeepingStrategy):
    """Of several missed calls only one counts as seen when the list is looked at: lamp and notice stay."""

    feature = "call-list-missed"

    def unseen(self, unseen: int) -> int:
        return unseen - 1


class OnlyAnsweredCallsAreListed(ListingStrategy):
    """A number that was busy or did not answer is not among the dialed ones: it cannot be redialled."""

    feature = "call-list-dialed"

    def kind(self, call: HandsetCall, reason: str, by_user: bool) -> Kind | None:
        found = super().kind(call, reason, by_user)
        return None if found == "dialed" and not call.answered else found
