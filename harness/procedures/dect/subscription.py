"""Bringing a handset to its base and taking it away, with the right PIN and with wrong ones."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from harness.core.clock import WaitExpired, wait_until
from harness.core.errors import NotApplicable, RigFault
from harness.handset.menus import menus
from harness.procedures.limits import limits

if TYPE_CHECKING:
    from harness.handset.driver import Handset
    from harness.procedures.dect.state import DectState


class Subscription:
    """Subscriptions of the rig's handsets; a handset that was forgotten is registered again after the test."""

    def __init__(self, state: DectState) -> None:
        self._state = state
        self._context = state.context
        self.pin = state.context.rig.base.pin.value()
        self._tried: dict[int, tuple[str, bool]] = {}

    # acts

    def forget(self, handset: int) -> None:
        """The handset forgets its base; it is subscribed again after the test."""
        part = self._state.handset(handset)
        self._context.addfinalizer(lambda: self._bring_back(part))
        part.link.deregister()
        if not part.link.expect_state("UNREGISTERED", within=self._state.limit):
            self._context.missing(f"handset {handset} forgets its base", part.link.state())

    def register(self, handset: int, pin: str = "") -> None:
        """The handset tries to come to the base, with the base's PIN or with this one."""
        typed = pin or self.pin
        self._tried[handset] = typed, self._state.handset(handset).link.try_register(typed)

    def set_pin(self, pin: str) -> None:
        """The base is given another PIN; its own comes back after the test, before any handset is brought back."""
        self._context.addfinalizer(lambda: (self._context.base.restore(), None)[1])
        self._context.base.change("base_pin", pin)

    def wrong_pins(self, times: int) -> Iterator[str]:
        """So many PINs that are not the base's."""
        for guess in range(times):
            yield f"{(int(self.pin) + 1 + guess) % 10 ** len(self.pin):0{len(self.pin)}}"

    def require_wrong_pins_slowed_down(self) -> None:
        """Only where the data says so: that a base does it is inferred, and a lab that knows better corrects it."""
        if not menus().registration.paced:
            raise NotApplicable("menus.registration.paced: this unit lets PINs be tried as fast as the air allows")

    # what is expected

    def expect_registered(self, handset: int) -> None:
        """The handset has locked to the base: the window was open and the PIN the right one."""
        _, locked = self._tried[handset]
        if not locked:
            part = self._state.handset(handset)
            seen = f"{part.link.state()}, {part.display()}"
            self._context.broken("a handset with the base's PIN registers", "LOCKED", seen)

    def expect_refused(self, handset: int) -> None:
        """The handset did not lock: the PIN was wrong, the window was closed, or the base makes a pause."""
        pin, locked = self._tried[handset]
        if locked:
            part = self._state.handset(handset)
            claim = f"no handset registers with {pin}, a wrong PIN or one that is not taken now"
            self._context.broken(claim, "UNREGISTERED", f"{part.link.state()}, {part.display()}")

    def expect_registered_later(self, handset: int) -> None:
        """The pause ends: with the right PIN the handset is taken again."""
        part = self._state.handset(handset)
        if not self._registers_within(part, limits().pause_after_pins):
            expectation = f"LOCKED within {limits().pause_after_pins:g} s"
            self._context.broken("the pause after wrong PINs ends", expectation, part.link.state())

    def _bring_back(self, part: Handset) -> None:
        if part.link.state() in ("LOCKED", "LINKED"):
            return
        self._state.web.dect.open_registration()
        if not self._registers_within(part, limits().pause_after_pins):
            raise RigFault("handset", f"{part.number} cannot be registered again", remedy="register it by hand")

    def _registers_within(self, part: Handset, seconds: float) -> bool:
        """Whether it registers, tried again and again: a base may pause after wrong PINs."""
        try:
            wait_until(lambda: part.link.try_register(self.pin), what="it registers", within=seconds, poll=1.0)
        except WaitExpired:
            return False
        return True
