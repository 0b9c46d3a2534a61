"""A handset's radio: its bonds, searching and locking, loss and return, its voice slot.

It knows nothing of displays and keys; the handset above hears of locks, subscriptions and call messages.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from enum import Enum
from typing import Any

from rigs.standin.air import protocol as air
from rigs.standin.air.identities import bond_key, response
from rigs.standin.air.limits import limits
from rigs.standin.air.medium import BaseOnAir, Medium

BASES = 4  # bonds a handset can hold; inferred


class LinkState(Enum):
    """The states of the dongle's AT+HS?."""

    UNREGISTERED = "UNREGISTERED"
    LOCKED = "LOCKED"
    LINKED = "LINKED"
    LOST = "LOST"


class PortablePart:
    """The DECT side of one handset; `bonds` maps RFPI to key and number, `store` is told when they change."""

    def __init__(
        self, medium: Medium, number: int, ipui: str, bonds: dict[str, Any], store: Callable[[], None]
    ) -> None:
        self.medium = medium
        self.number = number
        self.ipui = ipui
        self.bonds = bonds
        self.slot: int | None = None
        self.on = False
        self._store = store
        self._base: BaseOnAir | None = None
        self._heard_at = 0.0
        self._locating: BaseOnAir | None = None
        self._asked_at = 0.0
        self._pin: str | None = None
        self._subscribing: BaseOnAir | None = None
        self._proposed = ""
        self._search_ends: asyncio.TimerHandle | None = None
        self._watch: asyncio.TimerHandle | None = None
        self.on_link: Callable[[bool], None] = lambda locked: None
        self.on_subscribed: Callable[[bool, str], None] = lambda done, reason: None
        self.on_expelled: Callable[[], None] = lambda: None
        self.on_message: Callable[[air.Message], None] = lambda message: None
        self.on_voice: Callable[[bytes], None] = lambda frame: None
        medium.attach(self)

    # -- the handset's orders

    def power(self, on: bool, *, farewell: bool = True) -> None:
        """Switches the receiver on or off; off says goodbye to the base unless the battery was pulled."""
        if on == self.on:
            return
        if not on:
            if farewell:
                self.send(air.Detach(self.ipui))
            self._unlock(told=False)
            self._end_search()
            if self._watch is not None:
                self._watch.cancel()
        self.on = on
        if on:
            self._watch_beacons()

    def subscribe(self, pin: str) -> bool:
        """Starts to look for a base in registration mode; False if it is looking already."""
        if self._pin is not None:
            return False
        self._pin = pin
        self._search_ends = asyncio.get_running_loop().call_later(limits()["search_s"], self._search_failed, "no base")
        return True

    def forget(self) -> bool:
        """Ends the bond with the base it is on, else with all; False if there was none."""
        if not self.bonds:
            return False
        self.send(air.AccessRightsTerminate(self.ipui))
        if self._base is not None:
            self.bonds.pop(self._base.rfpi, None)
        else:
            self.bonds.clear()
        self._store()
        self._unlock()
        return True

    def send(self, message: air.Message) -> bool:
        """A message to the base; False where there is none to send it to."""
        if self._base is None:
            return False
        self.medium.send(self, self._base, message)
        return True

    def send_voice(self, frame: bytes) -> None:
        """20 ms of voice in the slot, if there is one."""
        if self._base is not None and self.slot is not None:
            self.medium.send_voice(self, self._base, self.slot, frame)

    @property
    def rssi(self) -> int:
        """What it measures, in dBm; the noise floor when off."""
        return self.medium.rssi(self) if self.on else -120

    @property
    def rfpi(self) -> str:
        """The base it is locked to, else the one it would look for, else empty."""
        return self._base.rfpi if self._base is not None else next(iter(self.bonds), "")

    @property
    def state(self) -> LinkState:
        """As AT+HS? says it; a part that is off counts as lost."""
        if not self.bonds:
            return LinkState.UNREGISTERED
        if self._base is None:
            return LinkState.LOST
        return LinkState.LINKED if self.slot is not None else LinkState.LOCKED

    @property
    def searching(self) -> bool:
        """True while it looks for a base to subscribe to."""
        return self._pin is not None

    # -- what comes from the air

    def heard_beacon(self, base: BaseOnAir, beacon: air.Beacon) -> None:
        """System information of a base in range."""
        if not self.on:
            return
        now = time.monotonic()
        if base is self._base:
            self._heard_at = now
        if self._pin is not None and self._subscribing is None and beacon.registration:
            self._subscribing = base
            self.medium.send(self, base, air.AccessRightsRequest(self.ipui))
        elif self._pin is None and self._base is not base and base.rfpi in self.bonds:
            self._heard_known(base, now)

    def _heard_known(self, base: BaseOnAir, now: float) -> None:
        if self._base is not None:
            if self._base.rfpi != base.rfpi:
                return  # a neighbour we know too: we stay where we are
            self._unlock()  # our base has been restarted: its new transmitter knows nothing of us
        if self._locating is not base or now - self._asked_at > limits()["auth_s"]:
            self._locating, self._asked_at = base, now
            self.medium.send(self, base, air.LocateRequest(self.ipui, self.rssi))

    def heard(self, base: BaseOnAir, message: air.Message) -> None:
        """A message for this part."""
        if not self.on:
            return
        match message:
            case air.KeyAllocate() if base is self._subscribing and self._pin is not None:
                self._proposed = bond_key(self._pin, message.rand, self.ipui)
                self._reply(base, self._proposed, message.rand)
            case air.AccessRightsAccept() if base is self._subscribing:
                self._subscribed(base, message)
            case air.AccessRightsReject() if base is self._subscribing:
                self._search_failed(message.reason)
            case air.AuthenticationRequest() if base.rfpi in self.bonds:
                self._reply(base, self.bonds[base.rfpi]["key"], message.rand)
            case air.LocateAccept() if base is self._locating:
                self._locked(base, message.number)
            case air.LocateReject() | air.AccessRightsTerminate() if base in (self._locating, self._base):
                self._expelled(base)
            case _ if base is self._base:
                self._take_slot(message)
                self.on_message(message)

    def heard_voice(self, base: BaseOnAir, slot: int, frame: bytes) -> None:
        """A voice frame in some slot; ours are passed up."""
        if base is self._base and slot == self.slot:
            self.on_voice(frame)

    def drop_link(self) -> None:
        """Gives the voice slot back."""
        self.slot = None

    # -- inner workings

    def _reply(self, base: BaseOnAir, key: str, rand: str) -> None:
        self.medium.send(self, base, air.AuthenticationReply(self.ipui, response(key, rand)))

    def _take_slot(self, message: air.Message) -> None:
        if isinstance(message, air.CallProceeding | air.Connect | air.ConnectAck):
            self.slot = message.slot

    def _subscribed(self, base: BaseOnAir, message: air.AccessRightsAccept) -> None:
        while len(self.bonds) >= BASES:
            self.bonds.pop(next(iter(self.bonds)))
        self.bonds.pop(message.rfpi, None)
        self.bonds[message.rfpi] = {"key": self._proposed, "number": message.number}
        self._store()
        self._end_search()
        if self._base is not None and self._base is not base:
            self._unlock()
        self._base = None
        self._heard_known(base, time.monotonic())
        self.on_subscribed(True, "")

    def _search_failed(self, reason: str) -> None:
        self._end_search()
        self.on_subscribed(False, reason)

    def _end_search(self) -> None:
        if self._search_ends is not None:
            self._search_ends.cancel()
        self._pin = self._subscribing = self._search_ends = None

    def _locked(self, base: BaseOnAir, number: int) -> None:
        if base.rfpi not in self.bonds:  # it gave way to another while this base was asked
            self._locating = None
            return
        self._base, self._locating = base, None
        self._heard_at = time.monotonic()
        self.bonds[base.rfpi]["number"] = number
        self.on_link(True)

    def _expelled(self, base: BaseOnAir) -> None:
        self.bonds.pop(base.rfpi, None)
        self._store()
        self._unlock()
        self.on_expelled()

    def _unlock(self, told: bool = True) -> None:
        was_locked = self._base is not None
        self._base = self._locating = None
        self.slot = None
        if told and was_locked:
            self.on_link(False)

    def _watch_beacons(self) -> None:
        if self._base is not None and time.monotonic() - self._heard_at > limits()["beacon_lost_s"]:
            self._unlock()
        self._watch = asyncio.get_running_loop().call_later(limits()["beacon_lost_s"] / 8, self._watch_beacons)
