"""Call forwarding of an identity: when its calls go elsewhere, and to which address (settings user_forward_*)."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

from rigs.standin.sip.values import Uri, ValueSyntaxError

if TYPE_CHECKING:
    from rigs.standin.base.device import Device
    from rigs.standin.base.settings import Settings


class Mode(IntEnum):
    """The values of user_forward_mode; only 0 is known to be off, the others are inferred."""

    OFF = 0
    ALWAYS = 1
    BUSY = 2
    NO_ANSWER = 3


UNWRITABLE = set('<>" ')
"""What no Contact can hold."""
REASONS = {Mode.ALWAYS: "unconditional", Mode.BUSY: "user-busy", Mode.NO_ANSWER: "no-answer"}
"""How a Diversion header words it (RFC 5806 section 4.1)."""


class Forwarding:
    """Where the calls of each identity go, as the settings are at this moment."""

    def __init__(self, device: Device) -> None:
        self._device = device

    def target(self, identity: int, mode: Mode) -> Uri | None:
        """The address that calls are forwarded to in this case; None where they are not.

        What is no address, and the identity itself, forwards nothing: the call rings as if nothing were set.
        """
        number = number_for(self._device.settings, identity, mode)
        if not number:
            return None
        account = self._device.sip.account(identity)
        try:
            found = self._device.sip.callee(account, number)
        except ValueSyntaxError as wrong:
            self._device.log.write("sip_call", 3, f"Identity {identity} forwards to {number}: {wrong}")
            return None
        return None if is_own(found, account.uri) or UNWRITABLE & set(str(found)) else found

    def seconds(self, identity: int) -> float:
        """How long a call rings before it is forwarded."""
        return float(self._device.settings.int("user_forward_timeout", identity))


def number_for(settings: Settings, identity: int, mode: Mode) -> str:
    """The number or address that is set for this case; empty where another case or none is set."""
    if settings.int("user_forward_mode", identity) != mode:
        return ""
    return settings.get("user_forward_number", identity).strip()


def is_own(target: Uri, own: Uri) -> bool:
    """Whether calls would come back to where they were forwarded from."""
    return (target.number, target.host.lower()) == (own.number, own.host.lower())


def told(settings: Settings, identities: list[int]) -> tuple[int, str, int]:
    """What handsets of these identities show: mode, number and seconds of the first one that forwards; 0 if none."""
    for identity in identities:
        for mode in REASONS:
            if number := number_for(settings, identity, mode):
                return mode, number, settings.int("user_forward_timeout", identity)
    return Mode.OFF, "", 0
