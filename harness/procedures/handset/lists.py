"""The call lists of a handset, as it shows them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from harness.core import clock
from harness.core.errors import InvalidTest
from harness.handset.menus import menus
from harness.procedures.call.call import Call
from harness.procedures.clock_face import CLOCK, shows_time
from harness.procedures.judging import rules_first

if TYPE_CHECKING:
    from harness.capture.headers import Address
    from harness.handset.display import Display
    from harness.handset.driver import Handset
    from harness.procedures.context import TestContext

LISTS = ("missed", "received", "dialed")
NAMES_REMEDY = "give each peer a number and a display name of its own on the PBX; an empty list serves as well"


class CallLists:
    """Missed, received and dialed calls of one handset."""

    def __init__(self, context: TestContext, handset: Handset) -> None:
        self._context = context
        self._handset = handset
        self._others: dict[str, list[str]] = {}
        self._seen: dict[str, list[str]] = {}
        self._newest = ""
        self._details: Display | None = None

    # acts

    def call_with_new_peer_for(self, which: str) -> Call:
        """A call with a peer who is not the newest entry of a list, so that a new entry is told from an old one.

        What the other lists show before it is kept: see `expect_others_unchanged`.
        """
        self._others = {other: self._entries(other) for other in LISTS if other != which}
        newest = next(iter(self._entries(which)), "")
        others = (n for n in (1, 2) if not _named(self._names_of(self._context.peer_account(n).dialled), newest))
        number = next(others, None)
        if number is None:
            raise InvalidTest(f"a peer who is not the newest entry of the {which} list", newest, remedy=NAMES_REMEDY)
        return Call(self._context, handset=self._handset.number, peer=number)

    def another(self, call: Call) -> Call:
        """A call with the other peer."""
        other = 2 if self._context.peer_account(1).dialled == call.peer.number else 1
        return Call(self._context, handset=self._handset.number, peer=other)

    def call_back(self, which: str, number: str) -> None:
        """Off hook on the newest entry of a list, which is this number's; returns when the base calls."""
        self._handset.open_call_list(which)
        at = self._context.wire.mark()
        self._handset.press(menus().redial.dial)
        self._context.did("dial", at=at, handset=self._handset.number, number=number)
        with rules_first(self._context):
            self._context.wire.sip.expect(
                method="INVITE",
                source=self._context.base_addresses,
                since=at,
                timeout=self._context.answer,
                what="INVITE of the base",
                claim="the number of an entry is called",
            )

    def look_at(self, *lists: str) -> None:
        """Lists, by default all, are opened, read and left again: what comes now is new."""
        for which in lists or LISTS:
            self._seen[which] = self._entries(which)

    def open_newest(self, which: str) -> None:
        """The newest entry of a list and its details are opened and read, and left again."""
        display = self._handset.open_call_list(which)
        self._newest = display.marked.text if display.marked else ""
        self._handset.press(menus().call_lists.details)
        self._details = self._handset.expect_shown(lambda d: d != display, "the details of the entry")
        self._handset.go_idle()

    # what is expected

    def expect_newest(self, which: str, number: str) -> None:
        """The newest entry of the missed, received or dialed list is this number's."""
        newest = next(iter(self._looked_at(which)), "")
        if not self._is_of(newest, number):
            names = " or ".join(self._names_of(number))
            self._context.broken(f"newest entry of the {which} list", names, newest or "an empty list")

    def expect_first(self, which: str, *numbers: str) -> None:
        """The entries of a list from the newest on are these, once each."""
        entries = self._looked_at(which)[: len(numbers)]
        wrong = [entry for entry, number in zip(entries, numbers, strict=False) if not self._is_of(entry, number)]
        if wrong or len(entries) < len(numbers):
            self._context.broken(f"the {which} list, newest first", ", ".join(numbers), ", ".join(entries) or "empty")

    def expect_others_unchanged(self) -> None:
        """The two other lists are as they were before the call."""
        for which, before in self._others.items():
            self._context.same(f"entries of the {which} list", self._looked_at(which), [before])

    def expect_opened(self, *words: str) -> None:
        """The entry that was opened and its details tell these words, and no other time than now."""
        details = self._details
        if details is None:
            raise InvalidTest("an entry of a list that was opened", "none", remedy="open one before")
        for word in words:
            names = [word, *(told.user for told in self._told_of(word) if told.user)]
            if not _named(names, f"{self._newest}\n{details.text}"):
                self._context.broken("newest entry of the list", word, f"{self._newest} {details}")
        moved = int(self._context.setting("gmt_offset") or 0)
        if CLOCK.search(details.text) and not shows_time(details.text, clock.now() + moved):
            self._context.broken("time of the newest call of the list", "the time of the call", details)

    def _looked_at(self, which: str) -> list[str]:
        """The entries of a list when it was looked at last."""
        if which not in self._seen:
            raise InvalidTest(f"a look at the {which} list", "none", remedy="look at the list before it is judged")
        return self._seen[which]

    def _entries(self, which: str) -> list[str]:
        """The entries that a list shows when it is opened, newest first; the idle screen is back afterwards."""
        display = self._handset.open_call_list(which)
        self._handset.go_idle()
        return entries_of(display)

    def _is_of(self, entry: str, number: str) -> bool:
        """Whether an entry is this number's: by the number, or by a name that its owner's calls alone carry.

        Raises InvalidTest where only a name tells whose it is that two peers have.
        """
        names = self._names_of(number)
        shared = [
            name
            for other in self._context.pbx.peer_accounts
            if other.dialled != number
            for name in self._names_of(other.dialled)
        ]
        if _named([name for name in names if name not in shared], entry):
            return True
        if _named(names, entry):
            raise InvalidTest("an entry that tells which peer it is", entry, remedy=NAMES_REMEDY)
        return False

    def _names_of(self, number: str) -> list[str]:
        """The number, the name of its account, and what a PBX put into From of its calls in this test."""
        told = self._told_of(number)
        known = [one.display for one in self._context.pbx.peer_accounts if one.dialled == number]
        names = [number, *known, *(name for one in told for name in (one.display, one.user))]
        return list(dict.fromkeys(name for name in names if name))

    def _told_of(self, number: str) -> list[Address]:
        """The From of this number's calls in this test; a PBX may have put a prefix before the number."""
        invites = self._context.wire.sip.all(
            method="INVITE", dest=self._context.base_addresses, since=self._context.began, fenced=False
        )
        return [m.from_ for m in invites if self._owner(m.from_.user) == number]

    def _owner(self, user: str) -> str:
        """The number of the peer in a From: a PBX may present its user, its number, or its number with a prefix."""
        numbers = [
            one.dialled for one in self._context.pbx.peer_accounts if user == one.user or user.endswith(one.dialled)
        ]
        return max(numbers, key=len, default="")


def entries_of(display: Display) -> list[str]:
    """The entries of a list that a display shows, newest first."""
    if display.marked is None:
        return []
    first = display.rows.index(display.marked)
    return [row.text.strip() for row in display.rows[first:-1] if row.text.strip()]


def _named(names: list[str], text: str) -> bool:
    """Whether one of these stands in a text as a whole: no part of a longer number or word, of a date or a time."""
    return any(re.search(rf"(?<![\w.:/+*#-]){re.escape(name)}(?![\w.:/*#-])", text, re.IGNORECASE) for name in names)
