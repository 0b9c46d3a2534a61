"""One merged timeline on the host's clock: steps, wire, web, serial line and the base's log, each with its source."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from harness.capture.messages import Packet, SipMessage, clock_text, endpoint
from harness.core.redaction import redaction
from harness.core.steps import Step

OF_THE_WIRE = "wire"
"""Steps of this part are left out: the timeline has the packets themselves."""
OF_THE_DONGLE = "dongle event"
"""Steps of this part are left out: the timeline has the lines of the serial line themselves."""


@dataclass(frozen=True)
class Entry:
    """One event: its time (epoch seconds), source and text; frame and duration if it has them."""

    at: float
    source: str
    text: str
    frame: int = 0
    took: float = 0.0
    error: str = ""

    def __str__(self) -> str:
        took = f"  ({self.took * 1000:.0f} ms)" if self.took >= 0.001 else ""
        frame = f"  packet {self.frame}" if self.frame else ""
        error = f"  !! {self.error.splitlines()[0]}" if self.error else ""
        return f"{clock_text(self.at)}  {self.source:<12} {self.text}{took}{frame}{error}"


def of_step(step: Step) -> Entry:
    """A step as a line; a request to the base's pages has the time of its beginning."""
    exchange = step.data.get("exchange")
    if exchange is not None:
        return Entry(exchange.at, "web request", redaction.mask(step.text), took=exchange.seconds)
    took = step.ended - step.at if step.ended is not None else 0.0
    return Entry(step.at, step.part, redaction.mask(step.text), took=took, error=redaction.mask(step.error))


def of_packet(event: Packet) -> Entry:
    """A packet as a line; its protocol is the source."""
    ends = f"{endpoint(event.src, event.sport)} → {endpoint(event.dst, event.dport)}"
    source = "sip" if isinstance(event, SipMessage) else event.protocols.rpartition(":")[2] or "wire"
    return Entry(event.at, f"wire/{source}"[:12], redaction.mask(f"{ends}  {event.summary}"), frame=event.frame)


def merged(steps: Iterable[Step], packets: Iterable[Packet], others: Iterable[Entry] = ()) -> list[Entry]:
    """All entries in order of time; the wire's steps about packets are left out, as the packets are there."""
    entries = [of_step(step) for step in steps if step.part not in (OF_THE_WIRE, OF_THE_DONGLE)]
    entries += [of_packet(packet) for packet in packets]
    return sorted([*entries, *others], key=lambda entry: entry.at)


def text(entries: Iterable[Entry]) -> str:
    """The timeline as text."""
    return "".join(f"{entry}\n" for entry in entries)


class TimelineFile:
    """The run's `timeline.jsonl`: each line is written as soon as it is known, so that a killed run keeps it.

    Lines are in the order in which they became known; `read` sorts them by time. Several workers write whole lines into
    the same file, each with its name. If the disk is full, only lines are lost, and `lost` says why.
    """

    def __init__(self, path: Path, worker: str = "") -> None:
        self.path = path
        self.worker = worker
        self.lost = ""
        self._lock = threading.Lock()
        self._file: IO[bytes] | None = None
        self._torn = False

    def write(self, entries: Iterable[Entry], test: str) -> None:
        """Add lines of a test, or of the run if no test is named."""
        data = "".join(_line(entry, test, self.worker) for entry in entries).encode("utf-8", "replace")
        with self._lock:
            try:
                if self._file is None:
                    self.path.parent.mkdir(parents=True, exist_ok=True)
                    self._file = self.path.open("ab", buffering=0)
                data = b"\n" + data if self._torn else data
                self._torn = self._file.write(data) != len(data)
            except OSError as error:
                self.lost, self._torn = str(error), True

    def close(self) -> None:
        """Close the file; a later line opens it again."""
        with self._lock:
            if self._file is not None:
                self._file.close()
                self._file = None


def read(path: Path) -> list[dict[str, Any]]:
    """The lines of a run's timeline in order of time; an incomplete line is skipped."""
    found = []
    for line in path.read_bytes().splitlines() if path.exists() else []:
        with contextlib.suppress(ValueError):
            found.append(json.loads(line))
    return sorted(found, key=lambda line: float(line["at"]))


def _line(entry: Entry, test: str, worker: str) -> str:
    line = {"at": round(entry.at, 6), "source": entry.source, "text": entry.text, "test": test}
    if worker:
        line["worker"] = worker
    if entry.frame:
        line["frame"] = entry.frame
    if entry.took:
        line["took"] = round(entry.took, 6)
    if entry.error:
        line["error"] = entry.error
    return json.dumps(line, ensure_ascii=False) + "\n"
