"""The serial DECT test dongle: commands with answers, and events on the host's clock, over a line with errors."""

from __future__ import annotations

import contextlib
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Self, TypeVar

import serial

from harness.core import clock, steps
from harness.core.clock import Deadline, EventList
from harness.core.errors import NotApplicable, RigFault
from harness.handset.at_channel import REMEDY, AtChannel, CommandRefused, is_question, masked
from harness.handset.connection import PORT_ERRORS, READ_WITHIN, Connection, Noise, Unplugged
from harness.handset.events import DongleEvent, event_of
from harness.handset.protocol import DamagedLine, Unsolicited, fields

T = TypeVar("T")

REOPEN_EVERY = 0.2
"""Seconds between two tries to open a port that has vanished."""
REALIGN_AFTER = 60.0
"""Seconds after which the two clocks are compared again: quartz drifts by some 50 ppm, that is 3 ms."""
CLOCK_STEP = 0.002
ROUND_TRIPS = 3
ALL_EVENTS = 63


@dataclass(frozen=True)
class Identity:
    """What ATI answers."""

    model: str
    hardware: str
    firmware: str
    protocol: int

    def __str__(self) -> str:
        return f"{self.model} {self.hardware} {self.firmware} protocol {self.protocol}"


@dataclass(frozen=True)
class HandsetStatus:
    """A line of AT+HS?: `state` is UNREGISTERED, LOCKED, LINKED or LOST; rssi in dBm, battery in percent."""

    number: int
    ipui: str
    rfpi: str
    state: str
    rssi: int | None
    battery: int | None
    firmware: str


class Dongle:
    """The dongle at any pyserial URL; a context manager. All failures of the line are RigFaults with a remedy.

    The line may be noisy (AtChannel repeats commands if this is safe). After an unplug the port is opened again as
    soon as it is back, subscriptions are renewed and the clocks aligned.
    """

    def __init__(self, url: str, baudrate: int = 115200, timeout: float = 2.0, *, replug_within: float = 5.0) -> None:
        self.url = url
        self.events: EventList[DongleEvent] = EventList()
        self.noise = Noise()
        self._baudrate = baudrate
        self._timeout = timeout
        self._replug_within = replug_within
        self._connection: AtChannel | None = None
        self._there = threading.Condition()
        self._asking = threading.RLock()
        self._closing = threading.Event()
        self._keeper: threading.Thread | None = None
        self._subscribed: dict[int, int] = {}
        self._caps: dict[int, frozenset[str]] = {}
        self._offset = 0.0
        self._aligned_at = 0.0
        self._clock_error = CLOCK_STEP

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # life

    def open(self) -> None:
        """Open the port and greet the dongle; raises RigFault when there is no port or no answer."""
        try:
            connection = self._plug()
        except (*PORT_ERRORS, ValueError) as error:
            raise RigFault("dongle", f"{self.url} cannot be opened: {error}", remedy=REMEDY) from error
        try:
            self._greet(connection)
        except (RigFault, Unplugged) as error:
            connection.close()
            if isinstance(error, RigFault):
                raise
            raise RigFault("dongle", f"{self.url}: {error}", remedy=REMEDY) from error
        self._connection = connection
        self._keeper = threading.Thread(target=self._keep, name="dongle-keeper", daemon=True)
        self._keeper.start()

    def close(self) -> None:
        """Let go of the port."""
        self._closing.set()
        with self._there:
            connection, self._connection = self._connection, None
            self._there.notify_all()
        if connection is not None:
            connection.close()
        if self._keeper is not None:
            self._keeper.join(2.0)
        self.events.close("dongle closed")

    # questions

    def identify(self) -> Identity:
        """ATI: model, hardware, firmware and protocol version."""
        lines = self.command("ATI")
        named = dict(line.split("=", 1) for line in lines if "=" in line)
        plain = [line for line in lines if "=" not in line] + ["?"] * 3
        hardware = named.get("HW", plain[1])
        return Identity(plain[0], hardware, named.get("FW", plain[2]), int(named.get("PROTO", "1")))

    def caps(self, handset: int | None = None) -> frozenset[str]:
        """What the dongle can with a handset; without a number, what it can with every one."""
        if not self._caps:
            self._caps = {number: frozenset(names) for number, names in self._ask_caps()}
        if handset is not None and handset in self._caps:
            return self._caps[handset]
        return frozenset.intersection(*self._caps.values()) if self._caps else frozenset()

    def need(self, capability: str, handset: int) -> None:
        """Raise NotApplicable when the dongle cannot do this."""
        if capability not in self.caps(handset):
            raise NotApplicable(f"the dongle cannot {capability} with handset {handset}")

    def handsets(self) -> list[HandsetStatus]:
        """AT+HS?: every handset the dongle has."""
        return [_status(fields(line.partition(":")[2].strip())) for line in self._lines("AT+HS?", "+HS:")]

    def command(self, line: str) -> list[str]:
        """Send a command and return its information lines; raises CommandRefused or RigFault."""
        with self._asking:
            if clock.monotonic() - self._aligned_at > REALIGN_AFTER and self._connection is not None:
                self._with_connection(self._realign)
            return self._with_connection(lambda connection: connection.ask(line), line)

    def fence(self) -> float:
        """A round trip on the line: what the dongle told before is in `events` now. Returns the host's time."""
        self.command("AT+TIME?")
        return clock.now()

    def charge(self, handset: int, percent: int) -> None:
        """Bring a handset's battery to a level, for a dongle that feeds it through its battery's contacts."""
        self.need("BATTERY", handset)
        did = {"kind": "battery", "handset": handset, "percent": str(percent)}
        with steps.step("handset", f"handset {handset}: battery at {percent} %", did=did):
            self.command(f"AT+BATT={handset},{percent}")

    # events

    def subscribe(self, handset: int, mask: int = ALL_EVENTS) -> None:
        """Ask for a handset's unsolicited lines; asked for again after a replug."""
        if self._subscribed.get(handset) != mask:
            self.command(f"AT+SUBS={handset},{mask}")
            self._subscribed[handset] = mask

    def expect_event(
        self, kind: str, handset: int | None = None, *, within: float, since: float = 0.0, **wanted: object
    ) -> DongleEvent:
        """The first event of a kind since a moment (epoch) with these fields; raises WaitExpired with the last ones."""

        def matches(event: DongleEvent) -> bool:
            return (
                event.kind == kind
                and handset in (None, event.handset)
                and event.at >= since
                and all(getattr(event, key) == value for key, value in wanted.items())
            )

        what = " ".join([kind, str(handset or ""), *(f"{key}={value}" for key, value in wanted.items())])
        return self.events.wait_for(matches, what=what.strip(), within=within)

    @property
    def clock_error(self) -> float:
        """How far, in seconds, an event may seem to lie before its cause: half a round trip and a step of it."""
        return self._clock_error

    def align(self) -> float:
        """Compare the clocks; returns the shortest round trip in seconds, which bounds the error of `at`."""
        with self._asking:
            return self._with_connection(self._realign)

    # the line

    def _lines(self, question: str, prefix: str) -> list[str]:
        lines = [line for line in self.command(question) if line.startswith(prefix)]
        if not lines:
            raise RigFault("dongle", f"{question} was answered without {prefix}", remedy=REMEDY)
        return lines

    def _ask_caps(self) -> list[tuple[int, list[str]]]:
        found = []
        for line in self._lines("AT+CAPS?", "+CAPS:"):
            number, comma, names = line.partition(":")[2].strip().partition(",")
            if comma and number.isdigit():
                found.append((int(number), re.split(r"[ ,]+", names.strip())))
            else:
                found.append((0, re.split(r"[ ,]+", line.partition(":")[2].strip())))
        return found

    def _realign(self, connection: AtChannel) -> float:
        shortest = float("inf")
        offset = self._offset
        for _ in range(ROUND_TRIPS):
            asked = clock.now()
            answer = connection.ask("AT+TIME?")
            took = clock.now() - asked
            ms = next((line.partition(":")[2] for line in answer if line.startswith("+TIME:")), "")
            if not ms.strip().isdigit():
                raise RigFault(
                    "dongle", f"AT+TIME? was answered {answer}", remedy="check that this is a dongle of protocol 1"
                )
            if took < shortest:
                shortest, offset = took, asked + took / 2 - int(ms) / 1000
        self._offset, self._aligned_at = offset, clock.monotonic()
        self._clock_error = shortest / 2 + CLOCK_STEP
        return shortest

    def _with_connection(self, talk: Callable[[AtChannel], T], line: str = "AT") -> T:
        """Use the present port; if it disappears, wait for it, unless `line` is an act."""
        deadline = Deadline(self._replug_within)
        while True:
            connection = self._wait_plugged(deadline)
            try:
                return talk(connection)
            except Unplugged as gone:
                if not is_question(line):
                    text = f"unplugged during {masked(line)}: it is not known whether it was done"
                    raise RigFault("dongle", text, remedy=REMEDY) from gone
                connection.lost.wait(deadline.left)

    def _wait_plugged(self, deadline: Deadline) -> AtChannel:
        with self._there:
            self._there.wait_for(
                lambda: (self._connection is not None and not self._connection.lost.is_set()) or self._closing.is_set(),
                deadline.left,
            )
            if self._connection is None or self._connection.lost.is_set():
                text = f"{self.url} is gone" + ("" if self._closing.is_set() else f" for {self._replug_within:g} s")
                raise RigFault("dongle", text, remedy=REMEDY)
            return self._connection

    def _transcript(self, direction: str, text: str) -> None:
        steps.publish("serial", f"{direction} {text}")

    def _tell(self, line: Unsolicited, arrived: float) -> None:
        """An unsolicited line became an event; before the first alignment it has the time of its arrival."""
        at = line.ms / 1000 + self._offset if self._aligned_at else arrived
        try:
            event = event_of(line, at)
        except DamagedLine:
            self.noise.damaged_lines += 1
            return
        event = replace(event, at=min(event.at, arrived))
        self.events.append(event)
        steps.publish("dongle event", str(event), event=event)

    # plugging

    def _plug(self) -> AtChannel:
        # pyserial's rfc2217:// refuses a limit for writing, its socket:// has none; TCP takes what we say at once.
        write_limit = None if "://" in self.url else self._timeout
        port = serial.serial_for_url(self.url, baudrate=self._baudrate, timeout=READ_WITHIN, write_timeout=write_limit)
        connection = Connection(port, self.noise, self._tell, self._transcript)
        return AtChannel(connection, self.url, self._timeout, self.noise, self._transcript)

    def _greet(self, connection: AtChannel) -> None:
        """Synchronise, make check sums compulsory, and ask again for what was subscribed to."""
        connection.resynchronise()
        connection.ask("ATI")
        with contextlib.suppress(CommandRefused):
            connection.ask("AT+CRC=1")
            connection.seal()
        for handset, mask in self._subscribed.items():
            with contextlib.suppress(CommandRefused):
                connection.ask(f"AT+SUBS={handset},{mask}")
        self._realign(connection)

    def _keep(self) -> None:
        """The keeper thread: when the port vanishes, open it again as soon as it is back."""
        while not self._closing.is_set():
            connection = self._connection
            if connection is None:
                return
            if not connection.lost.wait(0.5):
                continue
            if self._closing.is_set():
                return
            steps.publish("dongle", f"{self.url} was unplugged")
            connection.close()
            self._reopen()

    def _reopen(self) -> None:
        while not self._closing.wait(REOPEN_EVERY):
            try:
                fresh = self._plug()
            except (*PORT_ERRORS, ValueError):
                continue
            try:
                self._greet(fresh)
            except (RigFault, Unplugged):
                fresh.close()
                continue
            self.noise.replugged += 1
            with self._there:
                self._connection = fresh
                self._there.notify_all()
            steps.publish("dongle", f"{self.url} is back")
            return


def _status(row: list[str]) -> HandsetStatus:
    if len(row) < 7 or not row[0].isdigit():
        raise RigFault(
            "dongle", f"AT+HS? has a line of {len(row)} fields: {row}", remedy="check that its firmware has protocol 1"
        )
    return HandsetStatus(int(row[0]), row[1].upper(), row[2].upper(), row[3], _int(row[4]), _int(row[5]), row[6])


def _int(text: str) -> int | None:
    return int(text) if re.fullmatch(r"-?\d+", text) else None
