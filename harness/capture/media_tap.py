"""The second live dissection, of RTP alone: each packet's row is there milliseconds later, without a tshark to load."""

from __future__ import annotations

import struct
from collections import deque

from harness import clock
from harness.capture import tshark
from harness.capture.dissect import FENCE_TYPE
from harness.capture.fence import NEAREST_BRIDGE
from harness.capture.rtp import ROW_FIELDS, RTP_FILTER, RTP_OPTIONS
from harness.errors import RigFault

# Twenty minutes of one call in both directions, thirty megabytes; older packets are read from the file.
KEPT = 120_000
COMMAND = [
    *tshark.fields_command("-", ROW_FIELDS, f"({RTP_FILTER}) or eth.type == 0x88b5", RTP_OPTIONS),
    "-l",
]


class MediaRows:
    """The latest rows, and sentinels by which a reader knows that all before have been read."""

    def __init__(self) -> None:
        self._rows: deque[tuple[float, int, bytes]] = deque(maxlen=KEPT)
        self._sentinels: clock.EventList[int] = clock.EventList()
        self._oldest = 0.0
        self._sent = 0

    def take(self, line: bytes, number: int) -> None:
        """A line of tshark; `number` is its packet's in the run's file."""
        parts = line.split(b"\t", 9)
        if len(parts) < 10 or not parts[8]:
            if number == 0:
                self._sentinels.append(number)
            return
        if len(self._rows) == KEPT:
            self._oldest = self._rows[0][0]
        self._rows.append((float(parts[1]), number, line))

    def sentinel(self, order: str, units: int) -> bytes:
        """A record to put into the stream, that comes back as a row of its own."""
        self._sent += 1
        frame = NEAREST_BRIDGE + bytes(6) + FENCE_TYPE + b"m9-sentinel"
        now = clock.now()
        stamp = (int(now), int((now % 1) * units), len(frame), len(frame))
        return struct.pack(order + "IIII", *stamp) + frame

    def wait(self, *, within: float = 10.0) -> None:
        """Until all sentinels so far have come back; RigFault when one does not."""
        wanted = self._sent
        try:
            self._sentinels.wait_for(
                lambda _: len(self._sentinels) >= wanted,
                what="the media sentinel",
                within=within,
                since=max(0, wanted - 1),
            )
        except clock.WaitExpired as late:
            raise RigFault("capture", f"media is not dissected: {late}", remedy="is the machine overloaded?") from late

    def reset(self) -> None:
        """A new tshark: its sentinels are counted anew, the rows stay."""
        self._sentinels = clock.EventList()
        self._sent = 0

    def since(self, start: float) -> list[list[str]] | None:
        """The rows from a moment on with the frame numbers of the run's file, or None when some are no longer kept."""
        if start <= self._oldest:
            return None
        found = []
        for at, number, line in reversed(self._rows.copy()):
            if at < start - 1.0:
                break
            if at >= start:
                row = line.decode("utf-8", "replace").rstrip("\n").split("\t")
                row[0] = str(number)
                found.append(row)
        return found[::-1]
