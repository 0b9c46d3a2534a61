"""Names callers while their calls ring, or later if the directory is slow: the ringing waits for nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rigs.standin.air import protocol as air
from rigs.standin.directory.client import DirectoryFailed

if TYPE_CHECKING:
    from rigs.standin.base.device import Device
    from rigs.standin.call.base_call import BaseCall
    from rigs.standin.directory.contacts import AddressBooks
    from rigs.standin.directory.desk import Directory


class CallerNames:
    """Tells handsets whose number it is that calls."""

    def __init__(self, device: Device, directory: Directory, books: AddressBooks) -> None:
        self._device = device
        self._directory = directory
        self._books = books

    def look_up(self, call: BaseCall, number: str) -> None:
        """Begins to look a caller up where the identity wants it; a withheld number is empty."""
        if number and self._directory.names_callers(call.identity):
            self._device.spawn(self._name(call, number), "directory lookup")

    async def _name(self, call: BaseCall, number: str) -> None:
        try:
            name = await self._directory.caller_name(call.identity, number)
        except DirectoryFailed:
            return
        if name and not call.over and not self._books.name(call.identity, number):
            for ipui in filter(None, (call.handset, *call.ringing)):
                self._device.air.send(air.Identify(ipui, call.name, number, name))
