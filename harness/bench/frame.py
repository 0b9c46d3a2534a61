"""The frame of `m9 bench`: each row is a module of `ROWS` with a function `measure() -> Row`.

A row with `ON_REQUEST = True` takes minutes and is measured only when it is named.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

ROWS = (
    "wire_latency",
    "stored_verdict",
    "call_test",
    "rig_start",
    "plugin_cost",
    "judged_night",
    "judged_long_call",
    "night_jobs",
)


@dataclass(frozen=True)
class Row:
    """One figure compared with that of another tool.

    `compare` names the figure with a target: how many times faster we are, how many times longer we take, or how many
    units more. `target` is its limit; `theirs` is None without another tool.
    """

    name: str
    ours: float
    theirs: float | None
    compare: Literal["times faster", "times longer", "more", "absolute"]
    target: float
    unit: str = "s"
    note: str = ""

    @property
    def ratio(self) -> float | None:
        """The figure that is compared with the target."""
        if self.compare == "absolute":
            return self.ours
        if self.theirs is None:
            return None
        if self.compare == "more":
            return self.ours - self.theirs
        above, below = (self.theirs, self.ours) if self.compare == "times faster" else (self.ours, self.theirs)
        return above / below if below else None

    @property
    def met(self) -> bool:
        """Whether the target is met."""
        if self.ratio is None:
            return False
        return self.ratio >= self.target if self.compare == "times faster" else self.ratio <= self.target

    def line(self) -> str:
        """The row as it is printed."""
        theirs = "–" if self.theirs is None else f"{self.theirs:.4g} {self.unit}"
        ratio = "–" if self.ratio is None else f"{self.ratio:.3g}"
        sign = "≥" if self.compare == "times faster" else "≤"
        mark = "✓" if self.met else "✗"
        note = f"   {self.note}" if self.note else ""
        figure = f"{ratio} {self.compare} (target {sign} {self.target:g})"
        return f"{mark} {self.name:<58} ours {self.ours:.4g} {self.unit:<3} theirs {theirs:<12} {figure}{note}"

    def as_json(self) -> dict[str, Any]:
        """For a machine."""
        return {
            "name": self.name,
            "ours": self.ours,
            "theirs": self.theirs,
            "ratio": self.ratio,
            "target": self.target,
            "compare": self.compare,
            "unit": self.unit,
            "met": self.met,
            "note": self.note,
        }


@dataclass(frozen=True)
class Measurement:
    """A row that can be measured: its name, its function, and whether only on request."""

    name: str
    measure: Callable[[], Row]
    on_request: bool = False


def measurements() -> list[Measurement]:
    """All rows, in their order."""
    found = []
    for name in ROWS:
        module = importlib.import_module(f"harness.bench.{name}")
        found.append(Measurement(name, module.measure, getattr(module, "ON_REQUEST", False)))
    return found
