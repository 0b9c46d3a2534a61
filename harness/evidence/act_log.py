"""The log of a session's acts and of what handsets showed, read from the step bus: evidence beside the capture.

Tests, the standing watch and the run's folder use the same log; `stored_acts` reads the log of a stored run.
"""

from __future__ import annotations

import contextlib
import json
import threading
from bisect import bisect_right, insort
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any

from harness.core import clock, steps
from harness.core.errors import HarnessFault
from harness.core.redaction import redaction
from harness.core.steps import Step
from harness.evidence.session import Session
from harness.evidence.slices import Slice
from harness.handset.events import (
    BeepEvent,
    DisplayEvent,
    DongleEvent,
    HeardEvent,
    HookEvent,
    LedEvent,
    LinkEvent,
    RingEvent,
)
from harness.rules.acts import KINDS, SIGNS, TEXT, Act, Shown, felt
from harness.rules.idle_state import IdleState

TOLD_WITHIN_S = 5.0
"""Seconds within which the handset's feedback to an act may still come over a busy serial line."""


class ActLog:
    """All acts, and all that was shown, while it is subscribed to the bus, both in order of time.

    With a `path` each line is written as soon as it is known. If the disk is full, only lines are lost.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = path
        self.telling: set[int] = set()
        self._acts: list[Act] = []
        self._shown: list[Shown] = []
        self._idle: list[IdleState] = []
        self._signs: dict[int, list[float]] = {}
        self._settled = 0
        self._file: IO[str] | None = None
        self._lock = threading.Lock()

    @contextlib.contextmanager
    def subscribed(self) -> Iterator[ActLog]:
        """Receive the drivers' and procedures' steps while the context lasts."""
        with steps.subscribed(self.on_step):
            try:
                yield self
            finally:
                with self._lock:
                    if self._file is not None:
                        self._file.close()
                        self._file = None

    @property
    def acts(self) -> list[Act]:
        """All acts until now; each key says whether the handset gave feedback to it."""
        with self._lock:
            told_by = clock.now() - TOLD_WITHIN_S
            while self._settled < len(self._acts) and self._acts[self._settled].felt_until < told_by:
                self._acts[self._settled] = self._felt(self._acts[self._settled])
                self._settled += 1
            return [*self._acts[: self._settled], *map(self._felt, self._acts[self._settled :])]

    @property
    def shown(self) -> list[Shown]:
        """All that handsets showed until now."""
        with self._lock:
            return list(self._shown)

    @property
    def idle(self) -> list[IdleState]:
        """The states between tests until now."""
        with self._lock:
            return list(self._idle)

    def on_step(self, step: Step) -> None:
        """Log the acts and displays of a step."""
        for found in _mappings(step.data.get("did")):
            self._take_act(_act(found, step))
        for found in _mappings(step.data.get("shown")):
            self._take_shown(Shown(*_fields(found, step)))
        event = step.data.get("event")
        if isinstance(event, DongleEvent) and (one := shown_by(event)) is not None:
            self._take_shown(one)
        if "tells" in step.data:
            self._tells(int(step.data["tells"]))
        state = step.data.get("idle")
        if isinstance(state, IdleState):
            self._take_idle(state)

    def note_session(self, one: Session) -> None:
        """Log a profile that is up; it is logged again at its end, with all that is known then."""
        with self._lock:
            self._write({"session": asdict(one)})

    def note_test(self, one: Slice) -> None:
        """Log a test that is over; what the base did in its time belongs to it."""
        with self._lock:
            told = {"test": one.test, "began": one.began, "ended": one.ended, "provokes": sorted(one.provokes)}
            self._write({"test": told})

    def _felt(self, act: Act) -> Act:
        return felt(act, self._signs.get(act.handset, ()), self.telling)

    def _take_act(self, act: Act) -> None:
        with self._lock:
            place = bisect_right(self._acts, act.at, key=lambda one: one.at)
            self._acts.insert(place, act)
            self._settled = min(self._settled, place)
            # Twice: in the line a document is escaped as JSON, and the secrets in it are escaped as XML.
            detail = {name: redaction.mask(value) if name == TEXT else value for name, value in act.detail.items()}
            self._write({"act": {**asdict(act), "detail": detail}})

    def _take_shown(self, one: Shown) -> None:
        with self._lock:
            insort(self._shown, one, key=lambda other: other.at)
            if one.kind in SIGNS:
                insort(self._signs.setdefault(one.handset, []), one.at)
            self._write({"shown": asdict(one)})

    def _take_idle(self, state: IdleState) -> None:
        with self._lock:
            self._idle.append(state)
            self._write({"idle": asdict(state)})

    def _tells(self, handset: int) -> None:
        with self._lock:
            if handset not in self.telling:
                self.telling.add(handset)
                self._write({"tells": handset})

    def _write(self, line: dict[str, Any]) -> None:
        if self.path is None:
            return
        with contextlib.suppress(OSError):
            if self._file is None:
                self._file = self.path.open("a", encoding="utf-8", buffering=1)
            self._file.write(redaction.mask(json.dumps(line, ensure_ascii=False)) + "\n")


def shown_by(event: DongleEvent) -> Shown | None:
    """What an event of the dongle shows; None for a line that is not in the protocol."""
    number, at = event.handset, event.at
    match event:
        case RingEvent():
            return Shown("ring", at, number, "ON" if event.on else "OFF", {"melody": event.melody})
        case DisplayEvent():
            return Shown("change", at, number, "")
        case LinkEvent():
            return Shown("link", at, number, event.state)
        case HookEvent():
            return Shown("hook", at, number, "OFF" if event.off else "ON")
        case LedEvent():
            return Shown("lamp", at, number, event.state, {"name": event.name})
        case BeepEvent():
            return Shown("beep", at, number, event.beep)
        case HeardEvent():
            tones = " ".join(f"{tone.hz:g}:{tone.dbm0:g}" for tone in event.heard.tones)
            return Shown("heard", at, number, f"{event.heard.level:g}", {"tones": tones})
    return None


def _mappings(told: Any) -> list[Mapping[str, Any]]:
    if told is None:
        return []
    return [told] if isinstance(told, Mapping) else list(told)


def _act(found: Mapping[str, Any], step: Step) -> Act:
    if found["kind"] not in KINDS:
        raise HarnessFault(
            f"an act of the kind {found['kind']!r}, which no rule can know: see harness.rules.acts.ActKind"
        )
    known = {"kind", "handset", "call_id", "at"}
    detail = {name: str(value) for name, value in found.items() if name not in known}
    if step.error:
        detail["error"] = step.error
    at = float(found.get("at", step.at))
    return Act(found["kind"], at, step.ended or step.at, found.get("handset", 0), found.get("call_id", ""), detail)


def _fields(found: Mapping[str, Any], step: Step) -> tuple[str, float, int, str, dict[str, str]]:
    detail = {name: str(value) for name, value in found.items() if name not in ("kind", "handset", "value")}
    return found["kind"], step.at, found["handset"], found["value"], detail
