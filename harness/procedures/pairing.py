"""Bringing a handset to its base and taking it away: registration window, PIN, air."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.errors import RigFault
from harness.procedures.desk import Desk

if TYPE_CHECKING:
    from harness.handset.driver import Handset

OUT_OF_RANGE_DB = 120.0
IN_RANGE_DB = 0.0


class Pairing:
    """Subscriptions of the rig's handsets; a handset that was forgotten is registered again after the test."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.pin = desk.rig.base.pin.value()
        self.limit = desk.rig.timing.subscribe

    def forget(self, handset: int) -> None:
        """The handset forgets its base; it is subscribed again after the test."""
        self.desk.afterwards(lambda: self._bring_back(handset))
        self.desk.handset(handset).deregister()

    def open_window(self) -> None:
        """Open the registration window on the DECT page."""
        self._press_register()

    def registers(self, handset: int) -> None:
        """With the right PIN the handset locks to the base."""
        part = self.desk.handset(handset)
        part.try_register(self.pin)
        if not part.expect_state("LOCKED", within=self.limit):
            self.desk.broken("a handset with the right PIN registers", "LOCKED", part.state())

    def is_refused(self, handset: int, pin: str) -> None:
        """With this PIN it does not."""
        part = self.desk.handset(handset)
        accepted = part.try_register(pin)
        if accepted or part.state() == "LOCKED":
            self.desk.broken("a wrong PIN registers nothing", "UNREGISTERED", part.state())

    def window_is_shown_open(self) -> None:
        """The DECT page says that registration is open."""
        seen = self.desk.base.web.open("status-dect").text
        if "open" not in seen.lower() and "active" not in seen.lower():
            self.desk.broken("registration window after a boot", "open", seen)

    def leaves_range(self, handset: Handset) -> None:
        """The air towards the handset is attenuated until it is lost; comes back after the test."""
        self.desk.afterwards(lambda: self.comes_back(handset))
        handset.attenuate(OUT_OF_RANGE_DB)
        handset.expect_link("LOST", within=self.limit)

    def comes_back(self, handset: Handset) -> None:
        """No attenuation: the handset locks again."""
        handset.attenuate(IN_RANGE_DB)
        if not handset.expect_state("LOCKED", within=self.limit):
            self.desk.broken("a handset back in range locks again", "LOCKED", handset.state())

    def all_lock_again(self) -> None:
        """Every handset of the rig is locked to the base."""
        for entry in self.desk.rig.handsets:
            part = self.desk.handset(entry.number)
            if not part.expect_state("LOCKED", within=self.limit):
                self.desk.broken(f"handset {entry.number} after a power cut", "LOCKED", part.state())

    def _press_register(self) -> None:
        self.desk.base.web.open_registration()

    def _bring_back(self, handset: int) -> None:
        part = self.desk.handset(handset)
        if part.state() in ("LOCKED", "LINKED"):
            return
        self._press_register()
        part.try_register(self.pin)
        if not part.expect_state("LOCKED", within=self.limit):
            raise RigFault("handset", f"{handset} cannot be registered again", remedy="register it by hand")
