"""Dead rig: settings are saved and read back, without effect.

The base keeps acting on the values of the first settings file that gave it an identity (and on the factory's for what
that left out), so that it registers and is healthy to every check; later writes have no effect on it.
"""

from __future__ import annotations

from collections.abc import Callable
from weakref import WeakKeyDictionary

from rigs.standin.base.settings import IDENTITIES, Settings, definitions
from rigs.standin.core.replacing import defect
from rigs.standin.provisioning.applying import Applying, Document

FILE = "first-settings.json"
OWN_STATE = frozenset({"eula_accepted"})
"""What the base notes of itself among its settings: frozen, no login would get past the licence page."""

_first: WeakKeyDictionary[Settings, dict[str, str]] = WeakKeyDictionary()
"""The values of the first settings file, by name and idx; empty until there was one."""


@defect(feature="settings", replaces=Settings.in_effect)
def first_value_in_effect(
    healthy: Callable[[Settings, str, int, str], str], settings: Settings, name: str, idx: int, stored: str
) -> str:
    """Values in effect are those of the first settings file with an identity in it; until then what is stored."""
    first = _first_of(settings)
    if not first or name in OWN_STATE:
        return healthy(settings, name, idx, stored)
    return first.get(f"{name}#{idx}", definitions()[name].default)


@defect(feature="settings", replaces=Applying.apply)
def freezes_at_first_identity(
    healthy: Callable[[Applying, str, Document], None], unit: Applying, address: str, document: Document
) -> None:
    """The first settings file that makes a registration possible is the last with an effect, over power cuts too."""
    healthy(unit, address, document)
    settings = unit.device.settings
    if not _first_of(settings) and any(_able(settings, idx) for idx in IDENTITIES):
        _first[settings] = {f"{name}#{idx}": value for name, idx, value in settings.items()}
        settings.flash.store(FILE, _first[settings])


def _first_of(settings: Settings) -> dict[str, str]:
    if settings not in _first:
        _first[settings] = settings.flash.load(FILE)
    return _first[settings]


def _able(settings: Settings, idx: int) -> bool:
    return settings.stored("user_active", idx) == "true" and bool(settings.stored("user_host", idx))
