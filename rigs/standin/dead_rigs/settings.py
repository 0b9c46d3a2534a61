"""Dead rig: settings are saved and read back, without effect.

The base keeps acting on the values of the first settings file that gave it an identity (and on the factory's for what
that left out), so that it registers and is healthy to every check; later writes have no effect on it.
"""

from __future__ import annotations

from rigs.standin.base.settings import IDENTITIES, EffectStrategy, Settings, definitions

FILE = "first-settings.json"
OWN_STATE = frozenset({"eula_accepted"})
"""What the base notes of itself among its settings: frozen, no login would get past the licence page."""


class FrozenEffect(EffectStrategy):
    """Values in effect are those of the first settings file with an identity in it."""

    def __init__(self) -> None:
        self._first: dict[str, str] | None = None

    def value(self, name: str, idx: int, stored: str) -> str:
        """The first value once there is one; the stored value until then."""
        if self._first is None or name in OWN_STATE:
            return stored
        return self._first.get(f"{name}#{idx}", definitions()[name].default)

    def committed(self, settings: Settings, who: str) -> None:
        """Freezes at the first provisioning that makes a registration possible; a power cut thaws nothing."""
        if self._first is None:
            self._first = settings.flash.load(FILE) or None
        if self._first is None and who == "provisioning" and any(_able(settings, idx) for idx in IDENTITIES):
            self._first = {f"{name}#{idx}": value for name, idx, value in settings.items()}
            settings.flash.store(FILE, self._first)


def _able(settings: Settings, idx: int) -> bool:
    return settings.stored("user_active", idx) == "true" and bool(settings.stored("user_host", idx))
