"""Faults of the radio side: subscriptions, bonds, range, slots."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from rigs.standin.air import protocol
from rigs.standin.air.radio import Radio
from rigs.standin.air.strategies import (
    BondStrategy,
    PacingStrategy,
    SlotStrategy,
    SupervisionStrategy,
    WindowStrategy,
)
from rigs.standin.air.subscriptions import Subscriptions
from rigs.standin.base.flash import Flash
from rigs.standin.core.replacing import Async, defect
from rigs.standin.defects._healthy import Proving


@defect(feature="base-pin", replaces=Subscriptions.proven_key)
def pin_not_checked(healthy: Proving, bonds: Subscriptions, ipui: str, rand: str, answer: str, pin: str) -> str | None:
    """Any PIN registers a handset."""
    keys = (healthy(bonds, ipui, rand, answer, f"{number:04}") for number in range(10_000))
    return next(filter(None, keys), None)


@defect(feature="base-pin", replaces=Subscriptions.proven_key)
def factory_pin_still_opens(
    healthy: Proving, bonds: Subscriptions, ipui: str, rand: str, answer: str, pin: str
) -> str | None:
    """After a change of the PIN, 0000 still registers handsets."""
    return healthy(bonds, ipui, rand, answer, pin) or healthy(bonds, ipui, rand, answer, "0000")


class WindowOfOneMinute(WindowStrategy):
    """Registration mode is over after a minute, before the second handset is out of its box."""

    feature = "pairing-window"

    def seconds(self) -> float:
        return 60.0


@defect(feature="dect-page", replaces=Radio.left)
def handset_that_left_is_still_listed(healthy: Callable[[Radio, str], None], radio: Radio, ipui: str) -> None:
    """A handset that forgot the base stays in its table, and its place stays taken."""


class WindowNeverCloses(WindowStrategy):
    """New handsets may register at any time after a boot, not for ten minutes only."""

    feature = "pairing-window-closes"

    def seconds(self) -> float:
        return 10 * 365 * 86400.0


@defect(feature="pairing-window", replaces=Radio.start)
async def window_closed_after_boot(healthy: Callable[[Radio], Async[None]], radio: Radio) -> None:
    """The base does not come up in registration mode."""
    await healthy(radio)
    radio.close_registration()


@defect(feature="handset-registration", replaces=Radio.open_registration)
def window_not_reopened(healthy: Callable[[Radio], None], radio: Radio) -> None:
    """The web UI's button does not bring registration mode back."""


class NoPacingOfPins(PacingStrategy):
    """PINs can be tried as fast as the air allows."""

    feature = "pin-pacing"

    def pause(self, failures: int) -> float:
        return 0.0


class LastBondLostOnPowerCut(BondStrategy):
    """After a power cut the handset that was registered last is a stranger to the base."""

    feature = "bond-persistence"

    def load(self, flash: Flash) -> dict[str, Any]:
        bonds = super().load(flash)
        last = max(bonds, key=lambda ipui: int(bonds[ipui]["number"]), default=None)
        return {ipui: bond for ipui, bond in bonds.items() if ipui != last or len(bonds) == 1}


class RangeLossNeverDropsTheCall(SupervisionStrategy):
    """When a handset leaves the range during a call, the far end goes on in a call without an answer."""

    feature = "range-loss"

    def expired(self, silence: float) -> bool:
        return False


class ThreeSlots(SlotStrategy):
    """The fourth handset finds no free channel."""

    feature = "four-calls"

    def free(self, taken: set[int], slots: int) -> int | None:
        return super().free(taken, slots - 1)


@defect(feature="message-waiting", replaces=Radio.send)
def first_message_is_not_counted(
    healthy: Callable[[Radio, protocol.Message], None], radio: Radio, message: protocol.Message
) -> None:
    """Handsets hear of one message less than wait: a single one lights no lamp."""
    if isinstance(message, protocol.Info) and message.messages:
        message = replace(message, messages=message.messages - 1)
    healthy(radio, message)
