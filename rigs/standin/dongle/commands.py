"""The dongle's commands: what each does to a handset and what it answers.

What the protocol page leaves open and is settled here: a command on a handset that is off gets error 3 (but POWER and
AT+HSPWR), one that is lost still has keys, display and ears; AT+KEY with a time answers when the key is let go; AT+REG
answers when the search begins, its outcome is on the display, in AT+HS? and as LINK line; nothing unsolicited but HEARD
comes before AT+SUBS asks for it; a tone lasts 1 to 600 000 ms, a listen 20 to 60 000 ms.
"""

from __future__ import annotations

import base64
import re
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from rigs.standin.dongle.lines import LineError, fields, quote
from rigs.standin.handset.caller_picture import HEIGHT, WIDTH
from rigs.standin.handset.data import constant
from rigs.standin.handset.events import Kind
from rigs.standin.handset.handset import KEYS, Handset
from rigs.standin.handset.levels import Tone

IDENTITY = ("snom DECT test dongle", "HW=2.1", "FW=1.4.0", "PROTO=1")
CAPABILITIES = "KEYS DISPLAY ICONS PICTURE TONE LISTEN RF POWER SUBSCRIBE BATTERY"
"""BATTERY: it feeds the handsets through the contacts of the battery."""


class CommandError(Exception):
    """`ERROR <code> <text>`."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text


@dataclass(frozen=True)
class KeyDown:
    """A key held down for some seconds; the command is over when `let_go` has been called."""

    seconds: float
    let_go: Callable[[], None]


SYNTAX = (1, "syntax")
NO_HANDSET = (2, "no such handset")
OFF = (3, "handset off or lost")
BUSY = (4, "busy")
CRC = (5, "CRC")
NOT_SUPPORTED = (6, "not supported")


class Commands:
    """Works the handsets; `unsolicited` gets each unsolicited line, without its time."""

    def __init__(self, handsets: dict[int, Handset], unsolicited: Callable[[str], None]) -> None:
        self._handsets = handsets
        self._unsolicited = unsolicited
        self._masks = dict.fromkeys(handsets, 0)
        self._began = time.monotonic()
        self.crc_compulsory = False
        for handset in handsets.values():
            handset.events.listener = self._listener(handset.number)

    @property
    def milliseconds(self) -> int:
        """The dongle's clock."""
        return int((time.monotonic() - self._began) * 1000)

    def run(self, line: str) -> list[str] | KeyDown:
        """The information lines of one command, or a key that is held down for a while; CommandError for refusals."""
        found = re.fullmatch(r"(?:AT\+(?P<name>[A-Z]+)(?P<kind>\?|=)?|(?P<bare>ATI|AT))(?P<rest>.*)", line)
        if found is None:
            raise CommandError(*SYNTAX)
        if found["bare"]:
            if found["rest"]:
                raise CommandError(*SYNTAX)
            return list(IDENTITY) if found["bare"] == "ATI" else []
        name, kind = found["name"], found["kind"] or ""
        try:
            values = fields(found["rest"]) if kind == "=" else []
        except (LineError, UnicodeEncodeError) as error:
            raise CommandError(*SYNTAX) from error
        if kind != "=" and found["rest"]:
            raise CommandError(*SYNTAX)
        return self._dispatch(name + kind, values)

    def _dispatch(self, name: str, values: list[str]) -> list[str] | KeyDown:
        queries: dict[str, Callable[[], list[str]]] = {"CAPS?": self._caps, "TIME?": self._time, "HS?": self._states}
        orders: dict[str, Callable[[list[str]], list[str]]] = {
            "CRC=": self._crc,
            "DISP=": self._display,
            "PIC=": self._picture,
            "AUDIO=": self._audio,
            "LISTEN=": self._listen,
            "REG=": self._register,
            "DEREG=": self._deregister,
            "RF=": self._attenuate,
            "HSPWR=": self._power,
            "BATT=": self._battery,
            "SUBS=": self._subscribe,
        }
        if name == "KEY=":
            return self._key(values)
        if name in queries:
            return queries[name]()
        if name in orders:
            return orders[name](values)
        known = {key.rstrip("?=") for key in (*queries, *orders, "KEY=")}
        raise CommandError(*(SYNTAX if name.rstrip("?=") in known else NOT_SUPPORTED))

    # -- questions

    def _caps(self) -> list[str]:
        return [f"+CAPS: {number},{CAPABILITIES}" for number in sorted(self._handsets)]

    def _time(self) -> list[str]:
        return [f"+TIME: {self.milliseconds}"]

    def _states(self) -> list[str]:
        return [
            f"+HS: {number},{handset.part.ipui},{handset.part.rfpi},{handset.part.state.value},{handset.part.rssi},"
            f"{handset.battery.level},{constant('firmware')}"
            for number, handset in sorted(self._handsets.items())
        ]

    def _display(self, values: list[str]) -> list[str]:
        display = self._one(values, count=1).display
        rows = [
            f"+DISP: {at},{quote(row.text)}" + (",INV" if row.inverse else "")
            for at, row in enumerate(display.rows, start=1)
        ]
        return [*rows, f"+ICON: {' '.join(display.icons)}".rstrip()]

    def _picture(self, values: list[str]) -> list[str]:
        rows = self._one(values, count=1).pictures.shown
        if not rows:
            return ["+PIC: NONE"]
        lines = [base64.b64encode(rows[at : at + 3 * WIDTH]).decode() for at in range(0, len(rows), 3 * WIDTH)]
        return [f"+PIC: {WIDTH},{HEIGHT},{zlib.crc32(rows):08X}", *lines]

    # -- orders

    def _crc(self, values: list[str]) -> list[str]:
        if values not in (["0"], ["1"]):
            raise CommandError(*SYNTAX)
        self.crc_compulsory = values == ["1"]
        return []

    def _key(self, values: list[str]) -> list[str] | KeyDown:
        if len(values) not in (2, 3) or values[1] not in KEYS:
            raise CommandError(*SYNTAX)
        handset = self._one(values, powered=values[1] != "POWER")
        milliseconds = _number(values[2], 0, 30_000) if len(values) == 3 else 0
        down = KeyDown(milliseconds / 1000, partial(self._let_go, handset, values[1], milliseconds))
        if milliseconds:
            return down
        down.let_go()
        return []

    def _let_go(self, handset: Handset, key: str, milliseconds: int) -> None:
        handset.press(key, milliseconds)

    def _audio(self, values: list[str]) -> list[str]:
        handset = self._one(values)
        match values[1:]:
            case ["MUTE"]:
                handset.voice.mouth.mute()
            case ["TONE", hertz, dbm0, milliseconds]:
                tone = _decimal(hertz, 20, 3999), _decimal(dbm0, -70, 3.14), _number(milliseconds, 1, 600_000)
                handset.voice.mouth.tone(*tone)
            case _:
                raise CommandError(*SYNTAX)
        return []

    def _listen(self, values: list[str]) -> list[str]:
        handset = self._one(values, count=2)
        milliseconds = _number(values[1], 20, 60_000)
        if handset.voice.ear.listening:
            raise CommandError(*BUSY)
        handset.voice.ear.listen(milliseconds, lambda dbm0, found: self._heard(handset.number, dbm0, found))
        return []

    def _heard(self, number: int, dbm0: float, found: list[Tone]) -> None:
        lines = "".join(f" {tone.hertz:.0f}:{tone.dbm0:.1f}" for tone in found)
        self._unsolicited(f"HEARD {number} {dbm0:.1f}{lines}")

    def _register(self, values: list[str]) -> list[str]:
        handset = self._one(values, count=2)
        if not handset.register(values[1]):
            raise CommandError(*BUSY)
        return []

    def _deregister(self, values: list[str]) -> list[str]:
        handset = self._one(values, count=1)
        handset.part.forget()
        handset.home()
        return []

    def _attenuate(self, values: list[str]) -> list[str]:
        handset = self._one(values, count=2, powered=False)
        handset.part.medium.attenuate(handset.part, _decimal(values[1], 0, 120))
        return []

    def _power(self, values: list[str]) -> list[str]:
        handset = self._one(values, count=2, powered=False)
        if values[1] not in ("ON", "OFF"):
            raise CommandError(*SYNTAX)
        handset.switch(values[1] == "ON")
        return []

    def _battery(self, values: list[str]) -> list[str]:
        handset = self._one(values, count=2, powered=False)
        handset.battery.charge(_number(values[1], 0, 100))
        return []

    def _subscribe(self, values: list[str]) -> list[str]:
        handset = self._one(values, count=2, powered=False)
        self._masks[handset.number] = _number(values[1], 0, 63)
        return []

    def _listener(self, number: int) -> Callable[[Kind, str], None]:
        def tell(kind: Kind, text: str) -> None:
            if self._masks[number] & kind:
                self._unsolicited(f"{kind.name} {number} {text}".rstrip())

        return tell

    def _one(self, values: list[str], *, count: int = 0, powered: bool = True) -> Handset:
        if (count and len(values) != count) or not values[0].isascii() or not values[0].isdigit():
            raise CommandError(*SYNTAX)
        handset = self._handsets.get(int(values[0]))
        if handset is None:
            raise CommandError(*NO_HANDSET)
        if powered and not handset.powered:
            raise CommandError(*OFF)
        return handset


def _number(text: str, least: int, most: int) -> int:
    if not re.fullmatch(r"\d{1,9}", text, re.ASCII) or not least <= int(text) <= most:
        raise CommandError(*SYNTAX)
    return int(text)


def _decimal(text: str, least: float, most: float) -> float:
    if not re.fullmatch(r"-?\d{1,9}(?:\.\d{1,6})?", text, re.ASCII) or not least <= float(text) <= most:
        raise CommandError(*SYNTAX)
    return float(text)
