"""A handset's display as the dongle reads it."""

from __future__ import annotations

from dataclasses import dataclass

from harness.handset.protocol import DamagedLine, fields


@dataclass(frozen=True)
class Row:
    """One row of text; `inverse` is how the marked line and the soft keys stand there."""

    number: int
    text: str
    inverse: bool = False


@dataclass(frozen=True)
class Display:
    """Rows from the top, and the icons of the status line."""

    rows: tuple[Row, ...]
    icons: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """All rows, one a line."""
        return "\n".join(row.text for row in self.rows)

    @property
    def marked(self) -> Row | None:
        """The inverse row that is not the soft keys' (the last one): the choice in a menu."""
        return next((row for row in self.rows[:-1] if row.inverse), None)

    def has(self, text: str) -> bool:
        """Whether a row holds this text; upper and lower case and runs of blanks are the same."""
        wanted = " ".join(text.lower().split())
        return any(wanted in " ".join(row.text.lower().split()) for row in self.rows)

    def __str__(self) -> str:
        shown = " / ".join(row.text.strip() for row in self.rows if row.text.strip())
        return f"[{shown}]" + (f" icons {' '.join(self.icons)}" if self.icons else "")


def read_display(lines: list[str]) -> Display:
    """The display of AT+DISP's information lines; raises DamagedLine on a damaged row."""
    rows: list[Row] = []
    icons: tuple[str, ...] = ()
    for line in lines:
        name, _, rest = line.partition(":")
        if name == "+DISP":
            row = fields(rest.strip(" "))
            if len(row) < 2 or not row[0].isdigit():
                raise DamagedLine(f"no display row: {line!r}")
            rows.append(Row(int(row[0]), row[1], "INV" in row[2:]))
        elif name == "+ICON":
            icons = tuple(rest.split())
    return Display(tuple(rows), icons)
