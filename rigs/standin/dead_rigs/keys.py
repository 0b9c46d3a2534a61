"""Dead rig: the dongle acknowledges every key and presses none; displays, states and registrations are healthy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rigs.standin.dongle.strategies import KeyPressStrategy

if TYPE_CHECKING:
    from rigs.standin.handset.handset import Handset


class LimpFinger(KeyPressStrategy):
    """Keys are acknowledged without effect."""

    def press(self, handset: Handset, key: str, milliseconds: int) -> None:
        """Touches nothing."""
