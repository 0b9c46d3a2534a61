"""Searches of handsets in directory and address books: one at a time for each handset, the newest counts."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from rigs.standin.air.directory import NUMBERS, DirectoryEnd, DirectoryHit, DirectorySearch
from rigs.standin.directory.client import DirectoryFailed

if TYPE_CHECKING:
    from rigs.standin.base.device import Device
    from rigs.standin.directory.contacts import AddressBooks
    from rigs.standin.directory.desk import Directory, Hit


class Searches:
    """Answers handsets."""

    def __init__(self, device: Device, directory: Directory, books: AddressBooks) -> None:
        self._device = device
        self._directory = directory
        self._books = books
        self._running: dict[str, asyncio.Task[None]] = {}

    def begin(self, message: DirectorySearch, identity: int) -> None:
        """A handset asks; what it asked before is dropped."""
        before = self._running.pop(message.ipui, None)
        if before is not None:
            before.cancel()
        self._running[message.ipui] = self._device.spawn(self._search(message, identity), "directory search")

    async def _search(self, message: DirectorySearch, identity: int) -> None:
        hits: list[Hit] = []
        trouble = ""
        try:
            if message.contacts:
                hits = self._books.search(identity, message.text)
            else:
                hits = await self._directory.search(identity, message.text)
        except DirectoryFailed as failed:
            trouble = failed.why
        send, ipui, search = self._device.air.send, message.ipui, message.search
        for hit in hits:
            send(DirectoryHit(ipui, search, hit.name, NUMBERS.join(hit.numbers)))
        send(DirectoryEnd(ipui, search, trouble))
