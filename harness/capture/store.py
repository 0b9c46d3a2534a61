"""The run's capture file: all packets, indexed, so that a test's slice is found by its offsets."""

from __future__ import annotations

import bisect
import hashlib
import threading
from array import array
from pathlib import Path
from typing import IO

from harness.capture.pcap import HEADER_LENGTH, PcapHeader, Record
from harness.core.errors import RigFault


class RunFile:
    """One growing pcap for a whole run. A full disk ends the writing, not the capture, and sets `fault`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.header: PcapHeader | None = None
        self.fault = ""
        self._file: IO[bytes] | None = None
        self._size = 0
        self._times = array("d")
        self._offsets = array("Q")
        self._lengths = array("L")
        self._media_times = array("d")
        self._lock = threading.Lock()

    def begin(self, header: PcapHeader) -> None:
        """Write the header once; a restarted capture continues in the same file, with the same numbering."""
        with self._lock:
            if self.header is not None:
                self.fault = ""
                return
            self.header = header
            try:
                self._file = self.path.open("wb", buffering=0)
                self._file.write(header.raw)
                self._size = HEADER_LENGTH
            except OSError as error:
                self._give_up(error)

    def append(self, record: Record, *, media: bool = False) -> int:
        """Add a frame and return its number in the file, counted from 1; 0 if it could not be stored."""
        with self._lock:
            if self.fault or self._file is None:
                return 0
            try:
                written = self._file.write(record.raw)
                if written != len(record.raw):
                    raise OSError(28, "no space left on device")
            except OSError as error:
                self._give_up(error)
                return 0
            self._times.append(record.at)
            self._offsets.append(self._size)
            self._lengths.append(len(record.raw))
            self._size += len(record.raw)
            if media:
                self._media_times.append(record.at)
            return len(self._times)

    def __len__(self) -> int:
        return len(self._times)

    def slice(self, start: float, end: float) -> tuple[bytes, int]:
        """A pcap of all frames between two moments (epoch seconds), and the number of its first frame less one.

        Raises RigFault if the file could not be written: an incomplete slice is no evidence.
        """
        with self._lock:
            if self.fault:
                raise RigFault("capture", self.fault, remedy=f"make room in {self.path.parent}")
            if self.header is None:
                raise RigFault("capture", "nothing was captured yet", remedy="start the capture first")
            first = bisect.bisect_left(self._times, start)
            last = bisect.bisect_right(self._times, end)
            if first >= last:
                return self.header.raw, first
            begin = self._offsets[first]
            finish = self._offsets[last - 1] + self._lengths[last - 1]
        with self.path.open("rb") as file:
            file.seek(begin)
            return self.header.raw + file.read(finish - begin), first

    def has_media(self, start: float, end: float) -> bool:
        """Whether RTP packets were stored between two moments."""
        return bisect.bisect_left(self._media_times, start) < bisect.bisect_right(self._media_times, end)

    def digest(self) -> str:
        """SHA-256 of the present file, for the run's record."""
        if not self.path.exists():
            return ""
        with self.path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    def close(self) -> None:
        """End the writing."""
        with self._lock:
            if self._file is not None:
                self._file.close()
                self._file = None

    def _give_up(self, error: OSError) -> None:
        """Cut off the incomplete record, so that the file remains readable."""
        self.fault = f"{self.path} cannot be written: {error.strerror or error}"
        if self._file is not None:
            self._file.truncate(self._size)
            self._file.seek(self._size)
