"""The stand-in's pictures of callers: fit JPEGs, spellings of Call-Info, pieces over the air, and the default one."""

from __future__ import annotations

import base64
import io
from types import SimpleNamespace
from typing import Any

import pytest
from PIL import Image

from rigs.standin.air.picture import PIECE, CallerPicture
from rigs.standin.core.quirks import Quirks
from rigs.standin.directory import jpeg
from rigs.standin.directory.pictures import CallerPictures, icons
from rigs.standin.handset.caller_picture import Pictures, decoded, default


def made(kind: str = "JPEG", size: tuple[int, int] = (40, 50), **options: Any) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, (200, 60, 60)).save(file, kind, **options)
    return file.getvalue()


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"quality": 30}, {"comment": b"a comment"}])
def test_a_jpeg_of_40_by_50_pixels_is_fit(options):
    assert jpeg.is_fit(made(**options))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\xd8\xff\xd9",
        made(size=(50, 40)),
        made("PNG"),
        made("GIF"),
        made()[:-200],
        made() + bytes(jpeg.LARGEST),
        made().replace(b"\xff\xc0", b"\xff\xda"),
        b"<html>" * 20,
    ],
)
def test_nothing_else_is_fit(data):
    assert not jpeg.is_fit(data)


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ('icon="http://h/j.jpg"', ["http://h/j.jpg"]),
        ("icon=http://h/j.jpg", ["http://h/j.jpg"]),
        ("<https://h/j.jpg>;purpose=icon", ["https://h/j.jpg"]),
        ('<http://h/j.jpg> ; x="a;b" ; Purpose = "ICON"', ["http://h/j.jpg"]),
        ('<sip:h>;icon="http://h/j.jpg"', ["http://h/j.jpg"]),
        ("<http://h/j.jpg>;purpose=info", []),
        ("<http://h/j.jpg>", []),
        ("<file:///etc/passwd>;purpose=icon", []),
        ("", []),
        (";;purpose", []),
    ],
)
def test_call_info_names_icons_in_several_spellings(value, found):
    assert icons([value]) == found


def handset(*calls: str) -> Any:
    known = [SimpleNamespace(call=name, outgoing=False) for name in calls]
    phone = SimpleNamespace(calls=known, current=known[0] if known else None)
    return SimpleNamespace(phone=phone, powered=True, events=SimpleNamespace(tell=lambda kind: None))


def sent(call: str, data: bytes) -> list[CallerPicture]:
    text = base64.b64encode(data).decode()
    pieces = [text[at : at + PIECE] for at in range(0, len(text), PIECE)]
    return [CallerPicture("", call, at, piece, at == len(pieces) - 1) for at, piece in enumerate(pieces)]


def test_a_picture_is_shown_when_its_last_piece_has_come():
    shown = Pictures(handset("b1"))
    assert shown.shown == default()
    *first, last = sent("b1", made())
    for message in first:
        shown.heard(message)
    assert shown.shown == default()
    shown.heard(last)
    assert shown.shown == decoded(base64.b64encode(made()).decode())
    assert shown.shown != default()


def test_a_picture_with_a_piece_missing_or_of_another_call_is_not_shown():
    shown = Pictures(handset("b1"))
    pieces = sent("b1", made(quality=100, size=(40, 50)))
    for message in [*pieces[:1], *pieces[2:], *sent("b7", made())]:
        shown.heard(message)
    assert shown.shown == default()


def test_nobody_is_shown_without_a_caller():
    assert Pictures(handset()).shown == b""
    assert decoded("no base64") == b""
    assert len(default()) == 40 * 50 * 3


@pytest.mark.parametrize(("quirks", "first"), [({}, "card"), ({"first_picture": "call_info"}, "fetched")])
def test_the_card_or_call_info_may_come_first(quirks, first):
    asked: list[str] = []
    device: Any = SimpleNamespace(
        quirks=Quirks(quirks), spawn=lambda work, what: (work.close(), asked.append("fetched"))
    )
    callers = CallerPictures(device, SimpleNamespace())  # type: ignore[arg-type]  # no book is asked here
    callers.of_contact = lambda identity, number: made()  # type: ignore[method-assign]
    callers.send = lambda call, photo: asked.append("card")  # type: ignore[method-assign]
    headers = SimpleNamespace(values=lambda name: ["<http://h/j.jpg>;purpose=icon"])
    sip: Any = SimpleNamespace(identity=1, caller_number="301", invite=SimpleNamespace(headers=headers))
    callers.look_up(SimpleNamespace(), sip)  # type: ignore[arg-type]
    assert asked == [first]
