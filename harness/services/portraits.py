"""Pictures of callers for tests: colours in a pattern of its own for each name, as JPEG or as what is no fit one."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from PIL.Image import Image

WIDTH, HEIGHT = 40, 50
"""Pixels (presentation, Picture Caller-ID)."""
QUALITY = 90
HUGE = 3 * 1024 * 1024
KINDS = ("wrong size", "PNG", "GIF", "truncated", "huge", "no image", "empty", "web page")
"""What is not fit for a handset, by name."""


@dataclass(frozen=True)
class Portrait:
    """A picture as it is sent: its file, and the pixels that a decoder makes of it (rows of RGB), empty if unfit."""

    name: str
    file: bytes
    rows: bytes
    content_type: str = "image/jpeg"


@cache
def portrait(name: str) -> Portrait:
    """A fit picture: a JPEG of the right size. Each name has other colours in its quarters."""
    file = _saved(_drawn(name, WIDTH, HEIGHT), "JPEG", quality=QUALITY)
    return Portrait(name, file, _pixels(file))


def unfit(kind: str) -> Portrait:
    """Something in the place of a picture that a handset cannot show, see KINDS."""
    fit, drawn = portrait(kind).file, _drawn(kind, WIDTH, HEIGHT)
    files: dict[str, Callable[[], bytes]] = {
        "wrong size": lambda: _saved(_drawn(kind, 4 * WIDTH, 4 * HEIGHT), "JPEG", quality=QUALITY),
        "PNG": lambda: _saved(drawn, "PNG"),
        "GIF": lambda: _saved(drawn, "GIF"),
        "truncated": lambda: fit[: len(fit) * 4 // 5],
        "huge": lambda: fit + bytes(HUGE),
        "no image": lambda: bytes(range(256)) * 16,
        "empty": lambda: b"",
        "web page": lambda: b"<html><body>Please log in</body></html>",
    }
    return Portrait(kind, files[kind](), b"")


def _drawn(name: str, width: int, height: int) -> Image:
    """Four quarters, each with a colour of the name's own, and a lighter stripe through the middle."""
    from PIL import Image, ImageDraw

    octets = hashlib.sha256(name.encode()).digest()
    image = Image.new("RGB", (width, height))
    draw = ImageDraw.Draw(image)
    for place in range(4):
        left, top = place % 2 * width // 2, place // 2 * height // 2
        colour = tuple(40 + value % 160 for value in octets[3 * place : 3 * place + 3])
        draw.rectangle((left, top, left + width // 2, top + height // 2), fill=colour)
    draw.rectangle((0, height * 2 // 5, width, height * 2 // 5 + height // 10), fill=(230, 230, 225))
    return image


def _saved(image: Image, kind: str, **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def _pixels(file: bytes) -> bytes:
    from PIL import Image

    with Image.open(io.BytesIO(file)) as image:
        rows: bytes = image.convert("RGB").tobytes()
    return rows
