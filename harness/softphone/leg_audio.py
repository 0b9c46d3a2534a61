"""Sound of a peer's call: tones, digits, recordings."""

from __future__ import annotations

import threading
import wave
from pathlib import Path
from typing import TYPE_CHECKING

from harness.core import steps
from harness.core.errors import RigFault
from harness.core.tones import NOTHING_HEARD, Tones, measure
from harness.softphone.process import WorkerEvent

if TYPE_CHECKING:
    from harness.softphone.leg import Leg

_names = iter(range(1, 1 << 30))
_naming = threading.Lock()


class PeerListening:
    """A `hear` under way; `result` waits for its end."""

    def __init__(self, leg: Leg, file: Path, ms: int) -> None:
        self._leg, self._file, self._ms = leg, file, ms

    def result(self) -> Tones:
        """The reading; silence when the call had no audio. Raises RigFault when the worker never tells."""
        within = self._ms / 1000 + self._leg.limits.answer
        event = self._leg.expect_event("heard", within=within, file=str(self._file))
        try:
            tones = NOTHING_HEARD if event.data.get("silent") else measure(self._file, started=event.data["started"])
        except (EOFError, OSError, wave.Error) as error:
            text = f"its recording {self._file.name} cannot be read: {error or type(error).__name__}"
            raise RigFault(f"peer {self._leg.name}", text, remedy=f"make room in {self._file.parent}") from error
        steps.publish("peer", f"{self._leg.name} heard {tones}", heard=tones, file=str(self._file))
        return tones


class LegAudio:
    """Sent and received sound of one call."""

    def __init__(self, leg: Leg) -> None:
        self._leg = leg

    def send_dtmf(self, digits: str, method: str = "rfc4733", ms: int = 160) -> None:
        """Send digits by RFC 4733 or `info`; returns when the first is on its way."""
        self._leg.act("dtmf", f"sends DTMF {digits} by {method}", digits=digits, method=method, ms=ms)

    def tone(self, *hz: float, level: float = -10.0, ms: int | None = None) -> None:
        """Let the far end hear one or two tones, level in dBm0, for `ms` or until `mute`."""
        text = f"sends {'+'.join(f'{f:g}' for f in hz)} Hz {level:g} dBm0"
        self._leg.act("tone", text, hz=list(hz), level=level, ms=ms)

    def mute(self) -> None:
        """End the tone."""
        self._leg.act("mute", "is mute")

    def listen(self, ms: int = 500) -> PeerListening:
        """Begin to record what comes from the far end; ask its `result` later."""
        with _naming:
            file = self._leg.process.directory / f"{self._leg.process.name}-{next(_names):04d}.wav"
        self._leg.ask("hear", ms=ms, file=str(file))
        return PeerListening(self._leg, file, ms)

    def hear(self, ms: int = 500) -> Tones:
        """What comes from the far end during the next `ms`."""
        return self.listen(ms).result()

    @property
    def digits(self) -> str:
        """The DTMF digits received so far, by any method."""
        return "".join(str(event.data["digit"]) for event in self._leg.events() if event.kind == "dtmf")

    def expect_digits(self, digits: str, within: float | None = None) -> list[WorkerEvent]:
        """Wait until these digits have come; returns their events (with `method` and `ms`)."""
        self._leg.wait(lambda event: event.kind == "dtmf" and digits in self.digits, f"DTMF {digits}", within)
        return [event for event in self._leg.events() if event.kind == "dtmf"]
