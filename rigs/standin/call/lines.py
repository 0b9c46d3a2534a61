"""By which identity a handset calls: its own one, another one that its user chose, or that of a mailbox."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rigs.standin.base.settings import IDENTITIES
from rigs.standin.call import rules, short_numbers
from rigs.standin.call.short_numbers import MAILBOX

if TYPE_CHECKING:
    from rigs.standin.air.protocol import Setup
    from rigs.standin.base.device import Device
    from rigs.standin.base.idle_info import IdleInfo


class Lines:
    """The lines of all handsets; what a user chose is forgotten with a restart [inferred]."""

    def __init__(self, device: Device, info: IdleInfo) -> None:
        self._device = device
        self._info = info
        self._chosen: dict[str, int] = {}
        info.line = self.name

    def identity(self, ipui: str) -> int:
        """The identity that a handset calls by; 0 if there is none."""
        own = rules.calling_identity(ipui, self._device.settings)
        chosen = self._chosen.get(ipui, own)
        return chosen if chosen in rules.lines(ipui, self._device.settings) else own

    def next(self, ipui: str) -> None:
        """The handset's next line; behind the last one comes the first."""
        choices, now = rules.lines(ipui, self._device.settings), self.identity(ipui)
        if choices:
            self._chosen[ipui] = choices[(choices.index(now) + 1) % len(choices)] if now in choices else choices[0]

    def name(self, ipui: str) -> str:
        """What a handset shows of the line that it calls by."""
        identity, settings = self.identity(ipui), self._device.settings
        return settings.get("user_name", identity) if identity else ""

    def meant(self, setup: Setup) -> tuple[int, str]:
        """Identity and number of a call: what was dialled, or what the key stands for; 0 or empty where it is none."""
        identity, settings = self.identity(setup.ipui), self._device.settings
        if not setup.key or not identity:
            return identity, setup.number
        if setup.key != MAILBOX:
            return identity, short_numbers.speed_dial(settings, identity, setup.key)
        own = [n for n in IDENTITIES if setup.ipui in rules.bound(settings, n)]
        identity = short_numbers.mailbox_identity(own, self._info.waiting, identity)
        return identity, short_numbers.mailbox(settings, identity, self._info.accounts)
