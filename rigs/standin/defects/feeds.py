"""Faults of the news reader."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from rigs.standin.core.replacing import Async, defect
from rigs.standin.feeds import parsing
from rigs.standin.feeds.parsing import BadFeed, News
from rigs.standin.feeds.reader import Reader

_read: dict[tuple[int, int], list[News]] = {}


@defect(feature="rss-reader", replaces=parsing.parse)
def atom_is_not_read(healthy: Callable[[bytes], list[News]], data: bytes) -> list[News]:
    """Feeds of the newer form are said to be unreadable."""
    if b"2005/Atom" in data[:500]:
        raise BadFeed("<feed> is no feed")
    return healthy(data)


@defect(feature="rss-reader", replaces=parsing.parse)
def oldest_entry_comes_first(healthy: Callable[[bytes], list[News]], data: bytes) -> list[News]:
    """What is new stands at the end of the list."""
    return healthy(data)[::-1]


@defect(feature="rss-reader", replaces=parsing.parse)
def entries_have_no_words(healthy: Callable[[bytes], list[News]], data: bytes) -> list[News]:
    """Below a title there is nothing."""
    return [replace(one, words="") for one in healthy(data)]


@defect(feature="rss-reader", replaces=parsing.parse)
def a_broken_feed_is_empty(healthy: Callable[[bytes], list[News]], data: bytes) -> list[News]:
    """A server that sends no feed seems to have no news."""
    try:
        return healthy(data)
    except BadFeed:
        return []


@defect(feature="rss-reader", replaces=parsing.parse)
def a_big_feed_is_not_read(healthy: Callable[[bytes], list[News]], data: bytes) -> list[News]:
    """Feeds with many entries are said to be unreadable."""
    if len(data) > 64 * 1024:
        raise BadFeed(f"{len(data)} bytes are too many")
    return healthy(data)


@defect(feature="rss-reader", replaces=Reader.news)
async def a_feed_is_read_once(
    healthy: Callable[[Reader, int, int], Async[list[News]]], reader: Reader, identity: int, feed: int
) -> list[News]:
    """The news are those of the day on which the base was started."""
    place = (identity, feed)
    if place not in _read:
        _read[place] = await healthy(reader, identity, feed)
    return _read[place]
