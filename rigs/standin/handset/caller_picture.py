"""How a caller looks, on a handset's display: the picture that the base sent, else a default one (presentation)."""

from __future__ import annotations

import base64
import binascii
import importlib
import io
from functools import cache
from typing import TYPE_CHECKING

from rigs.standin.air.picture import CallerPicture
from rigs.standin.handset.events import Kind

if TYPE_CHECKING:
    from rigs.standin.handset.calls import HandsetCall
    from rigs.standin.handset.handset import Handset

WIDTH, HEIGHT = 40, 50
MOST_PIECES = 1000
_PAPER, _INK = b"\xd8\xdc\xe2", b"\x50\x58\x68"


class Pictures:
    """The pictures of a handset's calls, by the call's name: the rows of 24-bit RGB from the top."""

    def __init__(self, handset: Handset) -> None:
        self._handset = handset
        self._pieces: dict[str, list[str]] = {}
        self._whole: dict[str, bytes] = {}

    def heard(self, message: CallerPicture) -> None:
        """A piece came; the last one completes the picture, if none is missing."""
        calls = {call.call for call in self._handset.phone.calls}
        self._whole = {name: rows for name, rows in self._whole.items() if name in calls}
        if message.call not in calls or message.piece >= MOST_PIECES:
            return
        pieces = self._pieces.setdefault(message.call, []) if message.piece else []
        self._pieces = {message.call: pieces}
        pieces.append(message.data)
        if message.last and len(pieces) == message.piece + 1:
            self._complete(message.call, "".join(pieces))

    def _complete(self, call: str, text: str) -> None:
        rows = decoded(text)
        if rows:
            self._whole[call] = rows
            self._handset.events.tell(Kind.DISP)

    @property
    def shown(self) -> bytes:
        """The picture on the display: that of the caller of the call in front; empty where nobody called."""
        call = self._handset.phone.current if self._handset.powered else None
        if call is None or call.outgoing:
            return b""
        return self.of(call)

    def of(self, call: HandsetCall) -> bytes:
        """The picture of one call that came in."""
        return self._whole.get(call.call) or default()


def decoded(text: str) -> bytes:
    """The rows of a JPEG in base64, as far as it goes and at the display's size; empty for what is none.

    What is fit is the base's decision: handsets show what they get.
    """
    image = importlib.import_module("PIL.Image")  # loaded with the first picture: it takes longer than a boot
    setattr(importlib.import_module("PIL.ImageFile"), "LOAD_TRUNCATED_IMAGES", True)  # noqa: B010 - not in its stubs
    try:
        with image.open(io.BytesIO(base64.b64decode(text)), formats=["JPEG"]) as found:
            drawn = found.convert("RGB")
            rows: bytes = (drawn if drawn.size == (WIDTH, HEIGHT) else drawn.resize((WIDTH, HEIGHT))).tobytes()
            return rows
    except (OSError, ValueError, SyntaxError, binascii.Error):
        return b""


@cache
def default() -> bytes:
    """A head above shoulders: what is shown of callers without a picture."""
    return b"".join(_INK if _is_figure(x, y) else _PAPER for y in range(HEIGHT) for x in range(WIDTH))


def _is_figure(x: int, y: int) -> bool:
    head = (x - 20) ** 2 + (y - 18) ** 2 <= 81
    shoulders = ((x - 20) / 16) ** 2 + ((y - 50) / 20) ** 2 <= 1
    return head or shoulders
