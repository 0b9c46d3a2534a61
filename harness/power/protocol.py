"""What every plug can."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable


@dataclass(frozen=True)
class PowerCut:
    """A change of power: when it was requested, when it was confirmed (epoch seconds), and by what."""

    on: bool
    asked_at: float
    confirmed_at: float
    confirmed_by: tuple[str, ...]


@dataclass(frozen=True)
class PowerState:
    """What the plug says: admin state, whether power is delivered, whether the link is up (None: cannot be asked)."""

    enabled: bool
    delivering: bool
    link: bool | None
    text: str

    @property
    def on(self) -> bool:
        """Power is asked for and delivered."""
        return self.enabled and self.delivering

    def __str__(self) -> str:
        return self.text


@runtime_checkable
class Power(Protocol):
    """The base's plug. `off` and `on` return when the plug is seen to be so; RigFault when it is not in time."""

    def off(self) -> PowerCut:
        """Take power away."""

    def on(self) -> PowerCut:
        """Give power."""

    def cycle(self) -> PowerCut:
        """Off and on again; returns the second change."""

    def state(self) -> PowerState:
        """What the plug says now."""

    def close(self) -> None:
        """Let go of the plug; it stays as it is."""
