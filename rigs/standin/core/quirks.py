"""Behaviour of the m9 that is only inferred: a named switch for each, with its documented alternatives.

The facts sheet leaves these open; a lab that learns the truth of its unit sets them in its rig file under
`standin: {quirks: {name: value}}`. The alternatives and their sources stand in `quirks.yaml`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml


@dataclass(frozen=True)
class Quirk:
    """One switch: what it decides, the values it may take, and why the default is the default."""

    name: str
    decides: str
    default: str
    alternatives: dict[str, str]
    source: str


@cache
def known() -> dict[str, Quirk]:
    """The switches of quirks.yaml by name."""
    with (Path(__file__).with_name("quirks.yaml")).open(encoding="utf-8") as text:
        raw = yaml.safe_load(text)
    return {name: Quirk(name=name, **row) for name, row in raw.items()}


class Quirks:
    """The switches as set for one rig: the rig file's values over the defaults."""

    def __init__(self, chosen: dict[str, str] | None = None) -> None:
        self._values = {name: quirk.default for name, quirk in known().items()}
        for name, value in (chosen or {}).items():
            if name not in self._values:
                raise ValueError(f"standin.quirks.{name}: no such quirk; known: {', '.join(sorted(self._values))}")
            allowed = known()[name].alternatives
            text = {True: "on", False: "off"}.get(value, str(value)) if isinstance(value, bool) else str(value)
            if text not in allowed:
                raise ValueError(f"standin.quirks.{name}: {text!r} is not one of {', '.join(allowed)}")
            self._values[name] = text

    def __getitem__(self, name: str) -> str:
        return self._values[name]

    def get(self, name: str) -> str:
        """The value in force; KeyError if quirks.yaml does not know the name."""
        return self._values[name]
