"""Faults of callers' pictures: of cards, of Call-Info, over HTTPS, and of what is no fit picture."""

from __future__ import annotations

import asyncio
import base64
import importlib
import io
import ssl
from collections.abc import Callable, Iterable
from dataclasses import replace

from rigs.standin.call.base_call import BaseCall
from rigs.standin.core.replacing import Async, defect
from rigs.standin.directory import jpeg, pictures
from rigs.standin.directory.contacts import AddressBooks
from rigs.standin.directory.pictures import CallerPictures
from rigs.standin.handset import caller_picture
from rigs.standin.handset.caller_picture import Pictures
from rigs.standin.handset.calls import HandsetCall
from rigs.standin.provisioning.http import Client
from rigs.standin.sip.incoming import IncomingCall

Photo = Callable[[CallerPictures, int, str], bytes]
Fetched = Callable[[CallerPictures, str], Async[bytes]]
Icons = Callable[[Iterable[str]], list[str]]
Of = Callable[[Pictures, HandsetCall], bytes]
LookUp = Callable[[CallerPictures, BaseCall, IncomingCall], None]


# of a contact


@defect(feature="picture-vcard", replaces=CallerPictures.of_contact)
def photos_of_cards_are_not_shown(healthy: Photo, callers: CallerPictures, identity: int, number: str) -> bytes:
    """A contact's picture is in the card, and the default one on the display."""
    return b""


@defect(feature="picture-vcard", replaces=CallerPictures.of_contact)
def photos_of_all_identities_are_shown(healthy: Photo, callers: CallerPictures, identity: int, number: str) -> bytes:
    """The picture of a colleague's private contact is shown at another handset."""
    return next(filter(None, (healthy(callers, one, number) for one in (identity, *range(1, 10)))), b"")


@defect(feature="picture-vcard", replaces=Pictures.of)
def the_picture_of_the_caller_before_stays(healthy: Of, shown: Pictures, call: HandsetCall) -> bytes:
    """Who calls without a picture is shown with the face of the caller before."""
    rows = healthy(shown, call)
    if rows != caller_picture.default():
        setattr(shown, "last", rows)  # noqa: B010 - a name of the defect's own
    last: bytes = getattr(shown, "last", rows)
    return last


@defect(feature="picture-vcard", replaces=Pictures.of)
def an_answer_takes_the_picture_away(healthy: Of, shown: Pictures, call: HandsetCall) -> bytes:
    """When the call is answered the default picture takes the place of the contact's."""
    return caller_picture.default() if call.answered else healthy(shown, call)


@defect(feature="picture-vcard", replaces=caller_picture.decoded)
def red_and_blue_change_places(healthy: Callable[[str], bytes], text: str) -> bytes:
    """Faces are blue."""
    rows = healthy(text)
    return bytes(rows[at + 2 - at % 3 * 2] if at % 3 != 1 else rows[at] for at in range(len(rows)))


@defect(feature="picture-vcard", replaces=caller_picture.decoded)
def pictures_are_upside_down(healthy: Callable[[str], bytes], text: str) -> bytes:
    """Faces stand on their heads."""
    rows = healthy(text)
    width = 3 * caller_picture.WIDTH
    return b"".join(rows[at : at + width] for at in reversed(range(0, len(rows), width)))


@defect(feature="picture-vcard", replaces=CallerPictures.look_up)
def call_info_comes_before_the_contact(
    healthy: LookUp, callers: CallerPictures, call: BaseCall, sip: IncomingCall
) -> None:
    """A caller chooses under which face a contact is shown."""
    if urls := pictures.icons(sip.invite.headers.values("Call-Info")):
        callers._device.spawn(callers._fetch(call, urls), "caller picture")
    else:
        healthy(callers, call, sip)


# of the caller


@defect(feature="picture-call-info", replaces=pictures.icons)
def only_the_spelling_of_the_rfc_is_read(healthy: Icons, values: Iterable[str]) -> list[str]:
    """Callers at servers of the vendor's own spelling have no picture."""
    return healthy([value for value in values if "purpose" in value.lower()])


@defect(feature="picture-call-info", replaces=pictures.icons)
def only_the_spelling_of_the_vendor_is_read(healthy: Icons, values: Iterable[str]) -> list[str]:
    """Callers whose server keeps to the RFC have no picture."""
    return healthy([value for value in values if "purpose" not in value.lower()])


@defect(feature="picture-call-info", replaces=pictures.icons)
def only_the_first_value_of_call_info_is_read(healthy: Icons, values: Iterable[str]) -> list[str]:
    """A caller whose server also names a card has no picture."""
    return healthy(list(values)[:1])


@defect(feature="picture-call-info", replaces=pictures.icons)
def everything_in_call_info_is_a_picture(healthy: Icons, values: Iterable[str]) -> list[str]:
    """The base fetches the caller's home page, and asks servers for what no user wants."""
    told = list(values)
    return healthy([value.replace("purpose=card", "purpose=icon") for value in told])


@defect(feature="picture-call-info", replaces=IncomingCall.ring)
async def rings_when_the_picture_is_there(healthy: Callable[[IncomingCall], Async[None]], call: IncomingCall) -> None:
    """Callers hear nothing until their picture has come; while its server is slow they hang up."""
    books = AddressBooks(call.agent.device)
    for url in pictures.icons(call.invite.headers.values("Call-Info")):
        await CallerPictures(call.agent.device, books).fetched(url)
    await healthy(call)


@defect(feature="picture-call-info", replaces=CallerPictures.fetched)
async def pictures_are_waited_for_a_second(healthy: Fetched, callers: CallerPictures, url: str) -> bytes:
    """A picture of a slow server is never shown."""
    try:
        async with asyncio.timeout(1.0):
            return await healthy(callers, url)
    except TimeoutError:
        return b""


@defect(feature="picture-call-info", replaces=CallerPictures._fetch)
async def a_late_picture_is_shown_for_the_next_caller(
    healthy: Callable[[CallerPictures, BaseCall, Iterable[str], bytes], Async[None]],
    callers: CallerPictures,
    call: BaseCall,
    urls: Iterable[str],
    otherwise: bytes = b"",
) -> None:
    """A picture that comes when its caller has given up is shown for the one who calls then."""
    for url in urls:
        photo = await callers.fetched(url)
        for there in callers._device.exchange.calls if photo else ():
            callers.send(there, photo)


# over HTTPS


@defect(feature="picture-https", replaces=pictures.icons)
def pictures_come_by_http_only(healthy: Icons, values: Iterable[str]) -> list[str]:
    """A picture that a server offers by HTTPS is never shown."""
    return [url for url in healthy(values) if not url.lower().startswith("https")]


@defect(feature="picture-https", replaces=CallerPictures.client)
def any_server_of_pictures_is_trusted(healthy: Callable[[CallerPictures], Client], callers: CallerPictures) -> Client:
    """A stranger in the network shows users the faces that it likes."""
    trust = ssl.create_default_context()
    trust.check_hostname, trust.verify_mode = False, ssl.CERT_NONE
    return replace(healthy(callers), trust=trust)


# what is no fit picture


@defect(feature="picture-format", replaces=jpeg.size)
def pictures_of_any_size_are_shown(healthy: Callable[[bytes], tuple[int, int]], data: bytes) -> tuple[int, int]:
    """A photo of another size is pressed into the display, and the face is distorted."""
    return (jpeg.WIDTH, jpeg.HEIGHT) if healthy(data) != (0, 0) else (0, 0)


@defect(feature="picture-format", replaces=jpeg.is_fit)
def half_a_picture_is_shown(healthy: Callable[[bytes], bool], data: bytes) -> bool:
    """Of a picture that was cut off on its way the upper half is shown above a grey one."""
    return healthy(data) or healthy(data + b"\xff\xd9")


@defect(feature="picture-format", replaces=CallerPictures.fetched)
async def an_unfit_picture_is_a_black_one(healthy: Fetched, callers: CallerPictures, url: str) -> bytes:
    """In the place of a picture that cannot be shown stands a black box."""
    photo = await healthy(callers, url)
    if photo:
        return photo
    file = io.BytesIO()
    importlib.import_module("PIL.Image").new("RGB", (jpeg.WIDTH, jpeg.HEIGHT)).save(file, "JPEG")
    return file.getvalue()


@defect(feature="picture-format", replaces=CallerPictures.fetched)
async def a_caller_with_an_unfit_picture_is_refused(healthy: Fetched, callers: CallerPictures, url: str) -> bytes:
    """Whose picture has the wrong format cannot reach anybody."""
    photo = await healthy(callers, url)
    if not photo:
        for call in callers._device.exchange.calls:
            if call.offer is not None:
                await call.offer.reject(500, "Bad Picture")
    return photo


@defect(feature="picture-format", replaces=CallerPictures.of_contact)
def unfit_photos_of_cards_are_sent(healthy: Photo, callers: CallerPictures, identity: int, number: str) -> bytes:
    """A card's photo of any size is pressed into the display."""
    known = callers._books.contact(identity, number)
    return healthy(callers, identity, number) or (base64.b64decode(known.photo) if known is not None else b"")
