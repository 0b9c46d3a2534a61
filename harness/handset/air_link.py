"""A handset's radio link to its base: subscription, lock, range."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from harness.core import steps
from harness.core.clock import Deadline, WaitExpired
from harness.core.errors import InvalidTest, RigFault
from harness.core.limits import chosen
from harness.handset.dongle import HandsetStatus
from harness.handset.menus import menus
from harness.handset.protocol import quote

if TYPE_CHECKING:
    from harness.handset.screen import Keypad

LOOK_AGAIN = 0.5
"""Seconds after which a state without an event of its own (UNREGISTERED) is asked for again."""


class AirLink:
    """The state of a handset's link to the base, as the dongle reports it."""

    def __init__(self, handset: Keypad) -> None:
        self._handset = handset

    def status(self) -> HandsetStatus:
        """Its line of AT+HS?; raises RigFault when the dongle does not have it."""
        for status in self._handset.dongle.handsets():
            if status.number == self._handset.number:
                return status
        text = f"the dongle has no handset {self._handset.number}"
        raise RigFault(
            "handsets", text, remedy="insert its battery and put the dongle beside it; check handsets.*.number"
        )

    def state(self) -> str:
        """UNREGISTERED, LOCKED, LINKED or LOST."""
        return self.status().state

    def expect_state(self, state: str, within: float | None = None) -> bool:
        """Whether it comes to this state in time; LINKED (in a call) is LOCKED too."""
        wanted = {"LOCKED", "LINKED"} if state == "LOCKED" else {state}
        return self._state_within(lambda seen: seen in wanted, chosen(within, self._handset.limits.subscribe))

    def expect_link(self, state: str, within: float | None = None, since: float = 0.0) -> None:
        """Wait for LINK LOCKED or LOST; a missing one makes the test invalid, as the air belongs to the rig."""
        try:
            limit = chosen(within, self._handset.limits.subscribe)
            self._handset.dongle.expect_event("LINK", self._handset.number, within=limit, since=since, state=state)
        except WaitExpired as expired:
            if self.state() in ({"LOCKED", "LINKED"} if state == "LOCKED" else {state}):
                return
            raise InvalidTest(f"handset {self._handset.number} is {state}", expired.last_seen) from expired

    def register(self, pin: str, within: float | None = None) -> None:
        """Subscribe to the base in registration mode; raises ProductFailure when it is refused."""
        if not self.try_register(pin, within):
            seen = f"{self.state()}, {self._handset.display()}"
            self._handset.broken("a handset registers in the open window", "LOCKED", seen)

    def try_register(self, pin: str, within: float | None = None) -> bool:
        """Subscribe with this PIN and say whether it worked; ends with the lock or with the handset's refusal."""
        self._handset.dongle.need("KEYS", self._handset.number)
        did = {"kind": "subscribe", "handset": self._handset.number}
        with steps.step("handset", f"handset {self._handset.number} subscribes", did=did):
            self._handset.dongle.command(f"AT+REG={self._handset.number},{quote(pin)}")
            limit = chosen(within, self._handset.limits.subscribe)
            self._state_within(lambda seen: seen in ("LOCKED", "LINKED") or self._is_refused(), limit)
        return self.state() in ("LOCKED", "LINKED")

    def deregister(self) -> None:
        """Let the handset forget its base."""
        did = {"kind": "deregister", "handset": self._handset.number}
        with steps.step("handset", f"handset {self._handset.number} forgets its base", did=did):
            self._handset.dongle.command(f"AT+DEREG={self._handset.number}")

    def attenuate(self, db: float) -> None:
        """Attenuate the air towards this handset, 0 to 120 dB."""
        self._handset.dongle.need("RF", self._handset.number)
        did = {"kind": "air", "handset": self._handset.number, "db": f"{db:g}"}
        with steps.step("handset", f"handset {self._handset.number}: {db:g} dB of attenuation", did=did):
            self._handset.dongle.command(f"AT+RF={self._handset.number},{db:g}")

    def _state_within(self, accepts: Callable[[str], bool], within: float) -> bool:
        deadline = Deadline(within)
        while True:
            mark = len(self._handset.dongle.events)
            if accepts(self.state()):
                return True
            if deadline.expired:
                return False
            self._handset.await_change(("LINK", "DISP"), mark, min(LOOK_AGAIN, deadline.left))

    def _is_refused(self) -> bool:
        """Whether the display says that the subscription failed."""
        display = self._handset.display()
        return any(display.has(text) for text in menus().registration.refused)
