"""The messages of the air link, in the words of the DECT network layer (EN 300 175-5), and their packets.

A packet is one datagram of the SOCK_SEQPACKET socket `air.sock`: 'J' and a JSON object, or 'V', the slot's number and
80 bytes of voice (20 ms of 32 kbit/s G.726). A call is known by the `call` text its originator chose, unique on a link.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

from rigs.standin.air.checking import fitting, trouble

FRAME_SECONDS = 0.020
MULTIFRAME_SECONDS = 0.160  # one beacon a DECT multiframe
VOICE_BYTES, SLOTS = 80, 4
PACKET_LIMIT = 65536


@dataclass(frozen=True)
class Message:
    """One network-layer message; `ipui` is the portable part it is from or for."""

    kinds: ClassVar[dict[str, type[Message]]] = {}
    ipui: str = ""

    def __init_subclass__(cls) -> None:
        cls.kinds[cls.__name__] = cls


@dataclass(frozen=True)
class Beacon(Message):
    """Base: who I am (system information), the multiframe number, and whether a new part may subscribe."""

    rfpi: str = ""
    multiframe: int = 0
    registration: bool = False


@dataclass(frozen=True)
class AccessRightsRequest(Message):
    """Portable: subscribe me (ACCESS-RIGHTS-REQUEST)."""


@dataclass(frozen=True)
class KeyAllocate(Message):
    """Base: prove that you know the PIN; the key both then derive from it is the bond (KEY-ALLOCATE)."""

    rand: str = ""


@dataclass(frozen=True)
class AccessRightsAccept(Message):
    """Base: subscribed, and this is your number here."""

    rfpi: str = ""
    number: int = 0


@dataclass(frozen=True)
class AccessRightsReject(Message):
    """Base: not subscribed; `reason` is one of closed, pin, full, pacing."""

    reason: str = ""


@dataclass(frozen=True)
class AccessRightsTerminate(Message):
    """Either side: the subscription is over."""


@dataclass(frozen=True)
class LocateRequest(Message):
    """Portable: I am here (LOCATE-REQUEST); `rssi` in dBm as the part measures it."""

    rssi: int = 0


@dataclass(frozen=True)
class AuthenticationRequest(Message):
    """Base: prove that you hold our key."""

    rand: str = ""


@dataclass(frozen=True)
class AuthenticationReply(Message):
    """Portable: the answer to KEY-ALLOCATE or AUTHENTICATION-REQUEST."""

    response: str = ""


@dataclass(frozen=True)
class LocateAccept(Message):
    """Base: located; `number` is the part's number at this base."""

    number: int = 0


@dataclass(frozen=True)
class LocateReject(Message):
    """Base: I do not know you, or your answer was wrong."""


@dataclass(frozen=True)
class Detach(Message):
    """Portable: I am being switched off."""


@dataclass(frozen=True)
class Info(Message):
    """Base: what handsets show (MM-INFO-SUGGEST); `clock` is local seconds or None, `forward` a mode."""

    name: str = ""
    clock: float | None = None
    dnd: bool = False
    messages: int = 0
    line: str = ""
    forward: int = 0
    forward_to: str = ""
    forward_s: int = 0
    language: str = ""


@dataclass(frozen=True)
class Page(Message):
    """Base: the button *locate handsets* (LCE-REQUEST-PAGE with ringing)."""

    on: bool = True


@dataclass(frozen=True)
class Setup(Message):
    """Either side: a call begins, with caller, digits or a `key`; a free part answers after `auto_s`, -1: never."""

    call: str = ""
    number: str = ""
    name: str = ""
    line: str = ""
    key: str = ""
    auto_s: int = -1


@dataclass(frozen=True)
class CallProceeding(Message):
    """Base: your call is on its way (CC-CALL-PROC); voice runs in `slot` from now on."""

    call: str = ""
    slot: int = 0


@dataclass(frozen=True)
class Alerting(Message):
    """Either side: the called party is being rung."""

    call: str = ""


@dataclass(frozen=True)
class Progress(Message):
    """Base: the far end is heard before it answers (in-band tones or announcements)."""

    call: str = ""


@dataclass(frozen=True)
class Connect(Message):
    """Either side: answered. From the base with the slot."""

    call: str = ""
    slot: int = 0


@dataclass(frozen=True)
class ConnectAck(Message):
    """Base: your answer won; voice runs in `slot`."""

    call: str = ""
    slot: int = 0


@dataclass(frozen=True)
class Release(Message):
    """Either side: the call is over, for `reason` (a key of texts.yaml `reasons`); `text` is a server's own wording."""

    call: str = ""
    reason: str = "normal"
    text: str = ""


@dataclass(frozen=True)
class Keypad(Message):
    """Portable: digits pressed in a call; `ms` how long."""

    call: str = ""
    digits: str = ""
    ms: int = 100


@dataclass(frozen=True)
class Hold(Message):
    """Portable: hold the call (CRSS HOLD)."""

    call: str = ""


@dataclass(frozen=True)
class HoldAck(Message):
    """Base: the far end took the hold."""

    call: str = ""


@dataclass(frozen=True)
class HoldReject(Message):
    """Base: the hold failed; the call is as it was."""

    call: str = ""


@dataclass(frozen=True)
class Retrieve(Message):
    """Portable: resume the call (CRSS RETRIEVE)."""

    call: str = ""


@dataclass(frozen=True)
class RetrieveAck(Message):
    """Base: the call is back."""

    call: str = ""


@dataclass(frozen=True)
class RetrieveReject(Message):
    """Base: the call stays held."""

    call: str = ""


@dataclass(frozen=True)
class Join(Message):
    """Portable: bring the held call `other` into this one (CRSS three-party call)."""

    call: str = ""
    other: str = ""


@dataclass(frozen=True)
class JoinAck(Message):
    """Base: both calls are one conversation now."""

    call: str = ""
    other: str = ""


@dataclass(frozen=True)
class JoinReject(Message):
    """Base: the held call did not come back; both are as they were."""

    call: str = ""
    other: str = ""


@dataclass(frozen=True)
class Transfer(Message):
    """Portable: send the far end of the call to this number, or to that of the call `other` (CRSS call transfer)."""

    call: str = ""
    number: str = ""
    other: str = ""


@dataclass(frozen=True)
class TransferProgress(Message):
    """Base: the far end was asked to call the other one."""

    call: str = ""


@dataclass(frozen=True)
class TransferReject(Message):
    """Base: the transfer failed, for `reason` as in Release; the call is on hold as it was."""

    call: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Identify(Message):
    """Base: who the far end turned out to be."""

    call: str = ""
    number: str = ""
    name: str = ""


@dataclass(frozen=True)
class Notify(Message):
    """Base: the far end has put us on hold, or taken us back."""

    call: str = ""
    held: bool = False


@dataclass(frozen=True)
class Facility(Message):
    """Portable: the menu's `feature`: dnd, line, or forward-always, -busy, -no-answer to `number`, in `seconds`."""

    feature: str = ""
    on: bool = False
    number: str = ""
    seconds: int = 0


class AirError(ValueError):
    """A packet that is no message: unknown kind, unknown or missing fields, or not JSON."""


def encode(message: Message) -> bytes:
    """The packet of a message; texts from outside (names, reasons of servers) are made to fit."""
    values = {name: fitting(value) if isinstance(value, str) else value for name, value in asdict(message).items()}
    return b"J" + json.dumps({"m": type(message).__name__, **values}, separators=(",", ":")).encode()


def encode_voice(slot: int, frame: bytes) -> bytes:
    """The packet of one voice frame of 80 bytes."""
    if len(frame) != VOICE_BYTES or not 0 <= slot < SLOTS:
        raise AirError(f"a voice frame has {VOICE_BYTES} bytes in slots 0 to {SLOTS - 1}, not {len(frame)} in {slot}")
    return b"V" + bytes([slot]) + frame


def decode(packet: bytes) -> Message | tuple[int, bytes]:
    """The message of a control packet, or slot and frame of a voice packet; AirError for anything else."""
    if packet[:1] == b"V":
        if len(packet) != VOICE_BYTES + 2 or packet[1] >= SLOTS:
            raise AirError(f"voice packet of {len(packet)} bytes")
        return packet[1], packet[2:]
    if packet[:1] != b"J":
        raise AirError(f"packet begins with {packet[:1]!r}")
    try:
        fields: dict[str, Any] = json.loads(packet[1:])
        message = Message.kinds[fields.pop("m")](**fields)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise AirError(f"no message: {error}") from error
    if why := trouble(message):
        raise AirError(f"no {type(message).__name__}: {why}")
    return message
