"""The decisions of the radio side that a fault could get wrong."""

from __future__ import annotations

from typing import Any

from rigs.standin.air.limits import limits
from rigs.standin.base.flash import Flash
from rigs.standin.core.strategies import Strategy


class WindowStrategy(Strategy):
    """When a new handset may subscribe (facts 5: ten minutes from boot, opened again from the web UI)."""

    def seconds(self) -> float:
        """How long the window stays open."""
        return limits()["registration_window_s"]


class PacingStrategy(Strategy):
    """How long a base refuses subscriptions after wrong PINs (ten thousand combinations are soon tried)."""

    def pause(self, failures: int) -> float:
        """Seconds to refuse after so many wrong PINs in a row."""
        beyond = failures - int(limits()["pin_free_tries"])
        return 0.0 if beyond < 0 else min(3600.0, limits()["pin_pace_s"] * 2**beyond)


class BondStrategy(Strategy):
    """Where the bonds with handsets are kept."""

    FILE = "bonds.json"

    def load(self, flash: Flash) -> dict[str, Any]:
        """All bonds: IPUI to key and number."""
        return flash.load(self.FILE)

    def store(self, flash: Flash, bonds: dict[str, Any]) -> None:
        """Keeps the bonds over a power cut."""
        flash.store(self.FILE, bonds)


class SupervisionStrategy(Strategy):
    """When the base gives up a call whose handset has gone silent."""

    def expired(self, silence: float) -> bool:
        """True once no voice frame came for `silence` seconds and the link counts as lost."""
        return silence > limits()["supervision_s"]


class SlotStrategy(Strategy):
    """How many handsets can talk at a time (the presentation: four calls)."""

    def free(self, taken: set[int], slots: int) -> int | None:
        """The lowest free voice slot, None if all are taken."""
        return next((slot for slot in range(slots) if slot not in taken), None)
