"""A handset in the hands of the dongle: keys, display, ringer, ear and mouth, its air interface."""

from __future__ import annotations

from collections.abc import Callable

from harness.core import steps
from harness.core.clock import Deadline, WaitExpired
from harness.core.errors import InvalidTest, RigFault
from harness.core.limits import chosen
from harness.core.tones import Tones
from harness.handset.dongle import HandsetStatus
from harness.handset.events import BeepEvent, DisplayEvent, DongleEvent, HeardEvent, HookEvent, LedEvent, RingEvent
from harness.handset.menus import menus
from harness.handset.protocol import quote
from harness.handset.screen import Keypad

LOOK_AGAIN = 0.5
"""Seconds after which a state without an event of its own (UNREGISTERED) is asked for again."""


class Listening:
    """An AT+LISTEN under way; `result` waits for its end."""

    def __init__(self, handset: Handset, ms: int, mark: int) -> None:
        self._handset, self._ms, self._mark = handset, ms, mark

    def result(self) -> Tones:
        """The reading; raises RigFault when the dongle never tells it."""
        number = self._handset.number
        try:
            event = self._handset.dongle.events.wait_for(
                lambda e: isinstance(e, HeardEvent) and e.handset == number,
                what=f"HEARD {number}",
                within=self._ms / 1000 + self._handset.limits.answer,
                since=self._mark,
            )
        except WaitExpired as expired:
            text = f"AT+LISTEN={number},{self._ms} had no result: {expired.last_seen}"
            raise RigFault("dongle", text, remedy="is its ear at the handset? try: m9 doctor") from expired
        assert isinstance(event, HeardEvent)
        steps.publish("handset", f"handset {number} heard {event.heard}", heard=event.heard)
        return event.heard


STIRRINGS = (BeepEvent, DisplayEvent, HookEvent, LedEvent)
"""What a handset tells of itself when a key is pressed: at least one of them."""


class Handset(Keypad):
    """One handset by its number on the dongle. Acts are steps; what it should show or do and does not is the product's.

    `since` is a moment (epoch seconds, `wire.mark()`): events from then on count, also those that came before the wait.
    """

    # ringer

    def rings(self) -> bool:
        """Whether the ringer sounds now."""
        return self._ringing(self.dongle.events.snapshot()) is not None

    def expect_ring(self, within: float | None = None, since: float = 0.0) -> RingEvent:
        """Wait until it rings; a ring that began after `since` and still sounds, or any now without it, counts."""
        events = self.dongle.events.snapshot()
        ringing = self._ringing(events)
        if ringing is not None and ringing.at >= since - self.dongle.clock_error:
            return ringing
        mark = 0 if since else len(events)
        event = self._expect_event(lambda e: isinstance(e, RingEvent) and e.on, "rings", "RING ON", within, since, mark)
        assert isinstance(event, RingEvent)
        return event

    def expect_ring_end(self, within: float | None = None, since: float = 0.0) -> None:
        """Wait until it rings no longer."""
        self._expect_event(
            lambda e: isinstance(e, RingEvent) and not e.on, "stops ringing", "RING OFF", within, since, 0
        )

    def stays_silent(self, since: float) -> None:
        """It has not rung since a moment; judged after a fence on the line."""
        self.dongle.fence()
        for event in self.dongle.events.snapshot():
            if isinstance(event, RingEvent) and event.handset == self.number and event.on and event.at >= since:
                self._broken("the handset stays silent", "no RING since the act", f"{event} at {event.at:.3f}")

    def ringer_off(self) -> None:
        """Turn the ringer down until the display says that it is off."""
        ringer = menus().ringer
        for _ in range(ringer.steps):
            self.press(ringer.softer)
            if any(self.display().has(text) for text in ringer.silent):
                return
        self._broken("the ringer can be turned off", " or ".join(ringer.silent), str(self.display()))

    def ringer_on(self) -> None:
        """Turn the ringer up as far as it goes."""
        self.go_idle()
        self.press(*[menus().ringer.louder] * menus().ringer.steps)

    def expect_beep(self, kind: str, within: float | None = None, since: float = 0.0) -> None:
        """Wait for a tone of this kind, e.g. WAITING."""
        self._expect_event(
            lambda e: isinstance(e, BeepEvent) and e.beep.upper() == kind.upper(),
            f"gives the tone {kind}",
            f"BEEP {kind}",
            within,
            since,
            0,
        )

    def expect_lamp(self, name: str, *, on: bool, within: float | None = None, since: float = 0.0) -> None:
        """Wait until a lamp is on (or blinks), or off; a lamp that is already as wished is so."""
        if self.lamps().get(name, False) is not on:
            wanted = "ON" if on else "OFF"
            self._expect_event(
                lambda e: isinstance(e, LedEvent) and e.name == name and (e.state != "OFF") is on,
                f"switches {name} {wanted}",
                f"LED {name} {wanted}",
                within,
                since,
                0,
            )

    def lamps(self) -> dict[str, bool]:
        """The lamps by name, whether they are on (or blink), as far as the dongle has told of them."""
        told = [event for event in self.dongle.events.snapshot() if isinstance(event, LedEvent)]
        return {event.name: event.state != "OFF" for event in told if event.handset == self.number}

    def gave_feedback(self, since: float) -> bool:
        """Whether it has beeped or shown anything new since a moment, as it does at each key it takes."""
        self.dongle.fence()
        since -= self.dongle.clock_error
        return any(
            isinstance(event, STIRRINGS) and event.handset == self.number and event.at >= since
            for event in self.dongle.events.snapshot()
        )

    # ear and mouth

    def tone(self, hz: float, dbm0: float = -10.0, ms: int = 1000) -> None:
        """Talk a tone into the microphone path."""
        self.dongle.need("TONE", self.number)
        did = {"kind": "tone", "handset": self.number, "hz": f"{hz:g}", "dbm0": f"{dbm0:g}", "ms": str(ms)}
        with steps.step("handset", f"handset {self.number} talks {hz:g} Hz {dbm0:g} dBm0 for {ms} ms", did=did):
            self.dongle.command(f"AT+AUDIO={self.number},TONE,{hz:g},{dbm0:g},{ms}")

    def mute(self) -> None:
        """End the tone."""
        self.dongle.need("TONE", self.number)
        steps.publish("procedure", f"handset {self.number} talks no more", did={"kind": "mute", "handset": self.number})
        self.dongle.command(f"AT+AUDIO={self.number},MUTE")

    def listen(self, ms: int = 500) -> Listening:
        """Begin to listen at the ear; ask its `result` later."""
        self.dongle.need("LISTEN", self.number)
        mark = len(self.dongle.events)
        self.dongle.command(f"AT+LISTEN={self.number},{ms}")
        return Listening(self, ms, mark)

    # air

    def status(self) -> HandsetStatus:
        """Its line of AT+HS?; raises RigFault when the dongle does not have it."""
        for status in self.dongle.handsets():
            if status.number == self.number:
                return status
        text = f"the dongle has no handset {self.number}"
        raise RigFault("handsets", text, remedy="put its battery in and the dongle beside it; check handsets.*.number")

    def state(self) -> str:
        """UNREGISTERED, LOCKED, LINKED or LOST."""
        return self.status().state

    def expect_state(self, state: str, within: float | None = None) -> bool:
        """Whether it comes to this state in time; LINKED (in a call) is LOCKED too."""
        wanted = {"LOCKED", "LINKED"} if state == "LOCKED" else {state}
        return self._state_within(lambda seen: seen in wanted, chosen(within, self.limits.subscribe))

    def expect_link(self, state: str, within: float | None = None, since: float = 0.0) -> None:
        """Wait for LINK LOCKED or LOST; a missing one is a missing witness, as the air is the rig's."""
        try:
            limit = chosen(within, self.limits.subscribe)
            self.dongle.expect_event("LINK", self.number, within=limit, since=since, state=state)
        except WaitExpired as expired:
            if self.state() in ({"LOCKED", "LINKED"} if state == "LOCKED" else {state}):
                return
            raise InvalidTest(f"handset {self.number} is {state}", expired.last_seen) from expired

    def register(self, pin: str, within: float | None = None) -> None:
        """Subscribe to the base in registration mode; raises ProductFailure when it is refused."""
        if not self.try_register(pin, within):
            self._broken("a handset registers in the open window", "LOCKED", f"{self.state()}, {self.display()}")

    def try_register(self, pin: str, within: float | None = None) -> bool:
        """Subscribe with this PIN and say whether it worked; ends with the lock or with the handset's refusal."""
        self.dongle.need("KEYS", self.number)
        did = {"kind": "subscribe", "handset": self.number}
        with steps.step("handset", f"handset {self.number} subscribes", did=did):
            self.dongle.command(f"AT+REG={self.number},{quote(pin)}")
            limit = chosen(within, self.limits.subscribe)
            self._state_within(lambda seen: seen in ("LOCKED", "LINKED") or self._is_refused(), limit)
        return self.state() in ("LOCKED", "LINKED")

    def deregister(self) -> None:
        """Let the handset forget its base."""
        did = {"kind": "deregister", "handset": self.number}
        with steps.step("handset", f"handset {self.number} forgets its base", did=did):
            self.dongle.command(f"AT+DEREG={self.number}")

    def attenuate(self, db: float) -> None:
        """Attenuate the air towards this handset, 0 to 120 dB."""
        self.dongle.need("RF", self.number)
        did = {"kind": "air", "handset": self.number, "db": f"{db:g}"}
        with steps.step("handset", f"handset {self.number}: {db:g} dB of attenuation", did=did):
            self.dongle.command(f"AT+RF={self.number},{db:g}")

    def power(self, on: bool) -> None:
        """Switch the handset on or off."""
        self.dongle.need("POWER", self.number)
        word = "on" if on else "off"
        did = {"kind": f"handset-{word}", "handset": self.number}
        with steps.step("handset", f"handset {self.number} {word}", did=did):
            self.dongle.command(f"AT+HSPWR={self.number},{word.upper()}")

    # small parts

    def _state_within(self, accepts: Callable[[str], bool], within: float) -> bool:
        deadline = Deadline(within)
        while True:
            mark = len(self.dongle.events)
            if accepts(self.state()):
                return True
            if deadline.expired:
                return False
            self._await_change(("LINK", "DISP"), mark, min(LOOK_AGAIN, deadline.left))

    def _is_refused(self) -> bool:
        """Whether the display says that the subscription failed."""
        display = self.display()
        return any(display.has(text) for text in menus().registration.refused)

    def _ringing(self, events: list[DongleEvent]) -> RingEvent | None:
        """The event with which the ringer began, if it still sounds."""
        told = [event for event in events if isinstance(event, RingEvent) and event.handset == self.number]
        return told[-1] if told and told[-1].on else None

    def _expect_event(
        self,
        matches: Callable[[DongleEvent], bool],
        does: str,
        what: str,
        within: float | None,
        since: float,
        mark: int,
    ) -> DongleEvent:
        limit = chosen(within, self.limits.answer)

        def fits(event: DongleEvent) -> bool:
            return event.handset == self.number and event.at >= since - self.dongle.clock_error and matches(event)

        try:
            return self.dongle.events.wait_for(fits, what=what, within=limit, since=mark)
        except WaitExpired as expired:
            self.dongle.fence()  # a dead dongle says so here, and is no product failure
            if late := [event for event in self.dongle.events.snapshot(mark) if fits(event)]:
                return late[0]
            self._broken(f"handset {self.number} {does}", f"{what} within {limit:g} s", expired.last_seen)
