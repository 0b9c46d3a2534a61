"""The messages of the air link about news feeds; the module is imported by whoever sends or takes them."""

from __future__ import annotations

from dataclasses import dataclass

from rigs.standin.air.protocol import Message


@dataclass(frozen=True)
class FeedQuery(Message):
    """Portable: the entries of a feed by its number, for 0 the names of all; `asked` numbers the questions."""

    asked: int = 0
    feed: int = 0


@dataclass(frozen=True)
class FeedEntry(Message):
    """Base: one entry, or the name of a feed with its number."""

    asked: int = 0
    feed: int = 0
    title: str = ""
    words: str = ""


@dataclass(frozen=True)
class FeedEnd(Message):
    """Base: that was all; `trouble` says why there is nothing: unreachable, unreadable."""

    asked: int = 0
    trouble: str = ""
