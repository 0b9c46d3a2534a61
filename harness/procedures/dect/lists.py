"""The call lists of a handset, as it shows them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from harness.core import clock
from harness.core.errors import InvalidTest
from harness.handset.menus import menus
from harness.procedures.call.screen import Call
from harness.procedures.clock_face import CLOCK, shows_time
from harness.procedures.context import TestContext
from harness.procedures.texts import texts

if TYPE_CHECKING:
    from harness.handset.display import Display

LISTS = ("missed", "received", "dialed")
NAMES_REMEDY = "give each peer a number and a display name of its own on the PBX; an empty list serves as well"


class ListActs:
    """Missed, received and dialed calls of one handset."""

    def __init__(self, context: TestContext, number: int = 1) -> None:
        self.context = context
        self.handset = context.handset(number)
        self.number = number
        self._others: dict[str, list[str]] = {}

    def somebody_else_than_in(self, which: str) -> Call:
        """A call with a peer who is not the newest entry of a list, so that a new entry is told from an old one.

        What the other lists show before it is kept: see `no_other_list_changed`.
        """
        self._others = {other: self._entries(other) for other in LISTS if other != which}
        newest = next(iter(self._entries(which)), "")
        others = (n for n in (1, 2) if not _named(self._names_of(self.context.peer_account(n).dialled), newest))
        number = next(others, None)
        if number is None:
            raise InvalidTest(f"a peer who is not the newest entry of the {which} list", newest, remedy=NAMES_REMEDY)
        return Call(self.context, handset=self.number, peer=number)

    def another(self, call: Call) -> Call:
        """A call with the other peer."""
        other = 2 if self.context.peer_account(1).dialled == call.peer_number else 1
        return Call(self.context, handset=self.number, peer=other)

    def list_names(self, which: str, number: str) -> None:
        """The newest entry of the missed, received or dialed list is this number's."""
        newest = next(iter(self._entries(which)), "")
        if not self._is_of(newest, number):
            wanted = " or ".join(self._names_of(number))
            self.context.broken(f"newest entry of the {which} list", wanted, newest or "an empty list")

    def list_begins_with(self, which: str, *numbers: str) -> None:
        """The entries of a list from the newest on are these, once each."""
        entries = self._entries(which)[: len(numbers)]
        wrong = [entry for entry, number in zip(entries, numbers, strict=False) if not self._is_of(entry, number)]
        if wrong or len(entries) < len(numbers):
            self.context.broken(f"the {which} list, newest first", ", ".join(numbers), ", ".join(entries) or "empty")

    def no_other_list_changed(self) -> None:
        """The two other lists are as they were before the call."""
        for which, before in self._others.items():
            self.context.same(f"entries of the {which} list", self._entries(which), [before])

    def calls_back(self, which: str, number: str) -> None:
        """Off hook on the newest entry of a list calls its number, sign by sign."""
        since = self.context.wire.mark()
        self.handset.open_call_list(which)
        self.handset.press(menus().redial.dial)
        invite = self.context.wire.sip.expect(
            method="INVITE",
            source=self.context.base_addresses,
            since=since,
            timeout=self.context.answer,
            what="INVITE of the base",
            claim="the number of an entry is called",
        )
        user = invite.request_uri.partition(":")[2].partition("@")[0]
        self.context.same("the number that is called back", user, number, invite)

    def entry_tells(self, which: str, *told: str) -> None:
        """The newest entry and its details tell these words, and no other time than now."""
        display = self.handset.open_call_list(which)
        newest = display.marked.text if display.marked else ""
        self.handset.press(menus().call_lists.details)
        details = self.handset.expect_shown(lambda d: d != display, "the details of the entry", self.context.answer)
        self.handset.go_idle()
        for word in told:
            if not _named([word], f"{newest}\n{details.text}"):
                self.context.broken(f"newest entry of the {which} list", word, f"{newest} {details}")
        self._is_of_now(which, details)

    def tells_of_missed_calls(self, count: int) -> None:
        """The idle screen tells of missed calls; where it counts them, the number is right."""
        display = self.handset.expect_shown(
            lambda d: any(d.has(text) for text in texts("missed")), " or ".join(texts("missed")), self.context.answer
        )
        line = next(row.text for row in display.rows if any(t.lower() in row.text.lower() for t in texts("missed")))
        counted = [word for word in line.split() if word.isdigit()]
        if counted and counted != [str(count)]:
            self.context.broken("missed calls on the idle screen", count, line)

    def tells_of_no_missed_call(self) -> None:
        """The idle screen has no word of missed calls."""
        display = self.handset.expect_idle(within=self.context.answer)
        if any(display.has(text) for text in texts("missed")):
            self.context.broken("missed calls that were looked at are not new any more", "an idle screen", display)

    def forgets_what_was_missed(self) -> None:
        """The missed list is looked at: what comes now is new."""
        self._entries("missed")

    def battery_is_taken_out_and_put_back(self) -> None:
        """Off and on; the handset is on the air again."""
        self.context.addfinalizer(lambda: self.handset.power(True))
        self.handset.power(False)
        self.handset.power(True)
        if not self.handset.expect_state("LOCKED", within=self.context.rig.timing.subscribe):
            self.context.broken("a handset that was off locks again", "LOCKED", self.handset.state())

    def _entries(self, which: str) -> list[str]:
        """The entries that a list shows when it is opened, newest first; the idle screen is back afterwards."""
        display = self.handset.open_call_list(which)
        self.handset.go_idle()
        return entries_of(display)

    def _is_of(self, entry: str, number: str) -> bool:
        """Whether an entry is this number's: by the number, or by a name that its owner's calls alone carry.

        Raises InvalidTest where only a name tells whose it is that two peers have.
        """
        names = self._names_of(number)
        shared = [
            name
            for other in self.context.pbx.peer_accounts
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
        invites = self.context.wire.sip.all(
            method="INVITE", dest=self.context.base_addresses, since=self.context.began, fenced=False
        )
        told = [m.from_ for m in invites if self._owner(m.from_.user) == number]
        known = [one.display for one in self.context.pbx.peer_accounts if one.dialled == number]
        names = [number, *known, *(name for one in told for name in (one.display, one.user))]
        return list(dict.fromkeys(name for name in names if name))

    def _owner(self, user: str) -> str:
        """The number of the peer in a From: a PBX may present its user, its number, or its number with a prefix."""
        numbers = [
            one.dialled for one in self.context.pbx.peer_accounts if user == one.user or user.endswith(one.dialled)
        ]
        return max(numbers, key=len, default="")

    def _is_of_now(self, which: str, details: Display) -> None:
        moved = int(self.context.setting("gmt_offset") or 0)
        if CLOCK.search(details.text) and not shows_time(details.text, clock.now() + moved):
            self.context.broken(f"time of the newest {which} call", "the time of the call", details)


def entries_of(display: Display) -> list[str]:
    """The entries of a list that a display shows, newest first."""
    if display.marked is None:
        return []
    first = display.rows.index(display.marked)
    return [row.text.strip() for row in display.rows[first:-1] if row.text.strip()]


def _named(names: list[str], text: str) -> bool:
    """Whether one of these stands in a text as a whole: no part of a longer number or word, of a date or a time."""
    return any(re.search(rf"(?<![\w.:/+*#-]){re.escape(name)}(?![\w.:/*#-])", text, re.IGNORECASE) for name in names)
