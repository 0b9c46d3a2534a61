"""The frames of a capture file as columns: when, where in the file, how long. The file is mapped, nothing is copied."""

from __future__ import annotations

import gzip
import mmap
import os
import shutil
import struct
import subprocess
import tempfile
import zlib
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from harness.capture import pcapng
from harness.capture.containers import GZIP
from harness.capture.pcap import HEADER_LENGTH, LARGEST_FRAME, RECORD_LENGTH, PcapHeader
from harness.core.errors import RigFault, UsageError

REMEDY = "name a pcap or pcapng file; capinfos FILE shows the type of a file"
_MAGIC_LENGTH = 4
_UNKNOWN = "isn't a capture file in a format editcap understands"
_STEP = 1 << 22
"""Pages of the file are given back each 4 MB, so that a long trace does not fill the memory."""
_LARGEST_SNAPLEN = 1 << 27
_SCATTER = 1_000_000
"""Kernels stamp packets of several processors by some µs out of order; from 1 ms on a file is not sorted."""

Octets = NDArray[np.uint8]
Integers = NDArray[Any]


@dataclass(frozen=True)
class Frames:
    """One entry a frame, in the order of time. `number` counts from 1 in the order of the file, times are in ns."""

    data: Any
    number: Integers
    stamp: Integers
    start: Integers
    kept: Integers
    length: Integers
    linktype: Integers
    damaged: str = ""
    unsorted: bool = False
    dropped: int = 0
    keys: bytes = b""
    before: int = 0

    @property
    def octets(self) -> Octets:
        """The whole file."""
        return np.frombuffer(self.data, dtype=np.uint8)

    def __len__(self) -> int:
        return len(self.number)

    def frame(self, row: int) -> bytes:
        """The octets of one frame, as far as they are kept."""
        start = int(self.start[row])
        return bytes(self.data[start : start + int(self.kept[row])])

    def forget(self, start: int, end: int) -> None:
        """Give the memory of a part of the file back; it is read again when it is wanted."""
        _forget(self.data, start, end)

    def swept(self, rows: Integers) -> Iterator[int]:
        """These rows one by one, giving back the memory of the file behind them."""
        begun = 0
        for row in rows.tolist():
            yield row
            here = int(self.start[row])
            if here - begun > _STEP:
                self.forget(begun, here)
                begun = here


def open_file(path: Path) -> Frames:
    """The frames of a stored capture: pcap, pcapng, either gzipped, or what editcap knows.

    Raises UsageError for what is no file, no capture, or has not one whole frame.
    """
    try:
        with path.open("rb") as file:
            found = _opened(file, path)
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}", remedy=REMEDY) from error
    if not len(found) and found.damaged:
        raise UsageError(f"{path}: no whole frame: {found.damaged}", remedy=REMEDY)
    return found


def frames_of(data: Any, *, before: int = 0) -> Frames:
    """The frames of a pcap or pcapng in memory; `before` is added to their numbers."""
    if bytes(data[:_MAGIC_LENGTH]) == pcapng.MAGIC:
        return _of_blocks(data, before)
    return _of_records(data, before)


def _opened(file: IO[bytes], path: Path) -> Frames:
    magic = file.read(_MAGIC_LENGTH)
    file.seek(0)
    if not magic:
        raise UsageError(f"{path}: empty, not a capture file", remedy=REMEDY)
    if magic.startswith(GZIP):
        with tempfile.TemporaryFile() as unpacked:
            cut = _unpack(file, unpacked)
            found = _mapped(unpacked, path)
        return _damaged(found, cut) if cut else found
    return _mapped(file, path)


def _mapped(file: IO[bytes], path: Path) -> Frames:
    file.seek(0)
    head = file.read(HEADER_LENGTH)
    if not head.startswith(pcapng.MAGIC):
        try:
            PcapHeader.parse(head)
        except UsageError:
            return _converted(file, path, len(head))
    return frames_of(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))


def _unpack(packed: IO[bytes], unpacked: IO[bytes]) -> str:
    """Unpack what can be unpacked; returns why there is no more."""
    try:
        with gzip.GzipFile(fileobj=packed) as source:
            shutil.copyfileobj(source, unpacked, 1 << 20)
    except (EOFError, OSError, zlib.error) as error:
        return f"the gzip file is cut or damaged: {error}"
    finally:
        unpacked.flush()
    return ""


def _converted(file: IO[bytes], path: Path, size: int) -> Frames:
    """The frames of a container that only editcap (of the tshark package) knows."""
    if size < HEADER_LENGTH:
        raise UsageError(f"{path}: too short for a capture file", remedy=REMEDY)
    os.lseek(file.fileno(), 0, os.SEEK_SET)  # what has been read ahead must not be missing
    with tempfile.NamedTemporaryFile(suffix=".pcapng") as converted:
        command = ["editcap", "-F", "pcapng", "-", converted.name]
        try:
            done = subprocess.run(command, stdin=file, capture_output=True, check=False)
        except FileNotFoundError as missing:
            raise RigFault(
                "capture", "editcap is not installed", remedy="apt-get install wireshark-common"
            ) from missing
        lines = [line for line in done.stderr.decode("utf-8", "replace").splitlines() if line.strip()]
        said = lines[0].removeprefix("editcap: ").strip() if lines else "no word from editcap"
        if not Path(converted.name).stat().st_size:
            why = "neither pcap nor pcapng, nor any other that editcap reads" if _UNKNOWN in said else said
            raise UsageError(f"{path}: not a capture file: {why}", remedy=REMEDY)
        found = frames_of(mmap.mmap(converted.fileno(), 0, access=mmap.ACCESS_READ))
    return _damaged(found, said) if done.returncode else found


def _damaged(found: Frames, why: str) -> Frames:
    return Frames(**{**vars(found), "damaged": f"{found.damaged}; {why}".strip("; ")})


def _of_records(data: Any, before: int) -> Frames:
    """Walk the records of a classic pcap: each tells where the next one is."""
    head = PcapHeader.parse(bytes(data[:HEADER_LENGTH]))
    kept_of = struct.Struct(head.order + "I").unpack_from
    position, end, places, parts = HEADER_LENGTH, len(data), array("q"), list[tuple[Integers, ...]]()
    begun = position
    while position + RECORD_LENGTH <= end:
        following = position + RECORD_LENGTH + kept_of(data, position + 8)[0]
        if following > end:
            break
        places.append(position)
        position = following
        if position - begun > _STEP:
            parts.append(_records(data, head, places))
            _forget(data, begun, position)
            places, begun = array("q"), position
    damaged = _why(data, head, position) if position < end else ""
    parts.append(_records(data, head, places))
    columns = tuple(np.concatenate(column) for column in zip(*parts, strict=True))
    return _sorted(data, before, columns, damaged=damaged)


def _records(data: Any, head: PcapHeader, places: array[int]) -> tuple[Integers, ...]:
    """What the records at these places say of their frames."""
    at = np.array(places, dtype=np.int64)
    words = Words(data, head.order)
    stamp = words.four(at).astype(np.int64) * 1_000_000_000
    stamp += words.four(at + 4).astype(np.int64) * (1_000_000_000 // head.units)
    linktype = np.full(len(at), head.linktype, dtype=np.int32)
    return stamp, at + RECORD_LENGTH, words.four(at + 8), words.four(at + 12), linktype


def _why(data: Any, head: PcapHeader, position: int) -> str:
    """What is wrong with the record that begins at `position`."""
    there = len(data) - position
    snaplen = struct.unpack_from(head.order + "I", data, 16)[0]
    kept = struct.unpack_from(head.order + "I", data, position + 8)[0] if there >= RECORD_LENGTH else 0
    if kept > max(LARGEST_FRAME, min(snaplen, _LARGEST_SNAPLEN)):
        return f"the frame at octet {position} claims {kept} octets: damaged from there on"
    return f"the last frame is cut off: {there} octets of it are there"


def _of_blocks(data: Any, before: int) -> Frames:
    blocks = pcapng.Blocks(memoryview(data))
    columns = tuple(array("q") for _ in range(5))
    stamps, starts, kept, lengths, linktypes = columns
    for place in blocks:
        stamps.append(place.stamp)
        starts.append(place.start)
        kept.append(place.kept)
        lengths.append(place.length)
        linktypes.append(place.linktype)
    found = tuple(np.array(column, dtype=np.int64) for column in columns)
    return _sorted(data, before, found, damaged=blocks.damaged, dropped=blocks.dropped, keys=b"\n".join(blocks.keys))


def _sorted(data: Any, before: int, columns: tuple[Integers, ...], **rest: Any) -> Frames:
    """The columns in the order of time; frames of the same moment stay in the order of the file."""
    stamp, start, kept, length, linktype = columns
    disordered = bool((np.diff(stamp) < -_SCATTER).any())
    order = np.argsort(stamp, kind="stable") if disordered else slice(None)
    return Frames(
        data,
        number=np.arange(1 + before, len(stamp) + 1 + before, dtype=np.int32)[order],
        stamp=stamp[order],
        start=start[order],
        kept=kept.astype(np.int32)[order],
        length=length.astype(np.int64)[order],
        linktype=linktype.astype(np.int32)[order],
        unsorted=disordered,
        before=before,
        **rest,
    )


class Words:
    """Numbers at any octet of a file: of two, four or one octet, for many places at once."""

    def __init__(self, data: Any, order: str = ">") -> None:
        self._data, self._order = data, order
        self.one = np.frombuffer(data, dtype=np.uint8)

    def two(self, at: Integers) -> Integers:
        """16-bit numbers."""
        return self._view("u2")[at]

    def four(self, at: Integers) -> Integers:
        """32-bit numbers."""
        return self._view("u4")[at]

    def _view(self, kind: str) -> Integers:
        """Every octet begins a number: a view with a stride of one octet."""
        of = np.dtype(self._order + kind)
        count = max(0, len(self.one) - of.itemsize + 1)
        return np.ndarray((count,), dtype=of, buffer=self._data, strides=(1,))


def _forget(data: Any, start: int, end: int) -> None:
    if isinstance(data, mmap.mmap):
        begin = start // mmap.PAGESIZE * mmap.PAGESIZE
        data.madvise(mmap.MADV_DONTNEED, begin, max(mmap.PAGESIZE, min(end, len(data)) - begin))
