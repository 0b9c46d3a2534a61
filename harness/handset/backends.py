"""Other labs' dongles: backends of the entry point group `m9.dongles` (design, section 7)."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import entry_points
from typing import Protocol

from harness.core.clock import EventList
from harness.core.errors import UsageError
from harness.handset.dongle import Dongle
from harness.handset.events import DongleEvent

GROUP = "m9.dongles"
OWN = "v1"


class DongleBackend(Protocol):
    """What a backend offers: protocol 1's commands, however it carries them out, and the events.

    `caps` names what it can (KEYS DISPLAY ICONS PICTURE TONE LISTEN RF POWER SUBSCRIBE); tests that need the rest are
    not applicable. The easiest backend is a subclass of Dongle.
    """

    events: EventList[DongleEvent]

    def open(self) -> None:
        """Open the line."""

    def close(self) -> None:
        """Let go of it."""

    def caps(self, handset: int | None = None) -> frozenset[str]:
        """What can be done with a handset, or with every one."""

    def command(self, line: str) -> list[str]:
        """Carry out a command of section 7 and return its information lines."""

    def subscribe(self, handset: int, mask: int = 63) -> None:
        """Let a handset's events come."""

    def fence(self) -> float:
        """Return when everything that happened before is in `events`."""


def backend(name: str) -> Callable[..., Dongle]:
    """The class behind a rig file's `dongle.backend`: called with url, baudrate and timeout. Raises UsageError."""
    if name == OWN:
        return Dongle
    found = {entry.name: entry for entry in entry_points(group=GROUP)}
    if name not in found:
        raise UsageError(f"dongle.backend: {name!r} is not installed", remedy=f"known: {', '.join([OWN, *found])}")
    loaded: Callable[..., Dongle] = found[name].load()
    return loaded
