"""One merged timeline on the host's clock: steps, wire, web, serial line and the base's log, each with its source."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from harness.capture.messages import Packet, SipMessage, clock_text, endpoint
from harness.redaction import redaction
from harness.steps import Step


@dataclass(frozen=True)
class Entry:
    """One thing that happened: when (epoch seconds), who says so, what; frame and duration where there is one."""

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
    """A step as a line."""
    took = step.ended - step.at if step.ended is not None else 0.0
    return Entry(step.at, step.part, redaction.mask(step.text), took=took, error=redaction.mask(step.error))


def of_packet(event: Packet) -> Entry:
    """A packet as a line; its protocol is the source."""
    ends = f"{endpoint(event.src, event.sport)} → {endpoint(event.dst, event.dport)}"
    source = "sip" if isinstance(event, SipMessage) else event.protocols.rpartition(":")[2] or "wire"
    return Entry(event.at, f"wire/{source}"[:12], redaction.mask(f"{ends}  {event.summary}"), frame=event.frame)


def merged(steps: Iterable[Step], packets: Iterable[Packet], others: Iterable[Entry] = ()) -> list[Entry]:
    """All entries in the order of time; what the wire reports of its own finds is left out, the packet being there."""
    entries = [of_step(step) for step in steps if step.part != "wire"]
    entries += [of_packet(packet) for packet in packets]
    return sorted([*entries, *others], key=lambda entry: entry.at)


def text(entries: Iterable[Entry]) -> str:
    """The timeline to read."""
    return "".join(f"{entry}\n" for entry in entries)


def append(path: Path, entries: Iterable[Entry], test: str) -> None:
    """Add a test's entries to the run's timeline."""
    with path.open("a", encoding="utf-8") as file:
        for entry in entries:
            line = {"at": round(entry.at, 6), "source": entry.source, "text": entry.text, "test": test}
            if entry.frame:
                line["frame"] = entry.frame
            if entry.took:
                line["took"] = round(entry.took, 6)
            if entry.error:
                line["error"] = entry.error
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
