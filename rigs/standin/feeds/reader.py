"""The feeds of an identity (settings rss_*): fetched each time that a user opens one [inferred]."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from rigs.standin.air.feeds import FeedEnd, FeedEntry, FeedQuery
from rigs.standin.feeds import parsing
from rigs.standin.feeds.parsing import BadFeed, News
from rigs.standin.provisioning.http import FetchFailed

if TYPE_CHECKING:
    from rigs.standin.base.device import Device

FEEDS = range(1, 6)
BYTES = 1024 * 1024
SECONDS = 8.0
"""How long a user waits."""


class Reader:
    """Answers handsets; one question at a time for each, the newest counts."""

    def __init__(self, device: Device) -> None:
        self._device = device
        self._running: dict[str, asyncio.Task[None]] = {}

    def begin(self, query: FeedQuery, identity: int) -> None:
        """A handset asks; what it asked before is dropped."""
        before = self._running.pop(query.ipui, None)
        if before is not None:
            before.cancel()
        self._running[query.ipui] = self._device.spawn(self._answer(query, identity), "news feed")

    def names(self, identity: int) -> dict[int, str]:
        """The feeds that are set, by number; one without a name is called by its URL."""
        settings = self._device.settings
        urls = {n: settings.get(f"rss_url{n}", identity).strip() for n in FEEDS} if identity else {}
        return {n: settings.get(f"rss_name{n}", identity).strip() or url for n, url in urls.items() if url}

    async def news(self, identity: int, feed: int) -> list[News]:
        """The entries of a feed. Raises FetchFailed or BadFeed."""
        url = self._device.settings.get(f"rss_url{feed}", identity).strip()
        try:
            async with asyncio.timeout(SECONDS):
                return parsing.parse(await self._device.provisioning.client().get(url, BYTES))
        except TimeoutError:
            raise FetchFailed(f"{url}: no answer in {SECONDS:g} s", answered=False) from None

    async def _answer(self, query: FeedQuery, identity: int) -> None:
        send, ipui, asked, trouble = self._device.air.send, query.ipui, query.asked, ""
        if query.feed not in FEEDS:
            for number, name in self.names(identity).items():
                send(FeedEntry(ipui, asked, number, name))
        else:
            try:
                for one in await self.news(identity, query.feed):
                    send(FeedEntry(ipui, asked, query.feed, one.title, one.words))
            except BadFeed as bad:
                trouble = self._failed("unreadable", bad)
            except FetchFailed as failed:
                trouble = self._failed("unreachable", failed)
        send(FeedEnd(ipui, asked, trouble))

    def _failed(self, why: str, error: Exception) -> str:
        self._device.log.write("general", 4, f"News feed: {error}")
        return why
