"""The alarm clock of a handset: set by its keys, and rung by the time that the rig's time server gives."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.core import clock
from harness.core.clock import wait_until
from harness.core.errors import NotApplicable
from harness.handset.events import BeepEvent, RingEvent
from harness.handset.menus import menus
from harness.procedures.clock_face import DAY, MINUTE, shows_time
from harness.procedures.limits import limits

if TYPE_CHECKING:
    from harness.handset.driver import Handset
    from harness.procedures.context import TestContext
    from harness.procedures.provisioning.boot import BootProcedure
    from harness.services.sntp import SntpServer

HOUR = 3600


class AlarmClock:
    """The alarm of the first handset. Zone, time and alarm are as before after the test.

    The base asks for the time when it starts, so that each change of the time costs a restart.
    """

    def __init__(self, context: TestContext, boot: BootProcedure, server: SntpServer | None) -> None:
        if server is None:
            raise NotApplicable("the rig has no time server of its own: `ntp` is not among network.services")
        self._context = context
        self._boot = boot
        self._server = server
        self._handset: Handset = context.handset(1)
        self._due = self._since = 0.0
        self._told_at = 0.0
        self._offset_before = server.offset
        self._steered = False

    # acts

    def set_for(self, hour: int, minute: int) -> None:
        """The alarm is set by keys: the menu, its digit, the row of the time, four digits, OK."""
        self._context.addfinalizer(self.switch_off)
        self._note("on")
        self._open()
        alarm = menus().alarm
        display = self._handset.menu.mark(alarm.time)
        self._handset.press(menus().menu.choose)
        self._handset.expect_display_any(list(alarm.asks))
        self._handset.press(*f"{hour:02}{minute:02}", alarm.done)
        self._handset.next_display(display)
        self._handset.go_idle()

    def switch_off(self) -> None:
        """The alarm is switched off where it is on."""
        self._open()
        alarm = menus().alarm
        marked = self._handset.menu.mark(alarm.switch).marked
        if marked is not None and any(word in marked.text.lower() for word in alarm.on):
            self._handset.press(menus().menu.choose)
        self._handset.go_idle()
        self._note("off")

    def bring_the_time_to(self, hour: int, minute: int, *, zone: int = 0) -> None:
        """The time server gives a time at which this moment is so near that a base has just started again by then.

        The base starts anew to ask for it. `zone` are the seconds of its time zone.
        """
        if not self._steered:
            self._steered = True
            self._context.addfinalizer(self._bring_back_the_time)
        if zone:
            self._context.base.change("gmt_offset", zone)
        at = hour * HOUR + minute * MINUTE - zone - self._lead
        self._server.offset += (at - self._server.time()) % DAY
        self._due = self._server.time() + self._lead
        self._restart()

    def wait_for_the_end_of_the_snooze(self) -> None:
        """The time server's time jumps on until shortly before the alarm is to ring again."""
        self._due += menus().alarm.pause
        self._server.offset += self._due - self._lead - self._server.time()
        self._restart()

    def snooze(self) -> None:
        """The key that lets it ring again after a while."""
        self._due = self._server.time()
        self._handset.press(menus().alarm.snooze)

    def stop(self) -> None:
        """The key that stops it."""
        self._handset.press(menus().alarm.stop)

    # what is expected

    def expect_ring(self) -> None:
        """It rings at its time, by the time server, and the display says so."""
        self._require_time()
        begun = self._handset.expect_event(
            lambda event: isinstance(event, RingEvent) and event.on, "rings at the time of its alarm", "RING ON",
            self._left, self._since, 0,
        )  # fmt: skip
        self._at_its_time(begun.at)
        self._handset.expect_display_any(list(menus().alarm.rings))

    def expect_beep(self) -> None:
        """In a call it is a tone at the ear of the handset, at its time."""
        self._require_time()
        beep = menus().alarm.beep
        told = self._handset.expect_event(
            lambda event: isinstance(event, BeepEvent) and event.beep.upper() == beep, "tells the alarm in a call",
            f"BEEP {beep}", self._left, self._since, 0,
        )  # fmt: skip
        self._at_its_time(told.at)

    def expect_silence(self) -> None:
        """The ringer is silent now, and still when the time of the alarm, and what it may be late, are over."""
        if self._handset.ringer.rings():
            self._handset.ringer.expect_ring_end(within=self._context.answer, since=self._context.wire.default_since)
        since = self._context.wire.mark()
        wait_until(lambda: self._left <= 0, what="the end of the alarm's minute", within=self._left + 1)
        self._handset.ringer.stays_silent(since=since)

    def expect_shown(self, hour: int, minute: int) -> None:
        """The menu of the alarm shows the time that was set."""
        self._open()
        wanted = f"{hour:02}:{minute:02}"
        display = self._handset.menu.mark(menus().alarm.time)
        if wanted not in (display.marked.text if display.marked else ""):
            self._context.broken("the menu shows the time of the alarm", wanted, display)
        self._handset.go_idle()

    # small parts

    @property
    def _lead(self) -> float:
        """How long before its time an alarm is waited for: a base has started by then, and a key has been pressed."""
        return self._context.rig.timing.boot + self._context.answer

    def _require_time(self) -> None:
        """What is waited for has not been over before the base told the handset the time."""
        if self._told_at + self._server.offset > self._due:
            self._context.missing("a clock that is set before the time of the alarm", "it was set later")

    @property
    def _left(self) -> float:
        """Seconds until the alarm rings at the latest."""
        return self._due - self._server.time() + limits().alarm

    def _at_its_time(self, at: float) -> None:
        early = self._due - (at + self._server.offset)
        if abs(early) > limits().alarm:
            seen = f"{abs(early):.0f} s {'before' if early > 0 else 'after'} it"
            self._context.broken("the alarm rings at its time", f"within {limits().alarm:g} s of its time", seen)

    def _note(self, state: str) -> None:
        self._context.did("alarm", at=self._context.wire.mark(), handset=self._handset.number, state=state)

    def _open(self) -> None:
        before = self._handset.menu.open()
        self._handset.press(*menus().alarm.open)
        self._handset.next_display(before)

    def _restart(self) -> None:
        """Ends when the clock of the handset shows the time server's time."""
        self._since = self._context.wire.mark()
        self._boot.power_cycle()
        self._boot.expect.ready()
        zone = int(self._context.setting("gmt_offset") or 0)
        self._handset.expect_shown(
            lambda display: shows_time(display.text, self._server.time() + zone), "the time server's time",
            within=self._context.rig.timing.boot,
        )  # fmt: skip
        self._told_at = clock.now()

    def _bring_back_the_time(self) -> None:
        self._server.offset = self._offset_before
        self._handset.go_idle()
        self._restart()
