"""The displays of handsets that a test read, out of the dongle's lines in a run's timeline."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from harness.handset.display import Display, read_display
from harness.handset.protocol import DamagedLine

_CHECKSUM = re.compile(r"\*[0-9A-F]{4}$")
_ASKED = re.compile(r"> AT\+DISP=(\d+)")
_PRESSED = re.compile(r"> AT\+KEY=(\d+),([^,]+)")
_CLOCK = re.compile(r"\d\d:\d\d")
SERIAL, IDLE = "serial", "idle"


@dataclass(frozen=True)
class StoredDisplay:
    """What a handset showed when it was read, and the keys that were pressed since the display before."""

    at: float
    handset: int
    display: Display
    keys: tuple[str, ...] = ()

    @property
    def face(self) -> tuple[object, ...]:
        """What makes it another display than the one before: all but clocks and durations, which go on."""
        rows = tuple((_CLOCK.sub("", row.text), row.inverse) for row in self.display.rows)
        return self.handset, rows, self.display.icons


def displays_of(lines: Iterable[dict[str, Any]], test: str) -> list[StoredDisplay]:
    """The displays during the acts of a test, each once; `lines` are the timeline's, `test` is the end of its id.

    What is read of the idle state after the test is left out.
    """
    told = [line for line in lines if f"{line['test']}[".split("[")[0].endswith(test)]
    over = min((line["at"] for line in told if line["source"] == IDLE), default=float("inf"))
    serial = [line for line in told if line["source"] == SERIAL and line["at"] < over]
    found: list[StoredDisplay] = []
    for one in _read(serial):
        before = next((known for known in reversed(found) if known.handset == one.handset), None)
        if before is None or before.face != one.face:
            found.append(one)
    return found


def _read(serial: Iterable[dict[str, Any]]) -> Iterator[StoredDisplay]:
    """Every display that the dongle told whole."""
    keys: dict[int, list[str]] = {}
    asked, rows, at = 0, list[str](), 0.0
    for line in serial:
        text = _CHECKSUM.sub("", line["text"])
        if pressed := _PRESSED.match(text):
            keys.setdefault(int(pressed[1]), []).append(pressed[2])
        if command := _ASKED.match(text):
            asked, rows, at = int(command[1]), [], line["at"]
        elif asked and text.startswith(("< +DISP:", "< +ICON:")):
            rows.append(text.removeprefix("< "))
        elif asked and text == "< OK":
            with suppress(DamagedLine):
                yield StoredDisplay(at, asked, read_display(rows), tuple(keys.pop(asked, ())))
            asked = 0
