"""A handset's ringer: what it does, and how it is turned off and on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.handset.events import DongleEvent, RingEvent
from harness.handset.menus import menus

if TYPE_CHECKING:
    from harness.handset.driver import Handset


class Ringer:
    """The ringer of one handset; `since` is a moment as for the handset."""

    def __init__(self, handset: Handset) -> None:
        self._handset = handset

    def rings(self) -> bool:
        """Whether the ringer sounds now."""
        return self._ringing(self._handset.dongle.events.snapshot()) is not None

    def expect_ring(self, within: float | None = None, since: float = 0.0) -> RingEvent:
        """Wait until it rings; a ring that began after `since` and still sounds, or any now without it, counts."""
        events = self._handset.dongle.events.snapshot()
        ringing = self._ringing(events)
        if ringing is not None and ringing.at >= since - self._handset.dongle.clock_error:
            return ringing
        mark = 0 if since else len(events)
        event = self._handset.expect_event(_begins, "rings", "RING ON", within, since, mark)
        assert isinstance(event, RingEvent)
        return event

    def expect_ring_end(self, within: float | None = None, since: float = 0.0) -> None:
        """Wait until it rings no longer."""
        self._handset.expect_event(
            lambda e: isinstance(e, RingEvent) and not e.on, "stops ringing", "RING OFF", within, since, 0
        )

    def stays_silent(self, since: float) -> None:
        """It has not rung since a moment; judged after a fence on the line."""
        dongle, number = self._handset.dongle, self._handset.number
        dongle.fence()
        for event in dongle.events.snapshot():
            if _begins(event) and event.handset == number and event.at >= since:
                self._handset.broken("the handset stays silent", "no RING since the act", f"{event} at {event.at:.3f}")

    def off(self) -> None:
        """Turn the ringer down until the display says that it is off."""
        ringer = menus().ringer
        for _ in range(ringer.steps):
            self._handset.press(ringer.softer)
            if any(self._handset.display().has(text) for text in ringer.silent):
                return
        self._handset.broken("the ringer can be turned off", " or ".join(ringer.silent), str(self._handset.display()))

    def on(self) -> None:
        """Turn the ringer up as far as it goes."""
        self._handset.go_idle()
        self._handset.press(*[menus().ringer.louder] * menus().ringer.steps)

    def _ringing(self, events: list[DongleEvent]) -> RingEvent | None:
        """The event with which the ringer began, if it still sounds."""
        told = [event for event in events if isinstance(event, RingEvent) and event.handset == self._handset.number]
        return told[-1] if told and told[-1].on else None


def _begins(event: DongleEvent) -> bool:
    return isinstance(event, RingEvent) and event.on
