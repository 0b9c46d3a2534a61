"""The alarm clock of a handset: set in its menu, rings by the handset's clock (facts 5; snooze and stop inferred)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rigs.standin.handset.data import constant, text
from rigs.standin.handset.display import Row, screen
from rigs.standin.handset.forwarding import Entering

if TYPE_CHECKING:
    from rigs.standin.handset.handset import Handset

MELODY, BEEP = "Alarm", "ALARM"
DAY, HOUR, MINUTE = 86400.0, 3600, 60


class Alarm:
    """One alarm a day at a time of day. Its memory outlives the battery; a snooze does not."""

    def __init__(self, handset: Handset) -> None:
        self._handset = handset
        self._kept = handset.memory.values.setdefault("alarm", {"on": False, "time": 0})
        self._rang = -1
        self._snoozed: float | None = None

    @property
    def on(self) -> bool:
        """Whether it will ring."""
        return bool(self._kept["on"])

    @property
    def time(self) -> str:
        """The time of day that was set."""
        return face(int(self._kept["time"]))

    # -- setting

    def switch(self) -> None:
        """On when it was off, off when it was on."""
        if self._clock_is_set():
            self._keep(on=not self.on, seconds=int(self._kept["time"]))

    def ask(self) -> None:
        """Asks for the time."""
        if self._clock_is_set():
            self._handset.open(Entering(self._handset, text("alarm.ask"), self._entered, digits="0123456789"))

    def _entered(self, digits: str) -> None:
        hour, minute = int(digits[:-2] or "0"), int(digits[-2:])
        if len(digits) != len("hhmm") or hour >= DAY / HOUR or minute >= HOUR / MINUTE:
            self._handset.events.beep("ERROR")
            return
        self._handset.back()
        self._keep(on=True, seconds=hour * HOUR + minute * MINUTE)

    def _keep(self, *, on: bool, seconds: int) -> None:
        self._kept.update(on=on, time=seconds)
        self._handset.memory.save()
        self._snoozed, self._rang = None, -1
        self.arm()
        self._handset.refresh()

    def _clock_is_set(self) -> bool:
        """Date and time come first (facts 5)."""
        if self._handset.clock.now is not None:
            return True
        self._handset.notice([text("alarm.no_clock")])
        return False

    # -- ringing

    def arm(self) -> None:
        """Waits for the next time to ring, by the clock as it is now."""
        due, now = self.due(), self._handset.clock.now
        if due is None or now is None:
            self._handset.timers.stop("alarm")
        else:
            self._handset.timers.start("alarm", max(0.0, due - now), self.ring)

    def due(self) -> float | None:
        """The next time to ring, in local seconds; None where it does not. A minute in which it rang is over."""
        now = self._handset.clock.now
        if now is None or not self.on:
            return None
        if self._snoozed is not None:
            return max(self._snoozed, now)
        today = now - now % DAY + int(self._kept["time"])
        over = today // MINUTE <= now // MINUTE and (today // MINUTE < now // MINUTE or self._rang == today // MINUTE)
        return today + DAY if over else today

    def ring(self) -> None:
        """Rings with a screen of its own; in a call it is a tone at the ear and a word on the display."""
        handset = self._handset
        now = handset.clock.now or 0.0
        self._rang, self._snoozed = int((now + 1) // MINUTE), None
        handset.light()
        if handset.phone.calls:
            handset.events.beep(BEEP)
            handset.voice.signal("alarm")
            handset.show_popup([text("alarm.rings"), self.time])
        else:
            handset.home()
            handset.open(Ringing(handset))
            handset.events.ring(True, MELODY)
            handset.timers.start("alarm_over", constant("alarm_ring_s"), self.stop)
        self.arm()

    def snooze(self) -> None:
        """Silent now, and rings again after a while."""
        self.silence()
        self._snoozed = (self._handset.clock.now or 0.0) + constant("alarm_snooze_s")
        self.arm()

    def stop(self) -> None:
        """Silent until its time comes again."""
        self.silence()
        self._snoozed = None
        self.arm()

    def silence(self) -> None:
        """The ringing and its screen end."""
        self._handset.timers.stop("alarm_over")
        self._handset.events.ring(False, MELODY)
        self._handset.home()


class Ringing:
    """The screen of an alarm that rings: the left soft key and OK snooze, any other key stops it."""

    def __init__(self, handset: Handset) -> None:
        self._handset = handset

    def rows(self) -> list[Row]:
        return screen([text("alarm.rings"), self._handset.alarm.time], text("soft.snooze"), text("soft.stop"))

    def press(self, key: str) -> None:
        if key in {"SOFT1", "OK"}:
            self._handset.alarm.snooze()
        else:
            self._handset.alarm.stop()


def face(seconds: int) -> str:
    """A time of day, `07:30`."""
    return f"{seconds // HOUR:02}:{seconds % HOUR // MINUTE:02}"
