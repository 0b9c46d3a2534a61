"""A handset's display drawn as an SVG, for reports: the rows as they stand, inverse ones inverse."""

from __future__ import annotations

from html import escape

from harness.handset.display import Display

CELL, LINE, MARGIN = 9.6, 22, 14
COLUMNS = 20
"""A row is drawn at least this wide."""
GLASS, INK, BODY = "#c9d8b6", "#1d2a18", "#22262b"


def svg(display: Display, title: str) -> str:
    """The picture of a display with a title such as `Handset 1` above the glass."""
    columns = max([COLUMNS, *(len(row.text) for row in display.rows)])
    rows = max(len(display.rows), 1)
    width, height = columns * CELL + 2 * MARGIN, (rows + 1) * LINE + 2 * MARGIN
    outer_width, outer_height = width + 40, height + 76
    icons = escape(" ".join(display.icons))
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{outer_width:.0f}" height="{outer_height:.0f}" '
        f'font-family="DejaVu Sans Mono, monospace" font-size="16">',
        f'<rect width="100%" height="100%" rx="22" fill="{BODY}"/>',
        f'<text x="{outer_width / 2:.0f}" y="34" fill="#e8eaed" text-anchor="middle" '
        f'font-family="DejaVu Sans, sans-serif" font-size="15">{escape(title)}</text>',
        f'<rect x="20" y="52" width="{width:.0f}" height="{height:.0f}" rx="8" fill="{GLASS}"/>',
        f'<text x="{20 + MARGIN}" y="{52 + MARGIN + 13}" fill="{INK}" font-size="11">{icons}</text>',
    ]
    for index, row in enumerate(display.rows):
        top = 52 + MARGIN + LINE * (index + 1)
        if row.inverse:
            parts.append(
                f'<rect x="{20 + MARGIN - 4}" y="{top}" width="{columns * CELL + 8:.0f}" height="{LINE}" fill="{INK}"/>'
            )
        parts.append(
            f'<text x="{20 + MARGIN}" y="{top + 16}" fill="{GLASS if row.inverse else INK}" '
            f'xml:space="preserve">{escape(row.text)}</text>'
        )
    return "\n".join([*parts, "</svg>"]) + "\n"
