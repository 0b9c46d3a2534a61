"""What a handset switches from its menu: do not disturb and forwarding, for the identities it is bound to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rigs.standin.base.settings import IDENTITIES, SettingRefused
from rigs.standin.call import rules
from rigs.standin.call.forwarding import Mode

if TYPE_CHECKING:
    from rigs.standin.air.protocol import Facility
    from rigs.standin.base.device import Device

FORWARDING = {"forward-always": Mode.ALWAYS, "forward-busy": Mode.BUSY, "forward-no-answer": Mode.NO_ANSWER}


class Features:
    """Writes settings on behalf of handsets."""

    def __init__(self, device: Device) -> None:
        self._device = device

    def switch(self, message: Facility) -> None:
        """For the identities a handset is bound to, else for the one it calls by."""
        settings = self._device.settings
        own = [n for n in IDENTITIES if message.ipui in rules.bound(settings, n)]
        fallback = rules.calling_identity(message.ipui, settings)
        try:
            with settings.batch() as batch:
                for identity in own or [fallback] * bool(fallback):
                    for name, value in values(message).items():
                        batch.set(name, value, identity, who="handset")
        except SettingRefused as refused:
            self._device.log.write("dect", 3, f"Handset {message.ipui}: {refused}")


def values(message: Facility) -> dict[str, str]:
    """The settings that a handset's wish means; none for a feature that is not known."""
    if message.feature == "dnd":
        return {"user_dnd": "true" if message.on else "false"}
    mode = FORWARDING.get(message.feature)
    if mode is None:
        return {}
    if not message.on:
        return {"user_forward_mode": str(int(Mode.OFF))}
    found = {"user_forward_mode": str(int(mode)), "user_forward_number": message.number}
    return {**found, "user_forward_timeout": str(message.seconds)} if mode is Mode.NO_ANSWER else found
