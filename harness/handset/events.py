"""The dongle's unsolicited lines, as typed events on the host's clock."""

from __future__ import annotations

from dataclasses import dataclass

from harness.core.tones import Tone, Tones
from harness.handset.protocol import DamagedLine, Unsolicited


@dataclass(frozen=True, kw_only=True)
class DongleEvent:
    """Something at a handset: `at` in epoch seconds of the host, `ms` on the dongle's own clock."""

    handset: int
    ms: int
    at: float = 0.0
    kind = "?"

    def __str__(self) -> str:
        told = " ".join(str(value) for key, value in self.__dict__.items() if key not in ("handset", "ms", "at"))
        return f"{self.kind} {self.handset} {told}".strip()


@dataclass(frozen=True, kw_only=True)
class RingEvent(DongleEvent):
    """The ringer began or ended."""

    on: bool
    melody: str = ""
    kind = "RING"

    def __str__(self) -> str:
        return f"RING {self.handset} {'ON' if self.on else 'OFF'} {self.melody}".strip()


@dataclass(frozen=True, kw_only=True)
class DisplayEvent(DongleEvent):
    """The display changed."""

    kind = "DISP"


@dataclass(frozen=True, kw_only=True)
class LinkEvent(DongleEvent):
    """The air interface: LOCKED or LOST."""

    state: str
    kind = "LINK"


@dataclass(frozen=True, kw_only=True)
class HookEvent(DongleEvent):
    """The hook: off is in a call."""

    off: bool
    kind = "HOOK"

    def __str__(self) -> str:
        return f"HOOK {self.handset} {'OFF' if self.off else 'ON'}"


@dataclass(frozen=True, kw_only=True)
class LedEvent(DongleEvent):
    """A lamp: ON, OFF or BLINK."""

    name: str
    state: str
    kind = "LED"


@dataclass(frozen=True, kw_only=True)
class BeepEvent(DongleEvent):
    """A call-waiting or key tone."""

    beep: str
    kind = "BEEP"


@dataclass(frozen=True, kw_only=True)
class HeardEvent(DongleEvent):
    """The end of a LISTEN: level and strongest tones."""

    heard: Tones
    kind = "HEARD"


@dataclass(frozen=True, kw_only=True)
class OtherEvent(DongleEvent):
    """A line of a kind that protocol version 1 does not name; kept for the transcript."""

    words: tuple[str, ...]
    kind = "OTHER"


def event_of(line: Unsolicited, at: float) -> DongleEvent:
    """The event of an unsolicited line; raises DamagedLine where its words are none."""
    kind, *rest = line.words
    try:
        handset = int(rest[0])
        return _typed(kind, handset, rest[1:], line.ms, at)
    except (IndexError, ValueError) as error:
        raise DamagedLine(f"no {kind} line: {' '.join(line.words)}") from error


def _typed(kind: str, handset: int, rest: list[str], ms: int, at: float) -> DongleEvent:
    match kind, rest:
        case "RING", ["ON" | "OFF" as state, *melody]:
            return RingEvent(handset=handset, ms=ms, at=at, on=state == "ON", melody=" ".join(melody))
        case "DISP", []:
            return DisplayEvent(handset=handset, ms=ms, at=at)
        case "LINK", ["LOCKED" | "LOST" as state]:
            return LinkEvent(handset=handset, ms=ms, at=at, state=state)
        case "HOOK", ["OFF" | "ON" as state]:
            return HookEvent(handset=handset, ms=ms, at=at, off=state == "OFF")
        case "LED", [name, "ON" | "OFF" | "BLINK" as state]:
            return LedEvent(handset=handset, ms=ms, at=at, name=name, state=state)
        case "BEEP", [beep]:
            return BeepEvent(handset=handset, ms=ms, at=at, beep=beep)
        case "HEARD", [level, *tones]:
            return HeardEvent(handset=handset, ms=ms, at=at, heard=_heard(level, tones, at))
    if kind in {"RING", "DISP", "LINK", "HOOK", "LED", "BEEP", "HEARD"}:
        raise ValueError(kind)
    return OtherEvent(handset=handset, ms=ms, at=at, words=(kind, *rest))


def _heard(level: str, tones: list[str], at: float) -> Tones:
    lines = [tone.split(":") for tone in tones]
    return Tones(float(level), tuple(Tone(float(hz), float(dbm0)) for hz, dbm0 in lines), at)
