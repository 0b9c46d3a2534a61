"""What the user of an identity does, by settings, calls and handsets: its presence (presentation, Presence)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rigs.standin.base.settings import IDENTITIES
from rigs.standin.call import rules
from rigs.standin.call.base_call import Stage
from rigs.standin.sip.presence import Activity

if TYPE_CHECKING:
    from rigs.standin.base.device import Device
    from rigs.standin.call.base_call import BaseCall

DECIDING = {"user_dnd", "user_allow_call_waiting", "user_ipui", "user_add_incoming1_ipuis"}


class Activities:
    """Tells the agent when a user may do something else. `calls` are those of the exchange."""

    def __init__(self, device: Device, calls: list[BaseCall]) -> None:
        self._device = device
        self._calls = calls

    def start(self) -> None:
        """Follows the settings."""
        self._device.sip.activity = self.of
        self._device.settings.on_change(self._setting)

    def of(self, identity: int) -> Activity:
        """What the user does now [inferred]: do not disturb counts first, then a call, then an absent handset."""
        settings = self._device.settings
        if settings.bool("user_dnd", identity):
            return Activity.DND
        if self._talks(identity):
            return Activity.IN_CALL if settings.bool("user_allow_call_waiting", identity) else Activity.BUSY
        own = rules.bound(settings, identity)
        return Activity.AWAY if own and not set(own) & set(self._device.air.located()) else Activity.ONLINE

    def handset(self, ipui: str) -> None:
        """A handset came or went."""
        for identity in IDENTITIES:
            if ipui in rules.bound(self._device.settings, identity):
                self.changed(identity)

    def changed(self, identity: int) -> None:
        """The user of an identity may do something else now."""
        self._device.sip.presences[identity].changed()

    def _talks(self, identity: int) -> bool:
        """Whether an identity has a call that somebody takes part in: made here, or answered."""
        return any(call.identity == identity and call.stage in (Stage.CALLING, Stage.TALKING) for call in self._calls)

    def _setting(self, name: str, idx: int, old: str, new: str) -> None:
        if name in DECIDING and idx in IDENTITIES:
            self.changed(idx)
