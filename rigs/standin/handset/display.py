"""The display: seven rows of text, some of them inverse, and the icons of the top line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from rigs.standin.handset.data import constant


@dataclass(frozen=True)
class Row:
    """One line of text."""

    text: str
    inverse: bool = False


def soft_keys(left: str, right: str) -> Row:
    """The bottom row: the left and the right soft key's names, inverse as on the glass."""
    gap = max(1, constant("columns") - len(left) - len(right))
    return Row((left + " " * gap + right) if left or right else "", inverse=True)


def screen(lines: list[str | Row], left: str = "", right: str = "") -> list[Row]:
    """All rows of a screen: the lines from the top, blank ones, the soft keys at the bottom."""
    body = [line if isinstance(line, Row) else Row(line) for line in lines[: constant("rows") - 1]]
    body += [Row("")] * (constant("rows") - 1 - len(body))
    return [*body, soft_keys(left, right)]


def wrapped(text: str) -> list[str]:
    """A long text in rows of the display's width; one row at least."""
    width = constant("columns")
    return [text[at : at + width] for at in range(0, len(text), width)] or [""]


class Display:
    """What is on the glass; `on_change` is called after each change of it."""

    def __init__(self, on_change: Callable[[], None]) -> None:
        self.rows: list[Row] = []
        self.icons: list[str] = []
        self._on_change = on_change

    def show(self, rows: list[Row], icons: list[str]) -> None:
        """Puts rows and icons on the glass; nothing is told if they stood there already."""
        if rows != self.rows or icons != self.icons:
            self.rows, self.icons = rows, icons
            self._on_change()
