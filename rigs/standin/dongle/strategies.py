"""Where a dead rig takes hold of the dongle."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rigs.standin.core.strategies import Strategy

if TYPE_CHECKING:
    from rigs.standin.handset.handset import Handset


class KeyPressStrategy(Strategy):
    """The finger that presses a handset's key."""

    def press(self, handset: Handset, key: str, milliseconds: int) -> None:
        """Presses and lets go."""
        handset.press(key, milliseconds)
