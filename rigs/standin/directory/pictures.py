"""Pictures of callers: a contact's photo, else what Call-Info names as icon. The ringing waits for none of them."""

from __future__ import annotations

import asyncio
import base64
import binascii
import re
from dataclasses import replace
from typing import TYPE_CHECKING

from rigs.standin.air.picture import PIECE, CallerPicture
from rigs.standin.directory import jpeg
from rigs.standin.provisioning.http import Client, FetchFailed
from rigs.standin.sip.values import read_params, split_outside

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rigs.standin.base.device import Device
    from rigs.standin.call.base_call import BaseCall
    from rigs.standin.directory.contacts import AddressBooks
    from rigs.standin.sip.incoming import IncomingCall

FETCH_S = 15.0
"""Seconds after which a picture is of no use any more."""
_ICON = re.compile(r'icon\s*=\s*(?:"([^"]*)"|([^\s;"]+))', re.IGNORECASE)


class CallerPictures:
    """Tells handsets how a caller looks."""

    def __init__(self, device: Device, books: AddressBooks) -> None:
        self._device = device
        self._books = books

    def look_up(self, call: BaseCall, sip: IncomingCall) -> None:
        """Begins to get the picture of a caller, where there is any."""
        photo, urls = self.of_contact(sip.identity, sip.caller_number), icons(sip.invite.headers.values("Call-Info"))
        if photo and (not urls or self._device.quirks["first_picture"] == "contact"):
            self.send(call, photo)
        elif urls:
            self._device.spawn(self._fetch(call, urls, photo), "caller picture")

    def of_contact(self, identity: int, number: str) -> bytes:
        """The photo of a contact; empty where it has none that a handset can show."""
        known = self._books.contact(identity, number)
        try:
            photo = base64.b64decode(known.photo) if known is not None else b""
        except binascii.Error:
            return b""
        return photo if jpeg.is_fit(photo) else b""

    def send(self, call: BaseCall, photo: bytes) -> None:
        """Sends a picture to the handsets that ring or talk, in pieces as the air carries them."""
        text = base64.b64encode(photo).decode()
        pieces = [text[at : at + PIECE] for at in range(0, len(text), PIECE)]
        for ipui in filter(None, (call.handset, *call.ringing)):
            for number, piece in enumerate(pieces):
                self._device.air.send(CallerPicture(ipui, call.name, number, piece, number == len(pieces) - 1))

    async def _fetch(self, call: BaseCall, urls: Iterable[str], otherwise: bytes = b"") -> None:
        """The first of several that is fit is shown, or else another picture, if the call is still there."""
        for url in urls:
            photo = await self.fetched(url)
            if photo and not call.over:
                self.send(call, photo)
                return
        if otherwise and not call.over:
            self.send(call, otherwise)

    async def fetched(self, url: str) -> bytes:
        """A picture by HTTP or HTTPS; empty where none comes, or none that a handset can show."""
        try:
            async with asyncio.timeout(FETCH_S):
                photo = await self.client().get(url, jpeg.LARGEST)
        except (FetchFailed, TimeoutError) as failed:
            self._log(f"Caller picture: {str(failed) or f'no answer in {FETCH_S:g} s'}")
            return b""
        if jpeg.is_fit(photo):
            return photo
        self._log(f"Caller picture {url}: no JPEG of {jpeg.WIDTH} x {jpeg.HEIGHT} pixels")
        return b""

    def client(self) -> Client:
        """How pictures are asked for: without the login of the settings server, as a caller names any server."""
        return replace(self._device.provisioning.client(), username="", password="")

    def _log(self, text: str) -> None:
        self._device.log.write("sip_call", 4, text)


def icons(values: Iterable[str]) -> list[str]:
    """Addresses of icons in Call-Info: `<url>;purpose=icon` (RFC 3261 section 20.9), or icon="url" (presentation)."""
    return [url for value in values if (url := _icon(value)).lower().startswith(("http://", "https://"))]


def _icon(value: str) -> str:
    address, *params = split_outside(value, ";")
    named = next((found for part in (address, *params) if (found := _ICON.fullmatch(part.strip()))), None)
    if named is not None:
        return named[1] or named[2] or ""
    purpose = read_params(params).get("purpose") or ""
    is_icon = purpose.strip('"').lower() == "icon"
    return address.strip().removeprefix("<").removesuffix(">") if is_icon else ""
