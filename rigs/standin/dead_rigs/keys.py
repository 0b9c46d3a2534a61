"""Dead rig: the dongle acknowledges every key and presses none; displays, states and registrations are healthy."""

from __future__ import annotations

from collections.abc import Callable

from rigs.standin.core.replacing import defect
from rigs.standin.handset.handset import Handset


@defect(feature="keys", replaces=Handset.press)
def keys_without_effect(
    healthy: Callable[[Handset, str, int], None], handset: Handset, key: str, milliseconds: int = 0
) -> None:
    """Keys are acknowledged without effect."""
