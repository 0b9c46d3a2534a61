"""What a handset lets the world notice: ringer, display, link, hook, lamps, beeps.

The dongle's mask of AT+SUBS picks from these; the bits are those of the protocol.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import IntFlag


class Kind(IntFlag):
    """One kind of event; values are the bits of AT+SUBS."""

    RING = 1
    DISP = 2
    LINK = 4
    HOOK = 8
    LED = 16
    BEEP = 32


Listener = Callable[[Kind, str], None]


class Events:
    """Tells one listener of each event, with the text that follows the handset's number on the serial line."""

    def __init__(self) -> None:
        self.listener: Listener = lambda kind, text: None
        self._lamps: dict[str, str] = {}
        self._ringing = False
        self._off_hook = False

    def tell(self, kind: Kind, text: str = "") -> None:
        """One event."""
        self.listener(kind, text)

    def ring(self, on: bool, melody: str) -> None:
        """The ringer begins or ends; told once each."""
        if on != self._ringing:
            self._ringing = on
            self.tell(Kind.RING, f'{"ON" if on else "OFF"} "{melody}"')

    @property
    def ringing(self) -> bool:
        """True while the ringer sounds."""
        return self._ringing

    def hook(self, off: bool) -> None:
        """The hook's state; told when it changes."""
        if off != self._off_hook:
            self._off_hook = off
            self.tell(Kind.HOOK, "OFF" if off else "ON")

    def lamp(self, name: str, state: str) -> None:
        """A lamp is ON, OFF or BLINK; told when it changes."""
        if self._lamps.get(name, "OFF") != state:
            self._lamps[name] = state
            self.tell(Kind.LED, f"{name} {state}")

    def beep(self, kind: str) -> None:
        """A short tone: KEY, ERROR, CONFIRM, WAITING."""
        self.tell(Kind.BEEP, kind)
