"""What a handset shows when nobody calls: idle screen, digits, lists, clock, volume."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

from harness import clock
from harness.procedures.desk import Desk

if TYPE_CHECKING:
    from harness.procedures.screen_of_call import Call

CLOCK = re.compile(r"\b(\d{1,2}):(\d{2})\b")
MINUTE = 60
LEAST_STEP_DB = 2.0


class Screen:
    """The first handset's display and keys."""

    def __init__(self, desk: Desk, number: int = 1) -> None:
        self.desk = desk
        self.handset = desk.handset(number)
        self.number = number

    def is_idle(self) -> None:
        """On hook, nothing going on."""
        self.handset.go_idle()
        self.handset.expect_idle(within=self.desk.answer)

    def shows(self, text: str) -> None:
        """This text is on the display."""
        self.handset.expect_display(text, within=self.desk.answer)

    def shows_name_and_clock(self) -> None:
        """The idle screen has the vendor's word, a clock and the key labels (facts §5)."""
        display = self.handset.display()
        if not CLOCK.search(display.text):
            self.desk.broken("clock on the idle screen", "a time H:MM", display.text)
        if "CHist" not in display.text:
            self.desk.broken("left key of the idle screen", "CHist", display.text)

    def press_digits(self, digits: str) -> None:
        """Digit keys on hook."""
        self.handset.go_idle()
        self.handset.press(*digits)

    def list_names(self, which: str, number: str) -> None:
        """The newest entry of the missed, received or dialed list is this number."""
        self.handset.go_idle()
        display = self.handset.open_call_list(which)
        if number not in display.text:
            self.desk.broken(f"newest entry of the {which} list", number, display.text)

    def clock_is_the_time_of_the_network(self) -> None:
        """The clock shows the time that NTP gives and the time zone makes of it, give or take a minute."""
        display = self.handset.display()
        match = CLOCK.search(display.text)
        if match is None:
            self.desk.broken("clock on the idle screen", "a time H:MM", display.text)
        now = clock.now() + int(self.desk.base.given("gmt_offset"))
        shown = int(match[1]) * 60 + int(match[2])
        for drift in (-MINUTE, 0, MINUTE):
            moment = time.gmtime(now + drift)
            if shown == moment.tm_hour * 60 + moment.tm_min:
                return
        self.desk.broken("clock of the handset", time.strftime("%H:%M", time.gmtime(now)), match[0])

    def volume_changes_the_level(self, call: Call) -> None:
        """Two presses of VOLDOWN make the ear quieter, two of VOLUP bring the level back."""
        call.leg.tone(call.audio.to_handset_hz, level=-12.0)
        before = call.handset.listen(500).result().level
        call.handset.press("VOLDOWN", "VOLDOWN")
        lower = call.handset.listen(500).result().level
        call.handset.press("VOLUP", "VOLUP")
        again = call.handset.listen(500).result().level
        call.leg.mute()
        if before - lower < LEAST_STEP_DB:
            self.desk.broken(
                "VOLDOWN", f"at least {LEAST_STEP_DB:g} dB quieter than {before:.1f} dBm0", f"{lower:.1f} dBm0"
            )
        if abs(again - before) > LEAST_STEP_DB:
            self.desk.broken("VOLUP", f"{before:.1f} dBm0 again", f"{again:.1f} dBm0")

    def turn_ringer_off(self) -> None:
        """VOLDOWN on the idle screen until the ringer is off; restored after the test."""
        self.handset.go_idle()
        self.desk.afterwards(self.handset.ringer_on)
        self.handset.ringer_off()
