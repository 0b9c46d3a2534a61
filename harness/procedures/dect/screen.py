"""What a handset shows when nobody calls: idle screen, digits, lists, clock, volume."""

from __future__ import annotations

import itertools
import re
import time

from harness.core import clock
from harness.handset.menus import menus
from harness.procedures.call.screen import Call
from harness.procedures.clock_face import CLOCK, FARTHEST, MINUTE, clock_in, shows_time, zone_with
from harness.procedures.context import TestContext
from harness.procedures.dect.lists import ListActs

STEPS = 2
LEAST_STEP_DB = 2.0
TONE_DBM0 = -12.0
WINDOW_MS = 200
WINDOWS = 3


class Screen(ListActs):
    """The first handset's display and keys."""

    def __init__(self, context: TestContext, number: int = 1) -> None:
        super().__init__(context, number)
        self._before = 0.0

    def is_idle(self) -> None:
        """On hook, nothing going on."""
        self.handset.go_idle()
        self.handset.expect_idle(within=self.context.answer)

    def shows(self, text: str) -> None:
        """This text is on the display."""
        self.handset.expect_display(text, within=self.context.answer)

    def shows_name_and_clock(self) -> None:
        """The idle screen has the handset's name, a clock and the key labels (facts §5)."""
        display = self.handset.display()
        name = menus().idle.name.format(number=self.number)
        if not display.has(name):
            self.context.broken("name on the idle screen", name, display)
        if not CLOCK.search(display.text):
            self.context.broken("clock on the idle screen", "a time H:MM", display.text)
        if not any(display.has(text) for text in menus().idle.texts):
            self.context.broken("keys of the idle screen", " or ".join(menus().idle.texts), display.text)

    def shows_the_number(self, number: str) -> None:
        """The number stands on the display as it is, with no digit more before or behind it."""
        whole = re.compile(rf"(?<![\w*#+]){re.escape(number)}(?![\w*#])")
        self.handset.expect_shown(
            lambda display: whole.search(display.text) is not None, f"{number} and no digit more", self.context.answer
        )

    def take_back_a_digit(self) -> None:
        """The key that erases the last digit."""
        self.handset.press(menus().dialling.erase)

    def press_digits(self, digits: str) -> None:
        """Digit keys on hook."""
        self.handset.go_idle()
        self.handset.press(*digits)

    # clock and date

    def clock_is_the_time_of_the_network(self, offset: int | None = None) -> None:
        """The clock shows the time that NTP gives, moved by the zone's seconds, give or take a minute."""
        moved = int(self.context.setting("gmt_offset") or 0) if offset is None else offset
        now = time.strftime("%H:%M", time.gmtime(clock.now() + moved))
        self.handset.expect_shown(
            lambda display: shows_time(display.text, clock.now() + moved),
            f"the network's time, {now} give or take a minute",
            within=self.context.answer,
        )

    def clock_runs(self) -> None:
        """At the latest with the next minute the clock shows another time, and still the network's."""
        before = clock_in(self.handset.display().text)
        self.handset.expect_shown(
            lambda display: clock_in(display.text) != before, f"another time than {before}", within=MINUTE + 5
        )
        self.clock_is_the_time_of_the_network()

    def date_is_the_day_of_the_network(self, offset: int | None = None) -> None:
        """Weekday, day and month are those of the network's time, moved by the zone's seconds."""
        moved = int(self.context.setting("gmt_offset") or 0) if offset is None else offset

        def days() -> list[str]:
            return [time.strftime(menus().idle.date, time.gmtime(clock.now() + moved + s)) for s in (-MINUTE, MINUTE)]

        self.handset.expect_shown(
            lambda display: any(display.has(day) for day in days()), days()[-1], within=self.context.answer
        )

    def seconds_of_a_zone_at(self, hour: int, ahead: bool) -> int:
        """The offset of a zone, ahead of Greenwich or behind, where it is about this hour now."""
        return zone_with(clock.now(), hour, ahead)

    def seconds_of_a_zone_on_another_day(self, ahead: bool) -> int:
        """The offset of a zone where today is tomorrow already, or still yesterday, as far as there is one."""
        return FARTHEST if ahead else -FARTHEST

    # volume

    def volume_changes_the_level(self, call: Call) -> None:
        """Two presses of VOLDOWN make the ear quieter, two of VOLUP bring the level back."""
        call.leg.tone(call.audio.to_handset_hz, level=TONE_DBM0)
        before = _loudest(call)
        self.context.addfinalizer(lambda: self._turn_up_again(call))
        levels = [before]
        for _ in range(STEPS):
            call.handset.press(menus().ringer.softer)
            levels.append(_loudest(call))
        self.context.restores.pop()
        call.handset.press(*[menus().ringer.louder] * STEPS)
        again = _loudest(call)
        call.leg.mute()
        for louder, softer in itertools.pairwise(levels):
            if louder - softer < LEAST_STEP_DB / STEPS:
                wanted = f"at least {LEAST_STEP_DB / STEPS:g} dB quieter than {louder:.1f} dBm0"
                self.context.broken("VOLDOWN, each press of it", wanted, f"{softer:.1f} dBm0")
        if abs(again - before) > LEAST_STEP_DB:
            self.context.broken("VOLUP", f"{before:.1f} dBm0 again", f"{again:.1f} dBm0")

    def is_turned_down(self, call: Call) -> None:
        """Two presses of VOLDOWN in a call; the volume is as before after the test."""
        call.leg.tone(call.audio.to_handset_hz, level=TONE_DBM0)
        self._before = _loudest(call)
        self.context.addfinalizer(lambda: self._turn_up_again(call))
        call.handset.press(*[menus().ringer.softer] * STEPS)
        call.leg.mute()

    def is_still_turned_down(self, call: Call) -> None:
        """In another call the ear is as quiet as it was left."""
        call.leg.tone(call.audio.to_handset_hz, level=TONE_DBM0)
        level = _loudest(call)
        call.leg.mute()
        if self._before - level < LEAST_STEP_DB:
            wanted = f"at least {LEAST_STEP_DB:g} dB quieter than {self._before:.1f} dBm0, as it was left"
            self.context.broken("the volume is kept for the next call", wanted, f"{level:.1f} dBm0")

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
        self.context.addfinalizer(self.handset.ringer_on)
        self.handset.ringer_off()

    def turn_ringer_up_a_step(self) -> None:
        """VOLUP on the idle screen until it says no longer that the ringer is off: the lowest step that rings."""
        self.handset.go_idle()
        silent = menus().ringer.silent
        for _ in range(menus().ringer.steps):
            self.handset.press(menus().ringer.louder)
            display = self.handset.display()
            if not any(display.has(text) for text in silent):
                return
        self.context.broken("the ringer can be turned up", f"no {' or '.join(silent)}", display)

    # lamps

    def lights_up_with_a_key(self) -> None:
        """A key switches the backlight on, which was out before."""
        self.handset.go_idle()
        self.handset.dongle.need("SUBSCRIBE", self.number)
        self.goes_dark_again()
        since = clock.now()
        self.handset.press(menus().ringer.louder)
        self.handset.expect_lamp(menus().lamps.backlight, on=True, within=self.context.answer, since=since)

    def goes_dark_again(self) -> None:
        """Left alone, the backlight goes out."""
        self.handset.expect_lamp(menus().lamps.backlight, on=False, within=menus().lamps.dark, since=clock.now())


def _loudest(call: Call) -> float:
    """The level of the tone at the ear in the loudest of some windows: a stall on the way takes from it and adds none.

    Not the level of all that is heard: a tone that sets in or breaks off clicks, and that is louder than the tone.
    """
    hz = call.audio.to_handset_hz
    return max(call.handset.listen(WINDOW_MS).result().level_of(hz) for _ in range(WINDOWS))
