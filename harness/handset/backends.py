"""Other labs' dongles: backends of the entry point group `m9.dongles` (design, section 7)."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import entry_points

from harness.core.errors import UsageError
from harness.handset.dongle import Dongle

GROUP = "m9.dongles"
OWN = "v1"


def backend(name: str) -> Callable[..., Dongle]:
    """The class of a rig file's `dongle.backend`, called with url, baudrate and timeout; raises UsageError.

    It has the operations of Dongle; the easiest is a subclass of it. Its `caps` say what it can.
    """
    if name == OWN:
        return Dongle
    found = {entry.name: entry for entry in entry_points(group=GROUP)}
    if name not in found:
        raise UsageError(f"dongle.backend: {name!r} is not installed", remedy=f"known: {', '.join([OWN, *found])}")
    loaded: Callable[..., Dongle] = found[name].load()
    return loaded
