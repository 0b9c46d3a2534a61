"""The news reader of a handset: its feeds, the titles of one, and the words of an entry."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rigs.standin.air.feeds import FeedEnd, FeedEntry, FeedQuery
from rigs.standin.handset.choosing import Choice, leave
from rigs.standin.handset.data import constant, text
from rigs.standin.handset.display import Row, screen, wrapped

if TYPE_CHECKING:
    from rigs.standin.handset.handset import Handset


class Feeds:
    """What the base has told of the question that a handset asked last."""

    def __init__(self, handset: Handset) -> None:
        self._handset = handset
        self._asked = 0
        self.entries: list[FeedEntry] = []
        self.waiting = False
        self.trouble = ""

    def ask(self, feed: int = 0) -> None:
        """Asks the base for the names of all feeds, or for the entries of one."""
        self._asked += 1
        self.entries, self.trouble, self.waiting = [], "", True
        if not self._handset.part.send(FeedQuery(self._handset.part.ipui, self._asked, feed)):
            self.waiting, self.trouble = False, "unreachable"

    def heard(self, message: FeedEntry | FeedEnd) -> None:
        """What the base found; what belongs to an older question is dropped."""
        if message.asked != self._asked:
            return
        if isinstance(message, FeedEntry):
            self.entries.append(message)
        else:
            self.waiting, self.trouble = False, message.trouble


class Titles(Choice):
    """The names of the feeds, or the titles of one."""

    def __init__(self, handset: Handset, title: str, feed: int = 0) -> None:
        super().__init__(handset, title, text("soft.select"), text("soft.back"))
        self._feed = feed
        handset.feeds.ask(feed)

    def lines(self) -> list[str]:
        return [entry.title[: constant("columns")] for entry in self._handset.feeds.entries]

    def rows(self) -> list[Row]:
        feeds = self._handset.feeds
        if feeds.waiting:
            return screen([self._title, text("feeds.loading")], "", text("soft.back"))
        if not feeds.entries:
            return screen([self._title, text(f"feeds.{feeds.trouble or 'none'}")], "", text("soft.back"))
        return super().rows()

    def choose(self, at: int) -> None:
        entry = self._handset.feeds.entries[at]
        if self._feed:
            self._handset.open(Story(self._handset, entry))
        else:
            self._handset.back()
            self._handset.open(Titles(self._handset, entry.title[: constant("columns")], entry.feed))


class Story:
    """One entry: its title and words, moved by UP and DOWN."""

    def __init__(self, handset: Handset, entry: FeedEntry) -> None:
        self._handset = handset
        self._lines = [*wrapped(entry.title), *wrapped(entry.words)]
        self._at = 0

    def rows(self) -> list[Row]:
        shown = constant("rows") - 1
        return screen(list(self._lines[self._at : self._at + shown]), "", text("soft.back"))

    def press(self, key: str) -> None:
        if key in {"UP", "DOWN"}:
            most = max(0, len(self._lines) - constant("rows") + 1)
            self._at = max(0, min(most, self._at + (1 if key == "DOWN" else -1)))
        else:
            leave(self._handset, key)


def begin(handset: Handset) -> None:
    """The feeds of the handset's identity."""
    handset.open(Titles(handset, text("feeds.title")))
