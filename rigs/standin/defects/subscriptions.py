"""Faults of registering handsets, of their place in the table, and of a short fade."""

from __future__ import annotations

from weakref import WeakKeyDictionary

from rigs.standin.air.strategies import SupervisionStrategy, WindowStrategy
from rigs.standin.air.subscriptions import Subscriptions
from rigs.standin.core.replacing import defect
from rigs.standin.defects._healthy import Proving


class ReopenedWindowIsShort(WindowStrategy):
    """Registration mode that was started on the web page ends after a minute; that of the boot lasts ten."""

    feature = "handset-registration"

    def __init__(self) -> None:
        self._opened = False

    def seconds(self) -> float:
        again, self._opened = self._opened, True
        return 60.0 if again else super().seconds()


_pins: WeakKeyDictionary[Subscriptions, str] = WeakKeyDictionary()


@defect(feature="base-pin", replaces=Subscriptions.proven_key)
def pin_change_waits_for_the_boot(
    healthy: Proving, bonds: Subscriptions, ipui: str, rand: str, answer: str, pin: str
) -> str | None:
    """Once a handset was registered, a changed PIN has no effect before the next boot: the old one opens."""
    return healthy(bonds, ipui, rand, answer, _pins.setdefault(bonds, pin))


class ShortFadeDropsTheCall(SupervisionStrategy):
    """Two seconds in a lift end the call, long before the handset has lost its base."""

    feature = "range-loss"

    def expired(self, silence: float) -> bool:
        return silence > 1.5
