"""Displays of handsets drawn side by side into one PNG, for pages that take no SVG."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from harness.core.errors import UsageError
from harness.handset.picture import BODY, COLUMNS, GLASS, INK, LINE, MARGIN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PIL.ImageDraw import ImageDraw
    from PIL.ImageFont import FreeTypeFont

    from harness.handset.display import Display

MONO, SANS = "DejaVuSansMono.ttf", "DejaVuSans.ttf"
A_ROW = 4
"""Displays beside each other; more stand below."""
ROWS = 7
GAP, HEAD, CAPTION, EDGE, TITLE = 16, 40, 44, 20, 44
PAPER, TEXT, FAINT = "#ffffff", "#22262b", "#6a7077"
CELL = 9.63
"""The width of a letter of 16 pixels in DejaVu Sans Mono."""


@dataclass(frozen=True)
class Screen:
    """One display, what stands above it on the handset, and how the user came there."""

    display: Display
    title: str
    caption: str


def write_png(path: Path, title: str, note: str, screens: Sequence[Screen]) -> None:
    """All screens in their order, below a title and a fainter note; raises UsageError where there is no font."""
    from PIL import Image, ImageDraw

    mono, sans = _font(MONO, 16), _font(SANS, 15)
    columns = max(COLUMNS, *(len(row.text) for screen in screens for row in screen.display.rows))
    width, height = round(columns * CELL) + 2 * MARGIN + 2 * EDGE, HEAD + (ROWS + 1) * LINE + 2 * MARGIN + EDGE
    down = -(-len(screens) // A_ROW)
    across = -(-len(screens) // down)
    size = (across * (width + GAP) + GAP, TITLE + down * (height + CAPTION) + GAP)
    image = Image.new("RGB", size, PAPER)
    draw = ImageDraw.Draw(image)
    draw.text((GAP, 12), title, TEXT, font=_font(SANS, 18))
    draw.text((size[0] - GAP, size[1] - 8), note, FAINT, font=_font(SANS, 12), anchor="rd")
    for place, screen in enumerate(screens):
        left, top = GAP + place % across * (width + GAP), TITLE + place // across * (height + CAPTION)
        _draw(draw, screen, (left, top, left + width, top + height), (mono, sans))
    image.save(path, optimize=True)


def _draw(
    draw: ImageDraw, screen: Screen, box: tuple[int, int, int, int], fonts: tuple[FreeTypeFont, FreeTypeFont]
) -> None:
    left, top, right, bottom = box
    mono, sans = fonts
    draw.rounded_rectangle(box, 18, fill=BODY)
    draw.text(((left + right) / 2, top + 11), screen.title, "#e8eaed", font=sans, anchor="ma")
    draw.rounded_rectangle((left + EDGE, top + HEAD, right - EDGE, bottom - EDGE), 8, fill=GLASS)
    left, right, top = left + EDGE + MARGIN, right - EDGE - MARGIN, top + HEAD + MARGIN
    draw.text((left, top), " ".join(screen.display.icons), INK, font=_font(MONO, 11))
    for number, row in enumerate(screen.display.rows, 1):
        at = top + number * LINE
        if row.inverse:
            draw.rectangle((left - 4, at, right + 4, at + LINE), fill=INK)
        draw.text((left, at + 2), row.text, GLASS if row.inverse else INK, font=mono)
    draw.text(
        ((box[0] + box[2]) / 2, bottom + 8), screen.caption, TEXT, font=_font(SANS, 13), anchor="ma", align="center"
    )


def _font(name: str, size: int) -> FreeTypeFont:
    from PIL import ImageFont

    try:
        return ImageFont.truetype(name, size)
    except OSError as error:
        raise UsageError(f"no font {name} on this machine", remedy="apt-get install fonts-dejavu-core") from error
