"""How long the parts of a rig may take, in seconds: the rig file's `timing` as the drivers know it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """The limits of a driver's waits if the caller names none; the defaults are those of a rig file."""

    boot: float = 90.0
    register: float = 15.0
    answer: float = 5.0
    power: float = 10.0
    web: float = 10.0
    subscribe: float = 30.0
    dongle: float = 2.0
    display: float = 3.0


def chosen(within: float | None, limit: float) -> float:
    """The limit that the caller of a wait named, else the rig's limit."""
    return limit if within is None else within
