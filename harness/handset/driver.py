"""A handset at the dongle: keys, display, ringer, sound, and its air interface."""

from __future__ import annotations

from collections.abc import Callable

from harness.core import steps
from harness.core.clock import WaitExpired
from harness.core.errors import RigFault
from harness.core.limits import chosen
from harness.core.tones import Tones
from harness.handset.air_link import AirLink
from harness.handset.events import BeepEvent, DongleEvent, HeardEvent, LedEvent
from harness.handset.ringer import Ringer
from harness.handset.screen import Keypad


class Listening:
    """An AT+LISTEN under way; `result` waits for its end."""

    def __init__(self, handset: Handset, ms: int, mark: int) -> None:
        self._handset, self._ms, self._mark = handset, ms, mark
        self.read = False

    def result(self) -> Tones:
        """The reading; raises RigFault when the dongle never tells it."""
        self.read = True
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
            raise RigFault(
                "dongle", text, remedy="check that its microphone is at the handset, then run m9 doctor"
            ) from expired
        assert isinstance(event, HeardEvent)
        steps.publish("handset", f"handset {number} heard {event.heard}", heard=event.heard)
        return event.heard


class Handset(Keypad):
    """One handset by its number on the dongle. Acts are steps; a missing reaction is a product failure.

    `since` is a moment (epoch seconds, `wire.mark()`): events from then on count, also those that came before the wait.
    """

    _listening: Listening | None = None
    """The last one; another can begin when it is over."""

    @property
    def link(self) -> AirLink:
        """Its way to the base through the air."""
        return AirLink(self)

    @property
    def ringer(self) -> Ringer:
        """What tells of a call."""
        return Ringer(self)

    def expect_beep(self, kind: str, within: float | None = None, since: float = 0.0) -> None:
        """Wait for a tone of this kind, e.g. WAITING."""
        self.expect_event(
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
            self.expect_event(
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
        """Begin to listen at the ear; ask its `result` later.

        A listening that nobody asked for its result ends first: its reading would pass for that of the new one.
        """
        self.dongle.need("LISTEN", self.number)
        if self._listening is not None and not self._listening.read:
            self._listening.result()
        mark = len(self.dongle.events)
        self.dongle.command(f"AT+LISTEN={self.number},{ms}")
        self._listening = Listening(self, ms, mark)
        return self._listening

    def power(self, on: bool) -> None:
        """Switch the handset on or off."""
        self.dongle.need("POWER", self.number)
        word = "on" if on else "off"
        did = {"kind": f"handset-{word}", "handset": self.number}
        with steps.step("handset", f"handset {self.number} {word}", did=did):
            self.dongle.command(f"AT+HSPWR={self.number},{word.upper()}")

    # small parts

    def expect_event(
        self,
        matches: Callable[[DongleEvent], bool],
        does: str,
        what: str,
        within: float | None,
        since: float,
        mark: int,
    ) -> DongleEvent:
        """Wait for an event of this handset; where it does not come the handset does not do what it `does`."""
        limit = chosen(within, self.limits.answer)

        def fits(event: DongleEvent) -> bool:
            return event.handset == self.number and event.at >= since - self.dongle.clock_error and matches(event)

        try:
            return self.dongle.events.wait_for(fits, what=what, within=limit, since=mark)
        except WaitExpired as expired:
            self.dongle.fence()  # a dead dongle says so here, and is no product failure
            if late := [event for event in self.dongle.events.snapshot(mark) if fits(event)]:
                return late[0]
            self.broken(f"handset {self.number} {does}", f"{what} within {limit:g} s", expired.last_seen)
