"""The base's radio: beacons, subscriptions, locates, four voice slots and their supervision.

It connects to `air.sock` of the run directory, where the portable parts are; the exchange gets what is about calls.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rigs.standin.air import protocol as air
from rigs.standin.air.antenna import Antenna
from rigs.standin.air.identities import rfpi_of
from rigs.standin.air.strategies import SlotStrategy, SupervisionStrategy
from rigs.standin.air.subscriptions import Subscriptions
from rigs.standin.core.replacing import seam

if TYPE_CHECKING:
    from rigs.standin.base.device import Device


@dataclass(frozen=True)
class HandsetRow:
    """A subscribed handset as the base knows it: `state` is located, in call or not located; `rssi` dBm or None."""

    number: int
    ipui: str
    name: str
    state: str
    rssi: int | None


@dataclass
class Link:
    """A handset's voice slot at work; `heard_at` is when its last frame came (monotonic seconds)."""

    slot: int
    heard_at: float


class Radio:
    """The base side of the air. Callbacks are plain functions, called on the event loop."""

    def __init__(self, device: Device) -> None:
        self._device = device
        self.rfpi = rfpi_of(device.mac)
        self._subscriptions = Subscriptions(device.flash, device.strategies, paced=self._paces)
        self._antenna = Antenna(device.folder / "air.sock", self._heard, lambda text: self._log(2, text))
        self._located: dict[str, int] = {}
        self._locating: dict[str, int] = {}
        self._subscribing: set[str] = set()
        self._links: dict[str, Link] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self.on_message: Callable[[air.Message], None] = lambda message: None
        self.on_voice: Callable[[str, bytes], None] = lambda ipui, frame: None
        self.on_located: Callable[[str], None] = lambda ipui: None
        self.on_lost: Callable[[str], None] = lambda ipui: None

    def _paces(self) -> bool:
        return self._device.quirks["pin_pacing"] == "paced"

    async def start(self) -> None:
        """Goes on the air, in registration mode for the first ten minutes."""
        self._subscriptions.open_window()
        self._tasks.append(self._device.keep(self._beacons, "air beacons"))

    async def stop(self) -> None:
        """Leaves the air."""
        for task in self._tasks:
            task.cancel()
        self._antenna.disconnect()

    # -- what the web UI asks for

    def open_registration(self) -> None:
        """Registration mode for another ten minutes."""
        self._subscriptions.open_window()
        self._log(3, "Registration mode opened")

    def close_registration(self) -> None:
        """Ends registration mode."""
        self._subscriptions.close_window()
        self._log(3, "Registration mode closed")

    @property
    def registration_open(self) -> bool:
        """True while new handsets may subscribe."""
        return self._subscriptions.seconds_left > 0

    @property
    def registration_seconds_left(self) -> float:
        """Seconds until registration mode ends."""
        return self._subscriptions.seconds_left

    def handsets(self) -> list[HandsetRow]:
        """All subscribed handsets by number."""
        return [
            HandsetRow(
                bond.number, bond.ipui, f"Handset {bond.number}", self._state(bond.ipui), self._located.get(bond.ipui)
            )
            for bond in self._subscriptions
        ]

    def locate_handsets(self) -> None:
        """Rings every handset so that it is found (DECT paging)."""
        for bond in self._subscriptions:
            self.send(air.Page(bond.ipui, on=True))

    def forget(self, ipui: str) -> bool:
        """Ends a handset's subscription from the base's side; False for a stranger."""
        if not self._subscriptions.forget(ipui):
            return False
        self._gone(ipui)
        self.send(air.AccessRightsTerminate(ipui))
        self._log(3, f"Handset {ipui} de-registered")
        return True

    # -- what the exchange asks for

    def located(self) -> list[str]:
        """IPUIs of the handsets that are on and in reach, as far as the base knows, by number."""
        return [bond.ipui for bond in self._subscriptions if bond.ipui in self._located]

    def subscribed(self) -> list[str]:
        """IPUIs of all handsets of this base, by number."""
        return [bond.ipui for bond in self._subscriptions]

    def number(self, ipui: str) -> int:
        """A handset's number at this base, 0 for a stranger."""
        bond = self._subscriptions.get(ipui)
        return bond.number if bond else 0

    def open_link(self, ipui: str) -> int | None:
        """A voice slot for a handset (the one it has, if any); None if all four are taken."""
        if ipui not in self._links:
            taken = {link.slot for link in self._links.values()}
            slot = self._device.strategies.get(SlotStrategy).free(taken, air.SLOTS)
            if slot is None:
                return None
            self._links[ipui] = Link(slot, time.monotonic())
        return self._links[ipui].slot

    def close_link(self, ipui: str) -> None:
        """Frees a handset's voice slot."""
        self._links.pop(ipui, None)

    @seam
    def send(self, message: air.Message) -> None:
        """Puts a message on the air; a base that is alone sends into the void, as radios do."""
        self._antenna.send(air.encode(message))
        if not isinstance(message, air.Beacon):
            self._log(8, f"> {message}")

    def send_voice(self, ipui: str, frame: bytes) -> None:
        """Puts 20 ms of voice into the handset's slot, if it has one."""
        link = self._links.get(ipui)
        if link is not None:
            self._antenna.send(air.encode_voice(link.slot, frame))

    # -- the air itself

    async def _beacons(self) -> None:
        number = 0
        while True:
            self._antenna.connect()
            self.send(air.Beacon("", self.rfpi, number, self.registration_open))
            self._supervise()
            number += 1
            await asyncio.sleep(air.MULTIFRAME_SECONDS)

    def _heard(self, message: air.Message | tuple[int, bytes]) -> None:
        if isinstance(message, air.Message):
            self._log(8, f"< {message}")
            self._handle(message)
        else:
            self._voice(*message)

    def _voice(self, slot: int, frame: bytes) -> None:
        for ipui, link in self._links.items():
            if link.slot == slot:
                link.heard_at = time.monotonic()
                self.on_voice(ipui, frame)
                return

    def _supervise(self) -> None:
        now = time.monotonic()
        strategy = self._device.strategies.get(SupervisionStrategy)
        for ipui in [ipui for ipui, link in self._links.items() if strategy.expired(now - link.heard_at)]:
            self._log(3, f"Handset {ipui} lost in a call")
            self._gone(ipui)

    def _gone(self, ipui: str) -> None:
        self._located.pop(ipui, None)
        self.on_lost(ipui)
        self._links.pop(ipui, None)

    # -- mobility management

    def _handle(self, message: air.Message) -> None:
        ipui = message.ipui
        match message:
            case air.AccessRightsRequest():
                self._subscription_asked(ipui)
            case air.LocateRequest():
                self._locate_asked(ipui, message.rssi)
            case air.AuthenticationReply():
                self._answered(ipui, message.response)
            case air.AccessRightsTerminate():
                self.left(ipui)
                self._gone(ipui)
            case air.Detach():
                self._gone(ipui)
            case _ if self._subscriptions.get(ipui) is not None:
                self._located.setdefault(ipui, 0)  # a handset that sends is in range
                self.on_message(message)

    def left(self, ipui: str) -> None:
        """A handset ended its registration: the bond is over."""
        if self._subscriptions.forget(ipui):
            self._log(3, f"Handset {ipui} ended its registration")

    def _subscription_asked(self, ipui: str) -> None:
        reason = self._subscriptions.refusal(ipui)
        if reason:
            self._log(3, f"Registration of handset {ipui} refused: {reason}")
            self.send(air.AccessRightsReject(ipui, reason))
            return
        self._subscribing.add(ipui)
        self.send(air.KeyAllocate(ipui, self._subscriptions.challenge(ipui)))

    def _locate_asked(self, ipui: str, rssi: int) -> None:
        if self._subscriptions.get(ipui) is None:
            self.send(air.LocateReject(ipui))
            return
        if ipui in self._links:  # it comes back from a restart in the middle of a call
            self._gone(ipui)
        self._subscribing.discard(ipui)
        self._locating[ipui] = rssi
        self.send(air.AuthenticationRequest(ipui, self._subscriptions.challenge(ipui)))

    def _answered(self, ipui: str, answer: str) -> None:
        if ipui in self._subscribing:
            self._subscribing.discard(ipui)
            bond = self._subscriptions.subscribe(ipui, answer, self._device.settings.get("base_pin"))
            if bond is None:
                self._log(3, f"Registration of handset {ipui} refused: wrong PIN")
                self.send(air.AccessRightsReject(ipui, "pin"))
            else:
                self._log(3, f"Handset {ipui} registered as handset {bond.number}")
                self.send(air.AccessRightsAccept(ipui, self.rfpi, bond.number))
            return
        rssi = self._locating.pop(ipui, 0)
        if self._subscriptions.authenticate(ipui, answer):
            self._located[ipui] = rssi
            self._log(5, f"Handset {ipui} located")
            self.send(air.LocateAccept(ipui, self.number(ipui)))
            self.on_located(ipui)
        else:
            self._located.pop(ipui, None)
            self.send(air.LocateReject(ipui))

    def _state(self, ipui: str) -> str:
        if ipui in self._links:
            return "in call"
        return "located" if ipui in self._located else "not located"

    def _log(self, level: int, text: str) -> None:
        self._device.log.write("dect", level, text)
