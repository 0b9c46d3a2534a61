"""Faults of registering handsets, of their place in the table, and of a short fade."""

from __future__ import annotations

from collections.abc import Iterable

from rigs.standin.air.strategies import PinStrategy, SupervisionStrategy, WindowStrategy


class ReopenedWindowIsShort(WindowStrategy):
    """Registration mode that was started on the web page ends after a minute; that of the boot lasts ten."""

    feature = "handset-registration"

    def __init__(self) -> None:
        self._opened = False

    def seconds(self) -> float:
        again, self._opened = self._opened, True
        return 60.0 if again else super().seconds()


class PinChangeWaitsForTheBoot(PinStrategy):
    """Once a handset was registered, a changed PIN has no effect before the next boot: the old one opens."""

    feature = "base-pin"

    def __init__(self) -> None:
        self._pin = ""

    def good(self, pin: str) -> Iterable[str]:
        self._pin = self._pin or pin
        return super().good(self._pin)


class ShortFadeDropsTheCall(SupervisionStrategy):
    """Two seconds in a lift end the call, long before the handset has lost its base."""

    feature = "range-loss"

    def expired(self, silence: float) -> bool:
        return silence > 1.5
