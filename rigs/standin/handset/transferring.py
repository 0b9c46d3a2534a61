"""TRANSFER in a call: whom the far end is sent to, on a screen before that of the call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rigs.standin.air import protocol as air
from rigs.standin.handset.calls import HandsetCall, State
from rigs.standin.handset.data import constant, text
from rigs.standin.handset.display import Row, screen
from rigs.standin.handset.registering import DIGITS
from rigs.standin.handset.strategies import DiallingStrategy

if TYPE_CHECKING:
    from rigs.standin.handset.phone import Phone

SENDS = frozenset({"SOFT1", "OK", "TRANSFER"})


class TransferTarget:
    """The number that a call is transferred to. The call is put on hold meanwhile; a number is sent when it is."""

    def __init__(self, phone: Phone, call: HandsetCall) -> None:
        self._phone = phone
        self.call = call
        self.number = ""
        self._due = False

    def rows(self) -> list[Row]:
        """The screen."""
        right = text("soft.clear" if self.number else "soft.back")
        return screen([text("transfer.title"), self.number, "", self.call.who], text("soft.transfer"), right)

    def press(self, key: str) -> None:
        """A key while it is in front."""
        digits = self._phone.handset.strategies.get(DiallingStrategy)
        if key in DIGITS and len(self.number) < constant("dialled_digits"):
            self.number = digits.append(self.number, key)
        elif key in SENDS and self.number:
            self._due = True
            self.held()
        elif key in {"SOFT2", "LEFT"} and self.number:
            self.number = digits.erase(self.number)
        elif key in {"SOFT2", "LEFT"}:
            self._phone.entry = None
        elif key == "ONHOOK":
            self._phone.hang_up(self.call)
        else:
            self._phone.handset.events.beep("ERROR")

    def held(self) -> None:
        """The call is on hold, or a key came: a complete number goes out once both are so."""
        if self._due and self.call.state is State.HELD:
            self._phone.entry = None
            self._phone.say(air.Transfer(self._phone.handset.part.ipui, self.call.call, self.number))


def join(phone: Phone, call: HandsetCall, held: HandsetCall) -> None:
    """TRANSFER was pressed while another call is on hold: the held far end goes to that of this call.

    One that has not answered yet is given up first; the far end then calls its number [inferred].
    """
    ipui = phone.handset.part.ipui
    if call.answered:
        phone.say(air.Transfer(ipui, held.call, other=call.call))
    else:
        phone.hang_up(call)
        phone.say(air.Transfer(ipui, held.call, call.number))


def begin(phone: Phone, call: HandsetCall) -> None:
    """TRANSFER was pressed: the far end is put on hold, and the number is asked for."""
    if call.state is State.CONNECTED:
        phone.hold(call)
    call.note()
    phone.entry = TransferTarget(phone, call)


def both(call: HandsetCall, calls: list[HandsetCall]) -> list[HandsetCall]:
    """The calls that end with one: during a transfer to another one that one, too."""
    if call.state is not State.TRANSFERRING:
        return [call]
    return [one for one in calls if one.state in {State.TRANSFERRING, State.CONNECTED}]
