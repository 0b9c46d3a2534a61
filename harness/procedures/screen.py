"""What a handset shows when nobody calls: idle screen, digits, lists, clock, volume."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

from harness import clock
from harness.handset.menus import menus
from harness.procedures.desk import Desk
from harness.procedures.screen_of_call import Call

if TYPE_CHECKING:
    from harness.handset.display import Display

CLOCK = re.compile(r"\b(\d{1,2}):(\d{2})\b")
MINUTE = 60
STEPS = 2
LEAST_STEP_DB = 2.0
TONE_DBM0 = -12.0
WINDOW_MS = 200
WINDOWS = 3


class Screen:
    """The first handset's display and keys."""

    def __init__(self, desk: Desk, number: int = 1) -> None:
        self.desk = desk
        self.handset = desk.handset(number)
        self.number = number
        self._before = 0.0

    def is_idle(self) -> None:
        """On hook, nothing going on."""
        self.handset.go_idle()
        self.handset.expect_idle(within=self.desk.answer)

    def shows(self, text: str) -> None:
        """This text is on the display."""
        self.handset.expect_display(text, within=self.desk.answer)

    def shows_name_and_clock(self) -> None:
        """The idle screen has the handset's name, a clock and the key labels (facts §5)."""
        display = self.handset.display()
        name = menus().idle.name.format(number=self.number)
        if not display.has(name):
            self.desk.broken("name on the idle screen", name, display)
        if not CLOCK.search(display.text):
            self.desk.broken("clock on the idle screen", "a time H:MM", display.text)
        if "CHist" not in display.text:
            self.desk.broken("left key of the idle screen", "CHist", display.text)

    def press_digits(self, digits: str) -> None:
        """Digit keys on hook."""
        self.handset.go_idle()
        self.handset.press(*digits)

    def somebody_else_than_in(self, which: str) -> Call:
        """A call with a peer who is not the newest entry of a list, so that a new entry is told from an old one."""
        newest = self._newest(which)
        number = next(n for n in (1, 2) if self.desk.peer_account(n).user not in newest)
        return Call(self.desk, handset=self.number, peer=number)

    def list_names(self, which: str, number: str) -> None:
        """The newest entry of the missed, received or dialed list is this number."""
        newest = self._newest(which)
        if number not in newest:
            self.desk.broken(f"newest entry of the {which} list", number, newest or "an empty list")

    def _newest(self, which: str) -> str:
        """The entry that is marked when a list is opened; the idle screen is back afterwards."""
        display = self.handset.open_call_list(which)
        self.handset.go_idle()
        return display.marked.text if display.marked else ""

    def clock_is_the_time_of_the_network(self, offset: int | None = None) -> None:
        """The clock shows the time that NTP gives, moved by the zone's seconds, give or take a minute."""
        moved = int(self.desk.setting("gmt_offset") or 0) if offset is None else offset
        now = time.strftime("%H:%M", time.gmtime(clock.now() + moved))

        def right(display: Display) -> bool:
            shown = CLOCK.search(display.text)
            minutes = [time.gmtime(clock.now() + moved + drift) for drift in (-MINUTE, 0, MINUTE)]
            return shown is not None and (int(shown[1]), int(shown[2])) in [(m.tm_hour, m.tm_min) for m in minutes]

        self.handset.expect_shown(right, f"the network's time, {now} give or take a minute", within=self.desk.answer)

    def volume_changes_the_level(self, call: Call) -> None:
        """Two presses of VOLDOWN make the ear quieter, two of VOLUP bring the level back."""
        call.leg.tone(call.audio.to_handset_hz, level=TONE_DBM0)
        before = _loudest(call)
        call.handset.press(*[menus().ringer.softer] * STEPS)
        lower = _loudest(call)
        call.handset.press(*[menus().ringer.louder] * STEPS)
        again = _loudest(call)
        call.leg.mute()
        if before - lower < LEAST_STEP_DB:
            self.desk.broken(
                "VOLDOWN", f"at least {LEAST_STEP_DB:g} dB quieter than {before:.1f} dBm0", f"{lower:.1f} dBm0"
            )
        if abs(again - before) > LEAST_STEP_DB:
            self.desk.broken("VOLUP", f"{before:.1f} dBm0 again", f"{again:.1f} dBm0")

    def is_turned_down(self, call: Call) -> None:
        """Two presses of VOLDOWN in a call; the volume is as before after the test."""
        call.leg.tone(call.audio.to_handset_hz, level=TONE_DBM0)
        self._before = _loudest(call)
        self.desk.afterwards(lambda: self._turn_up_again(call))
        call.handset.press(*[menus().ringer.softer] * STEPS)
        call.leg.mute()

    def is_still_turned_down(self, call: Call) -> None:
        """In another call the ear is as quiet as it was left."""
        call.leg.tone(call.audio.to_handset_hz, level=TONE_DBM0)
        level = _loudest(call)
        call.leg.mute()
        if self._before - level < LEAST_STEP_DB:
            wanted = f"at least {LEAST_STEP_DB:g} dB quieter than {self._before:.1f} dBm0, as it was left"
            self.desk.broken("the volume is kept for the next call", wanted, f"{level:.1f} dBm0")

    def _turn_up_again(self, call: Call) -> None:
        """The volume keys move the ear's volume in a call only: in the test's own, or in an attempt."""
        if self.handset.state() != "LINKED":
            self.handset.go_idle()
            self.handset.dial(call.peer_number)
        self.handset.press(*[menus().ringer.louder] * STEPS)
        self.handset.go_idle()

    def turn_ringer_off(self) -> None:
        """VOLDOWN on the idle screen until the ringer is off; restored after the test."""
        self.handset.go_idle()
        self.desk.afterwards(self.handset.ringer_on)
        self.handset.ringer_off()


def _loudest(call: Call) -> float:
    """The level at the ear in the loudest of some windows: a stall on the way takes voice away and never adds any."""
    return max(call.handset.listen(WINDOW_MS).result().level for _ in range(WINDOWS))
