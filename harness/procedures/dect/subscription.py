"""Bringing a handset to its base and taking it away: registration window, PIN, air."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from harness.base.pages import expected
from harness.core.clock import WaitExpired, wait_until
from harness.core.errors import NotApplicable, RigFault
from harness.handset.menus import menus
from harness.procedures.context import TestContext
from harness.procedures.dect.dect_link import Attachment

if TYPE_CHECKING:
    from harness.handset.driver import Handset

WINDOW_SECONDS = 600
"""How long registration mode lasts (facts §5)."""
OPENED = 20.0
"""Seconds that may have gone since registration mode was started, at most."""
RUN_DOWN = 4.0
PAUSE_SECONDS = 60.0
"""Longer than a base makes a handset wait after a handful of wrong PINs; the figure is inferred."""


class Pairing(Attachment):
    """Subscriptions of the rig's handsets; a handset that was forgotten is registered again after the test."""

    def __init__(self, context: TestContext) -> None:
        super().__init__(context)
        self.pin = context.rig.base.pin.value()

    def forget(self, handset: int) -> None:
        """The handset forgets its base; it is subscribed again after the test."""
        part = self._part(handset)
        self.context.addfinalizer(lambda: self._bring_back(part))
        part.deregister()
        if not part.expect_state("UNREGISTERED", within=self.limit):
            self.context.missing(f"handset {handset} forgets its base", part.state())

    # registration mode

    def open_window(self) -> None:
        """End registration mode and start it anew on the DECT page."""
        self.close_window()
        self.web.open_registration()

    def close_window(self) -> None:
        """End registration mode on the DECT page, which says so; it is open again after the test."""
        self.context.addfinalizer(self.web.open_registration)
        self.web.close_registration()
        seen = self.web.registration_mode()
        if _is_open(seen):
            self.context.broken("registration mode is ended by its button", "closed", seen)

    def window_is_shown_open(self) -> None:
        """The DECT page says that registration is open."""
        seen = self.web.registration_mode()
        if not _is_open(seen):
            self.context.broken("handsets may register", "registration mode open", seen)

    def window_lasts_ten_minutes(self, opened: float = OPENED) -> None:
        """Of the ten minutes (facts §5) not more has gone than since the window was opened, this many seconds ago."""
        first = self._seconds_left()
        if not WINDOW_SECONDS - opened <= first <= WINDOW_SECONDS:
            wanted = f"{WINDOW_SECONDS - opened:.0f} to {WINDOW_SECONDS} s left"
            self.context.broken("registration mode lasts ten minutes", wanted, f"{first} s left")

    def window_runs_down(self) -> None:
        """The page's time left of the window runs down, from ten minutes at most; its end is not waited for."""
        self.window_lasts_ten_minutes()
        first = self._seconds_left()
        try:
            wait_until(lambda: self._seconds_left() < first, what="the time left runs down", within=RUN_DOWN, poll=0.3)
        except WaitExpired as stood_still:
            self.context.broken("registration mode runs down", "less time left each second", stood_still)

    # registering

    def registers(self, handset: int) -> None:
        """With the right PIN the handset locks to the base."""
        part = self._part(handset)
        if not part.try_register(self.pin):
            self.context.broken("a handset with the right PIN registers", "LOCKED", f"{part.state()}, {part.display()}")

    def is_refused(self, handset: int) -> None:
        """Even with the right PIN it does not register now; its display says so."""
        self._refused(self._part(handset), self.pin, "nobody registers outside of registration mode or in a pause")

    def gives_wrong_pins(self, handset: int, times: int) -> None:
        """One wrong PIN after the other, each refused."""
        for guess in range(times):
            wrong = f"{(int(self.pin) + 1 + guess) % 10 ** len(self.pin):0{len(self.pin)}}"
            self._refused(self._part(handset), wrong, "a wrong PIN registers nothing")

    def wrong_pins_are_said_to_be_slowed_down(self) -> None:
        """Only where the data says so: that a base does it is inferred, and a lab that knows better corrects it."""
        if not menus().registration.paced:
            raise NotApplicable("menus.registration.paced: this unit lets PINs be tried as fast as the air allows")

    def base_has_pin(self, pin: str) -> None:
        """Give the base another PIN; its own comes back after the test, before any handset is brought back."""
        self.context.addfinalizer(lambda: (self.context.base.restore(), None)[1])
        self.context.base.change("base_pin", pin)

    def registers_with(self, handset: int, pin: str) -> None:
        """With this PIN the handset locks to the base."""
        part = self._part(handset)
        if not part.try_register(pin):
            self.context.broken(
                "a handset with the base's PIN registers", "LOCKED", f"{part.state()}, {part.display()}"
            )

    def is_refused_with(self, handset: int, pin: str) -> None:
        """With this PIN it does not."""
        self._refused(self._part(handset), pin, f"only the base's own PIN registers a handset, not {pin}")

    def registers_later(self, handset: int) -> None:
        """The pause ends: with the right PIN the handset is taken again."""
        part = self._part(handset)
        if not self._registers_within(part, PAUSE_SECONDS):
            self.context.broken("the pause after wrong PINs ends", f"LOCKED within {PAUSE_SECONDS:g} s", part.state())

    # locating

    def locate(self) -> None:
        """Press the button that rings all handsets; a key silences each after the test."""
        for entry in self.context.rig.handsets:
            part = self._part(entry.number)
            self.context.addfinalizer(lambda part=part: part.press("ONHOOK"))  # type: ignore[misc]
        self.began = self.context.wire.mark()
        self.web.locate_handsets()

    def all_ring(self) -> None:
        """Every registered handset rings."""
        for part in self._taken.values():
            part.expect_ring(within=self.context.answer, since=self.began)

    def a_key_silences(self, handset: int) -> None:
        """Found: a key on the handset ends its ringing."""
        part = self._part(handset)
        part.press("ONHOOK")
        part.expect_ring_end(within=self.context.answer, since=self.began)

    def _refused(self, part: Handset, pin: str, claim: str) -> None:
        if part.try_register(pin):
            self.context.broken(claim, "UNREGISTERED", f"{part.state()}, {part.display()}")

    def _seconds_left(self) -> int:
        seen = self.web.registration_mode()
        left = re.search(expected().registration_mode["left"], seen)
        if left is None:
            self.context.missing("the time left of registration mode on its page", seen)
        return int(left[1]) * 60 + int(left[2])

    def _bring_back(self, part: Handset) -> None:
        if part.state() in ("LOCKED", "LINKED"):
            return
        self.web.open_registration()
        if not self._registers_within(part, PAUSE_SECONDS):
            raise RigFault("handset", f"{part.number} cannot be registered again", remedy="register it by hand")

    def _registers_within(self, part: Handset, seconds: float) -> bool:
        """Whether it registers, tried again and again: a base may pause after wrong PINs."""
        try:
            wait_until(lambda: part.try_register(self.pin), what="it registers", within=seconds, poll=1.0)
        except WaitExpired:
            return False
        return True


def _is_open(mode: str) -> bool:
    return re.match(rf"({expected().registration_mode['open']})\b", mode, re.IGNORECASE) is not None
