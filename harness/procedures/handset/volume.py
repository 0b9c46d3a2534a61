"""The volume of a handset's ear in a call, and of its ringer."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from harness.handset.menus import menus
from harness.procedures.limits import limits

if TYPE_CHECKING:
    from harness.handset.display import Display
    from harness.handset.driver import Handset
    from harness.procedures.call.call import Call
    from harness.procedures.context import TestContext

STEPS = 2
WINDOW_MS = 200
WINDOWS = 3


class Volume:
    """The ear of a handset, measured while the peer sends a tone; the volume is as before after the test."""

    def __init__(self, context: TestContext, handset: Handset) -> None:
        self._context = context
        self._handset = handset
        self._before = self._again = 0.0
        self._levels: list[float] = []

    # acts

    def turn_down_and_up(self, call: Call) -> None:
        """Two presses of VOLDOWN in a call, then two of VOLUP; the level is measured each time."""
        with call.peer.talking():
            self._before = _loudest(call)
            self._context.addfinalizer(lambda: self._turn_up_again(call))
            self._levels = [self._before]
            for _ in range(STEPS):
                call.state.handset_driver.press(menus().ringer.softer)
                self._levels.append(_loudest(call))
            self._context.restores.pop()
            call.state.handset_driver.press(*[menus().ringer.louder] * STEPS)
            self._again = _loudest(call)

    def turn_down(self, call: Call) -> None:
        """Two presses of VOLDOWN in a call."""
        with call.peer.talking():
            self._before = _loudest(call)
            self._context.addfinalizer(lambda: self._turn_up_again(call))
            call.state.handset_driver.press(*[menus().ringer.softer] * STEPS)

    def listen_again(self, call: Call) -> None:
        """The level is measured in another call, in which no key was pressed."""
        with call.peer.talking():
            self._again = _loudest(call)

    # what is expected

    def expect_each_step_heard(self) -> None:
        """Each press of VOLDOWN made the ear quieter, and those of VOLUP brought the level back."""
        for louder, softer in itertools.pairwise(self._levels):
            if louder - softer < limits().volume_step_db / STEPS:
                quieter = f"at least {limits().volume_step_db / STEPS:g} dB quieter than {louder:.1f} dBm0"
                self._context.broken("VOLDOWN, each press of it", quieter, f"{softer:.1f} dBm0")
        if abs(self._again - self._before) > limits().volume_step_db:
            self._context.broken("VOLUP", f"{self._before:.1f} dBm0 again", f"{self._again:.1f} dBm0")

    def expect_still_down(self) -> None:
        """In another call the ear was as quiet as it was left."""
        level = self._again
        if self._before - level < limits().volume_step_db:
            quieter = f"at least {limits().volume_step_db:g} dB quieter than {self._before:.1f} dBm0, as it was left"
            self._context.broken("the volume is kept for the next call", quieter, f"{level:.1f} dBm0")

    def _turn_up_again(self, call: Call) -> None:
        """The volume keys move the ear's volume in a call only: in the test's own, or in an attempt."""
        if self._handset.link.state() != "LINKED":
            self._handset.go_idle()
            self._handset.dial(call.peer.number)
        self._handset.press(*[menus().ringer.louder] * STEPS)
        self._handset.go_idle()


class Ringer:
    """The ringer of a handset, turned by keys on the idle screen."""

    def __init__(self, context: TestContext, handset: Handset) -> None:
        self._context = context
        self._handset = handset
        self._shown: Display | None = None

    def turn_off(self) -> None:
        """VOLDOWN until the ringer is off; restored after the test."""
        self._handset.go_idle()
        self._context.addfinalizer(self._handset.ringer.on)
        self._handset.ringer.off()

    def turn_up_a_step(self) -> None:
        """VOLUP until the display says no longer that the ringer is off, or all steps were tried."""
        self._handset.go_idle()
        for _ in range(menus().ringer.steps):
            self._handset.press(menus().ringer.louder)
            self._shown = self._handset.display()
            if not _is_silent(self._shown):
                return

    def expect_turned_up(self) -> None:
        """After the last key the display did not say any more that the ringer is off."""
        if self._shown is None or _is_silent(self._shown):
            expected = f"no {' or '.join(menus().ringer.silent)}"
            self._context.broken("the ringer can be turned up", expected, self._shown)


def _is_silent(display: Display) -> bool:
    return any(display.has(text) for text in menus().ringer.silent)


def _loudest(call: Call) -> float:
    """The level of the tone at the ear in the loudest of some windows: a stall on the way takes from it and adds none.

    Not the level of all that is heard: a tone that sets in or breaks off clicks, and that is louder than the tone.
    """
    hz = call.state.voices.to_handset_hz
    return max(call.state.handset_driver.listen(WINDOW_MS).result().level_of(hz) for _ in range(WINDOWS))
