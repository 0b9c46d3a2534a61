"""What the base tells its handsets for their idle screen: name, time, do not disturb, messages, line."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from rigs.standin.air import protocol as air
from rigs.standin.air.limits import limits
from rigs.standin.base.network_clock import NetworkClock
from rigs.standin.base.settings import IDENTITIES
from rigs.standin.call import forwarding, rules

if TYPE_CHECKING:
    from rigs.standin.base.device import Device
    from rigs.standin.sip.notify import MailboxState


class IdleInfo:
    """Tells a handset when it locates, and all of them when something changed and now and then."""

    def __init__(self, device: Device) -> None:
        self._device = device
        self._clock = NetworkClock(device, self.tell_all)
        self._messages: dict[int, int] = {}
        self.accounts: dict[int, str] = {}
        """Where the mailbox of an identity is, as its server told."""
        self.line: Callable[[str], str] = lambda ipui: ""
        self._due = False

    def start(self) -> None:
        """Begins to ask for the time and to tell it."""
        self._device.settings.on_change(lambda name, idx, old, new: self._soon())
        self._device.sip.on_message_waiting = self._mailbox
        self._device.keep(self._clock.run, "network clock")
        self._device.keep(self._now_and_then, "handset info")

    def tell(self, ipui: str) -> None:
        """Tells one handset."""
        settings, radio = self._device.settings, self._device.air
        own = [n for n in IDENTITIES if ipui in rules.bound(settings, n)]
        dnd = any(settings.bool("user_dnd", n) for n in own)
        messages = self.new_messages(own)
        name, clock = f"Handset {radio.number(ipui)}", self._clock.local
        told = forwarding.told(settings, own)
        radio.send(air.Info(ipui, name, clock, dnd, messages, self.line(ipui), *told, self.language()))

    def language(self) -> str:
        """The language of all handsets."""
        return self._device.settings.get("language").strip().lower()

    @property
    def waiting(self) -> list[int]:
        """The identities whose mailboxes have new messages."""
        return [identity for identity, count in self._messages.items() if count]

    def new_messages(self, identities: list[int]) -> int:
        """How many new messages the mailboxes of some identities have together."""
        return sum(self._messages.get(n, 0) for n in identities)

    def _soon(self) -> None:
        """Tells all once, however many settings of one file change: the air is slow."""
        if not self._due:
            self._due = True
            asyncio.get_running_loop().call_soon(self._now)

    def _now(self) -> None:
        self._due = False
        self.tell_all()

    def tell_all(self) -> None:
        """Tells every handset that is there."""
        for ipui in self._device.air.located():
            self.tell(ipui)

    def _mailbox(self, state: MailboxState) -> None:
        """A mailbox told how many new messages it has; one that does not count them has at least one."""
        self._messages[state.identity] = (state.new or 1) if state.waiting else 0
        if state.account:
            self.accounts[state.identity] = state.account
        self.tell_all()

    async def _now_and_then(self) -> None:
        while True:
            self.tell_all()
            await asyncio.sleep(limits()["info_s"])
