"""A stored capture as the messages and streams that the live path gives: last night's file or a customer's trace."""

from __future__ import annotations

import subprocess
import tempfile
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from harness.capture import containers, dissect, layers, pcap, tshark
from harness.capture.dialogs import Dialog, group
from harness.capture.messages import Packet, SipMessage
from harness.capture.rtp import ROW_FIELDS, RTP_FILTER, RTP_OPTIONS, RtpStream, streams_of
from harness.capture.sip_reader import Repetitions
from harness.errors import RigFault, UsageError

REMEDY = "name a pcap or pcapng file; capinfos FILE says what a file is"
# With the whole file at hand a segment that came late is waited for.
_WHOLE_FILE = ("-o", "tcp.reassemble_out_of_order:TRUE")
_MAGIC_LENGTH = 4
REPEAT_WINDOW_NS = 20_000_000
MIRRORED_FROM = 0.25
"""The share of repeated frames from which on a capture is taken for that of a mirror port, which doubles frames."""


@dataclass(frozen=True)
class Recording:
    """All events and RTP streams of a stored capture; `repeats` are frames that a mirror port gave twice."""

    path: Path
    events: tuple[Packet, ...]
    streams: tuple[RtpStream, ...]
    frames: int
    repeats: frozenset[int] = frozenset()

    @cached_property
    def sip(self) -> list[SipMessage]:
        """The SIP messages in order."""
        return [event for event in self.events if isinstance(event, SipMessage)]

    @cached_property
    def dialogs(self) -> list[Dialog]:
        """One dialog a Call-ID."""
        return group(self.sip)

    def streams_in(self, dialog: Dialog) -> list[RtpStream]:
        """The streams from or to what a dialog described."""
        ends = dialog.media_endpoints()
        return [s for s in self.streams if (s.src, s.sport) in ends or (s.dst, s.dport) in ends]


def load(path: Path, *, audio: bool = False) -> Recording:
    """Read a stored capture: pcap or pcapng, gzipped or not, of any link type that tshark knows.

    Signalling and media are dissected at the same time, by two tsharks. Raises UsageError when it is no capture file.
    """
    _require_capture(path)
    data, numbers, frames, repeats = _signalling(path)
    rows: list[list[str]] = []
    failed: list[RigFault] = []

    def media() -> None:
        try:
            rows.extend(tshark.table(path, ROW_FIELDS, RTP_FILTER, RTP_OPTIONS))
        except RigFault as fault:
            failed.append(fault)

    thread = threading.Thread(target=media)
    thread.start()
    try:
        output = _dissected(data)
    except UsageError as error:
        raise UsageError(f"{path}: {error.text}", remedy=error.remedy) from error
    finally:
        thread.join()
    if failed:
        raise UsageError(failed[0].text.removeprefix("rig fault: capture: "), remedy=REMEDY)

    def number(count: int) -> int:
        return numbers[count - 1] if numbers is not None else count

    events = [event for line in output.splitlines() for event in dissect.events(line, number)]
    repetitions = Repetitions()
    once = [
        repetitions.marked(event) if isinstance(event, SipMessage) else event
        for event in events
        if event.frame not in repeats
    ]
    heard = [row for row in rows if not repeats or int(row[0]) not in repeats]
    return Recording(path, tuple(once), tuple(streams_of(heard, audio=audio)), frames, repeats)


def _require_capture(path: Path) -> None:
    """Raise UsageError for what is no file, cannot be read or is empty: tshark takes an empty file for a capture."""
    try:
        with path.open("rb") as file:
            if not file.read(1):
                raise UsageError(f"{path}: empty, no capture file", remedy=REMEDY)
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}", remedy=REMEDY) from error


def messages_of(data: bytes) -> list[SipMessage]:
    """The SIP messages of a capture in memory."""
    found = [event for line in _dissected(data).splitlines() for event in dissect.events(line)]
    repetitions = Repetitions()
    return [repetitions.marked(event) for event in found if isinstance(event, SipMessage)]


def listed_streams(path: Path) -> list[tuple[str, int, str, int, int, int]]:
    """What `tshark -z rtp,streams` names: source, port, target, port, ssrc, packets; our own count is held to it."""
    done = subprocess.run(
        ["tshark", "-r", str(path), "-n", "-q", *RTP_OPTIONS, "-z", "rtp,streams"], capture_output=True, text=True
    )
    found = []
    for line in done.stdout.splitlines():
        words = line.split()
        if len(words) > 8 and words[6].startswith("0x"):
            found.append((words[2], int(words[3]), words[4], int(words[5]), int(words[6], 16), _packets(words)))
    return found


def _packets(words: Sequence[str]) -> int:
    """The packet count of a line; payload names may be several words, the loss follows as `0 (0.0%)`."""
    lost = next(index for index, word in enumerate(words) if word.startswith("("))
    return int(words[lost - 2])


def _signalling(path: Path) -> tuple[bytes, list[int] | None, int, frozenset[int]]:
    """What goes through the dissector of messages, the true numbers of its frames, how many the file has, and repeats.

    RTP is left out of a classic Ethernet pcap; all else is dissected whole.
    """
    data = containers.unpacked(path.read_bytes())
    try:
        records = containers.records(data)
    except UsageError:
        if len(data) < _MAGIC_LENGTH:
            raise UsageError(f"{path}: cut short, no capture file", remedy=REMEDY) from None
        return data, None, 0, frozenset()  # tshark knows more kinds of files, and says if it does not know this one
    repeats = _repeats(records)
    header = containers.header(data)
    if header is None or header.linktype != pcap.ETHERNET:
        return data, None, len(records), repeats
    kept = [
        (number, record)
        for number, record in enumerate(records, 1)
        if number not in repeats and not pcap.looks_like_rtp(record.frame)
    ]
    spoken = header.raw + b"".join(record.raw for _, record in kept)
    return spoken, [number for number, _ in kept], len(records), repeats


def _repeats(records: Sequence[pcap.Record]) -> frozenset[int]:
    """The frames that came before within 20 ms, where they are so many that only a mirror port explains them."""
    last: dict[bytes, int] = {}
    found = set()
    for number, record in enumerate(records, 1):
        packet = layers.past_link(record.frame, record.linktype)
        if packet in last and record.stamp - last[packet] <= REPEAT_WINDOW_NS:
            found.add(number)
        last[packet] = record.stamp
    return frozenset(found) if len(found) >= MIRRORED_FROM * len(records) else frozenset()


def _dissected(data: bytes) -> bytes:
    with tempfile.TemporaryFile() as errors:
        process = tshark.start(tshark.messages_command("-", *_WHOLE_FILE), errors=errors)
        output, _ = process.communicate(data)
        if process.returncode != 0 and not output:
            errors.seek(0)
            words = errors.read().decode("utf-8", "replace").strip().splitlines()
            said = words[-1].removeprefix("tshark: ") if words else "no word from it"
            raise UsageError(f"tshark cannot read it: {said}", remedy=REMEDY)
    return output
